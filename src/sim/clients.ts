import type { Operation } from "../check/history.js";
import type { KvInput, KvOutput } from "../check/models/kv.js";
import type { Prng } from "../core/prng.js";
import type { MemberId } from "../store/raft/types.js";
import type { SimNode } from "./node.js";
import type { Answer } from "./requests.js";
import type { Timeline } from "./timeline.js";
import type { Trace } from "./trace.js";

export interface ClientOptions {
  readonly clients: number;
  readonly keys: readonly string[];
  readonly thinkMsMax: number;
  readonly timeoutMs: number;
  /** Share of reads among the operations. */
  readonly readShare: number;
  /** Chance that an answer never arrives. */
  readonly lostAnswerProbability: number;
}

/** Longest way from a client to a node, and back. */
const travelMsMax = 2;

/** Clients that write values of their own, read and delete, one operation at a time each, and keep book of what they saw. */
export class SimClients {
  readonly #timeline: Timeline;
  readonly #prng: Prng;
  readonly #trace: Trace;
  readonly #options: ClientOptions;
  readonly #nodes: ReadonlyMap<MemberId, SimNode>;
  readonly history: Operation<KvInput, KvOutput>[] = [];
  #moment = 0;
  #operations = 1;
  #processes = 0;
  #stopped = false;

  constructor(timeline: Timeline, prng: Prng, trace: Trace, options: ClientOptions, nodes: ReadonlyMap<MemberId, SimNode>) {
    this.#timeline = timeline;
    this.#prng = prng;
    this.#trace = trace;
    this.#options = options;
    this.#nodes = nodes;
  }

  start(): void {
    for (let i = 0; i < this.#options.clients; i++) this.#think(this.#newProcess(), this.#pickNode());
  }

  /** Operations under way end; new ones are not begun. */
  stop(): void {
    this.#stopped = true;
  }

  /** One operation of a fresh process, outside the workload; `done` hears how it ended. */
  once(node: MemberId, input: KvInput, done: (answer: Answer) => void): void {
    this.#perform(this.#newProcess(), node, input, done);
  }

  #newProcess(): string {
    return `c${++this.#processes}`;
  }

  #pickNode(): MemberId {
    return this.#prng.pick([...this.#nodes.keys()]);
  }

  #think(process: string, node: MemberId): void {
    this.#timeline.after(this.#prng.next() * this.#options.thinkMsMax, () => {
      if (this.#stopped) return;
      this.#perform(process, node, this.#drawInput(), (answer) => {
        // a client whose operation may still happen is gone for ever; another takes its place
        if (answer.type === "info") this.#think(this.#newProcess(), this.#pickNode());
        else if (answer.type === "fail") this.#think(process, answer.hint === 0 ? this.#pickNode() : answer.hint);
        else this.#think(process, this.#prng.chance(0.9) ? node : this.#pickNode());
      });
    });
  }

  #drawInput(): KvInput {
    const key = this.#prng.pick(this.#options.keys);
    if (this.#prng.chance(this.#options.readShare)) return { op: "get", key };
    return this.#prng.chance(0.1) ? { op: "delete", key } : { op: "put", key, value: `v${this.#operations}` };
  }

  #perform(process: string, node: MemberId, input: KvInput, done: (answer: Answer) => void): void {
    this.#operations++;
    const begun = { process, input, invokedAt: this.#moment++ };
    const slot = this.history.push({ ...begun, type: "info" }) - 1;
    let isOver = false;
    const end = (answer: Answer): void => {
      if (isOver) return;
      isOver = true;
      const returnedAt = this.#moment++;
      this.history[slot] =
        answer.type === "ok" ? { ...begun, type: "ok", output: answer.output, returnedAt } : { ...begun, type: answer.type };
      this.#trace.note(() => `${process} ${JSON.stringify(input)} at n${node}: ${JSON.stringify(answer)}`);
      done(answer);
    };
    const answer = (given: Answer): void => {
      if (this.#prng.chance(this.#options.lostAnswerProbability)) return;
      this.#timeline.after(this.#prng.next() * travelMsMax, () => end(given));
    };
    this.#timeline.after(this.#prng.next() * travelMsMax, () => this.#nodes.get(node)?.request(input, answer));
    this.#timeline.after(this.#options.timeoutMs, () => end({ type: "info" }));
  }
}
