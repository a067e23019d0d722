import { invariant } from "../../core/invariant.js";
import type { Prng } from "../../core/prng.js";
import type { Answer, Request } from "../../store/leaderless/api.js";
import type { StoreDefaults } from "../../store/leaderless/buckets/properties.js";
import type { ClusterState } from "../../store/leaderless/gossip/cluster-state.js";
import { deserializeState } from "../../store/leaderless/gossip/parse.js";
import { clusterStateName, epochsName, Leaderless, type LeaderlessOptions } from "../../store/leaderless/machine.js";
import type { Input, LeaderlessEvent } from "../../store/leaderless/steps.js";
import { sentBy, type Message } from "../../store/leaderless/messages.js";
import { Epochs } from "../../store/leaderless/versions/epochs.js";
import type { Timeline } from "../timeline.js";
import type { Trace } from "../trace.js";
import type { LeaderlessDisk } from "./disk.js";

/** What the nodes of a run are told, mistakes included. */
export interface NodeOptions extends Omit<
  LeaderlessOptions,
  "self" | "state" | "storage" | "epochs" | "prng" | "nowMs" | "meets"
> {
  readonly defaults: StoreDefaults;
  readonly actorEpochs: boolean;
}

export interface NodePorts {
  readonly timeline: Timeline;
  readonly prng: Prng;
  readonly trace: Trace;
  /** What a node with an empty disk knows of its cluster. */
  readonly founded: ClusterState;
  /** Whom it meets, where that is nothing. */
  readonly meets: readonly string[];
  readonly send: (message: Message) => void;
  readonly saw: (events: readonly LeaderlessEvent[]) => void;
}

type OnAnswer = (answer: Answer<Request["type"]>) => void;

interface Life {
  readonly machine: Leaderless;
  readonly asked: Map<number, OnAnswer>;
  /** While it is paused: what waits for it. */
  waiting: Input[] | undefined;
}

const tickMs = 100;
/** What the wall clocks show when a run begins. */
const epochMs = Date.UTC(2026, 0, 1);

/** One node in the box: a machine with its disk, its clocks, and the lives in between. */
export class SimNode {
  readonly name: string;
  readonly disk: LeaderlessDisk;
  readonly #options: NodeOptions;
  readonly #ports: NodePorts;
  #life: Life | undefined;
  #asked = 0;
  /** Whether it has ever run. */
  wasStarted = false;
  /** What its operator asked for last. */
  wasRefused = false;
  /** It was a member and is none any more, or is lost: it never comes back. */
  hasLeft = false;
  /** How far its wall clock is off. */
  wallSkewMs = 0;
  /** Its last start, pause or end of one: who was asked since then is bound to answer. */
  disturbedAtMs = 0;

  constructor(name: string, disk: LeaderlessDisk, options: NodeOptions, ports: NodePorts) {
    this.name = name;
    this.disk = disk;
    this.#options = options;
    this.#ports = ports;
  }

  get isUp(): boolean {
    return this.#life !== undefined;
  }

  get isPaused(): boolean {
    return this.#life?.waiting !== undefined;
  }

  get machine(): Leaderless | undefined {
    return this.#life?.machine;
  }

  start(): void {
    invariant(this.#life === undefined, `${this.name} is up`);
    if (this.hasLeft) return;
    const { prng, founded, meets, timeline, trace } = this.#ports;
    const storage = this.disk.open((writeNumber) => this.input({ type: "durable", writeNumber }));
    const stored = storage.getMeta(clusterStateName);
    const state = stored && deserializeState(Buffer.from(stored).toString("latin1"));
    const { actorEpochs, ...options } = this.#options;
    const freshDiskId = (): string => String.fromCharCode(...Array.from({ length: 8 }, () => prng.int(0, 255)));
    const machine = new Leaderless({
      ...options,
      self: this.name,
      state: state ?? founded,
      storage,
      epochs: actorEpochs ? new Epochs(storage.getMeta(epochsName), freshDiskId) : undefined,
      prng: prng.fork(),
      nowMs: this.#nowMs(),
      meets: state === undefined ? meets : [],
    });
    const life = { machine, asked: new Map<number, OnAnswer>(), waiting: undefined };
    this.#life = life;
    this.wasStarted = true;
    this.disturbedAtMs = timeline.nowMs();
    trace.note(() => `${this.name} starts`);
    this.#tickLater(life);
  }

  crash(): void {
    if (this.#life === undefined) return;
    this.#ports.trace.note(() => `${this.name} crashes`);
    this.#life = undefined;
    this.disk.crash();
  }

  /** For good. */
  end(): void {
    this.crash();
    this.hasLeft = true;
  }

  pause(): void {
    if (this.#life === undefined || this.isPaused) return;
    this.#ports.trace.note(() => `${this.name} stops for a while`);
    this.#life.waiting = [];
    this.disturbedAtMs = this.#ports.timeline.nowMs();
  }

  resume(): void {
    const waiting = this.#life?.waiting;
    if (this.#life === undefined || waiting === undefined) return;
    this.#ports.trace.note(() => `${this.name} goes on`);
    this.#life.waiting = undefined;
    this.disturbedAtMs = this.#ports.timeline.nowMs();
    if (waiting.length > 0) this.#step(this.#life, waiting);
  }

  deliver(message: Message): void {
    this.input({ type: "receive", message });
  }

  input(input: Input): void {
    const life = this.#life;
    if (life === undefined) return;
    if (life.waiting !== undefined) life.waiting.push(input);
    else this.#step(life, [input]);
  }

  /** `onAnswer` is not called where the node crashes before. */
  ask(request: Request, onAnswer: OnAnswer): void {
    const id = ++this.#asked;
    this.#life?.asked.set(id, onAnswer);
    this.input({ type: "ask", id, request });
  }

  #tickLater(life: Life): void {
    this.#ports.timeline.after(tickMs * (0.9 + 0.2 * this.#ports.prng.next()), () => {
      if (this.#life !== life) return;
      if (life.waiting === undefined) this.#step(life, [{ type: "tick" }]);
      this.#tickLater(life);
    });
  }

  #step(life: Life, inputs: readonly Input[]): void {
    const nowMs = this.#nowMs();
    const wallMs = epochMs + nowMs + this.wallSkewMs;
    const { send, answers, outcomes, events } = life.machine.step([{ type: "clock", nowMs, wallMs }, ...inputs]);
    this.#ports.saw(events);
    for (const message of send) this.#ports.send(sentBy(this.name, message));
    for (const { id, answer } of answers) {
      life.asked.get(id)?.(answer);
      life.asked.delete(id);
    }
    for (const { outcome } of outcomes) {
      this.#ports.trace.note(() => `${this.name} to its operator: ${JSON.stringify(outcome)}`);
      this.wasRefused = !outcome.ok;
    }
    if (life.machine.hasLeft) this.end();
  }

  #nowMs(): number {
    return this.#ports.timeline.nowMs();
  }
}
