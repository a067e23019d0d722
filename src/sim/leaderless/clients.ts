import type { Prng } from "../../core/prng.js";
import type { Answer, Answers, ObjectName, ReadOptions, Request, WriteOptions } from "../../store/leaderless/api.js";
import { bareContent } from "../../store/leaderless/objects/stored-object.js";
import type { Timeline } from "../timeline.js";
import type { Trace } from "../trace.js";
import { nothing, type CausalHistory, type Past, type Shown, type Write } from "./causal-history.js";
import { BrokenInvariant } from "../broken-invariant.js";
import type { SimNode } from "./node.js";
import type { ReadRules } from "./read-rules.js";

export interface ClientOptions {
  readonly clients: number;
  /** Written with what was read before, or not. */
  readonly registers: readonly string[];
  /** Deleted as well. */
  readonly deletables: readonly string[];
  readonly thinkMsMax: number;
  readonly timeoutMs: number;
  /** Of the writes that follow from a read, the share that follows from one that is long ago. */
  readonly staleShare: number;
  /** Share of writes that follow from nothing. */
  readonly blindShare: number;
  readonly readQuorums: readonly number[];
  readonly writeQuorums: readonly number[];
  /** Of the reads, and of the writes, the share that says how many owners there have to be among the replicas (PR, PW). */
  readonly ownersShare: number;
  /** They say no numbers, and count on the store's quorums to be majorities. */
  readonly trustsDefaults: boolean;
  /** Chance that an answer never arrives. */
  readonly lostAnswerProbability: number;
}

/** What a client remembers of a key. */
interface Memory {
  readonly context: Uint8Array | undefined;
  readonly past: Past;
}

interface Client {
  readonly name: string;
  node: SimNode;
  readonly memories: Map<string, Memory>;
}

type Put = Extract<Request, { readonly type: "put" }>;
type AnyAnswer = Answer<Request["type"]>;
type ReadValue = Answers["get"];

const travelMsMax = 2;
const bucket = { type: "default", bucket: "b" } as const;

/** Clients of objects, one question at a time each, who keep book of what they asked for and what they were shown. */
export class SimClients {
  readonly #timeline: Timeline;
  readonly #prng: Prng;
  readonly #trace: Trace;
  readonly #options: ClientOptions;
  readonly #nodes: ReadonlyMap<string, SimNode>;
  readonly #history: CausalHistory;
  readonly #rules: ReadRules;
  #writes = 0;
  #isOver = false;
  readonly ended = { ok: 0, fail: 0, info: 0 };

  constructor(
    timeline: Timeline,
    prng: Prng,
    trace: Trace,
    options: ClientOptions,
    nodes: ReadonlyMap<string, SimNode>,
    history: CausalHistory,
    rules: ReadRules,
  ) {
    this.#timeline = timeline;
    this.#prng = prng;
    this.#trace = trace;
    this.#options = options;
    this.#nodes = nodes;
    this.#history = history;
    this.#rules = rules;
  }

  start(): void {
    for (let i = 1; i <= this.#options.clients; i++) {
      this.#think({ name: `c${i}`, node: this.#pickNode(), memories: new Map() });
    }
  }

  /** Operations under way end; new ones are not begun. */
  stop(): void {
    this.#isOver = true;
  }

  /** One read outside the workload; undefined: nobody answered it with a value. */
  read(node: SimNode, key: string, r: number, done: (shown: Shown | undefined) => void): void {
    this.#read("reader", node, key, r, (value) => done(value && shownOf(value)));
  }

  #pickNode(): SimNode {
    return this.#prng.pick([...this.#nodes.values()].filter(({ wasStarted, hasLeft }) => wasStarted && !hasLeft));
  }

  #think(client: Client): void {
    this.#timeline.after(this.#prng.next() * this.#options.thinkMsMax, () => {
      if (this.#isOver) return;
      if (this.#prng.chance(0.15)) client.node = this.#pickNode();
      this.#act(client, (isWell) => {
        if (!isWell) client.node = this.#pickNode();
        this.#think(client);
      });
    });
  }

  #act(client: Client, done: (isWell: boolean) => void): void {
    const { registers, deletables, blindShare, staleShare } = this.#options;
    const prng = this.#prng;
    const key = prng.pick([...registers, ...deletables]);
    const canDelete = deletables.includes(key);
    if (prng.chance(blindShare)) {
      if (canDelete && prng.chance(0.3)) return this.#delete(client, key, undefined, done);
      return this.#put(client, key, { context: undefined, past: nothing }, prng.chance(0.2) ? "noneMatch" : "none", done);
    }
    const memory = client.memories.get(key);
    const write = (known: Memory): void => {
      if (canDelete && known.context !== undefined && prng.chance(0.4)) return this.#delete(client, key, known, done);
      const isConditional = known.context !== undefined && prng.chance(0.15);
      return this.#put(client, key, known, isConditional ? "notModified" : "none", done);
    };
    if (memory !== undefined && prng.chance(staleShare)) return write(memory);
    this.#read(client.name, client.node, key, prng.pick(this.#options.readQuorums), (value) => {
      if (value === undefined) return done(false);
      const known = { context: value.context, past: this.#history.seen(key, shownOf(value)) };
      client.memories.set(key, known);
      if (prng.chance(0.3) || this.#isOver) return done(true);
      this.#timeline.after((prng.next() * this.#options.thinkMsMax) / 4, () => write(known));
    });
  }

  #read(who: string, node: SimNode, key: string, r: number, done: (value: ReadValue | undefined) => void): void {
    const begunAtMs = this.#timeline.nowMs();
    const { timeoutMs, trustsDefaults } = this.#options;
    const pr = this.#owners();
    const options: ReadOptions = trustsDefaults ? { timeoutMs } : { r, pr, timeoutMs };
    this.#perform(
      who,
      node,
      { type: "get", name: nameOf(key), options },
      () => `read ${key} r=${r} pr=${pr}`,
      (answer) => {
        if (answer?.ok !== true) return done(undefined);
        const value = answer.value as ReadValue;
        this.#rules.saw(key, shownOf(value), { r, pr, begunAtMs });
        done(value);
      },
    );
  }

  #put(
    client: Client,
    key: string,
    { context, past }: Memory,
    condition: Put["condition"],
    done: (isWell: boolean) => void,
  ): void {
    const write = this.#begin(key, past, false);
    const returnBody = this.#prng.chance(0.3);
    const content = { value: Buffer.from(write.id), ...bareContent };
    const options = this.#optionsOf(write);
    const request: Put = { type: "put", name: nameOf(key), context, content, options, condition, returnBody };
    const text = (): string =>
      `put ${key}=${write.id} w=${write.w} dw=${write.dw} pw=${write.pw} after {${[...past.sure].join(" ")}} if ${condition}`;
    this.#perform(client.name, client.node, request, text, (answer) => {
      this.#end(write, answer);
      const body = answer?.ok === true ? (answer.value as Answers["put"]) : undefined;
      if (body !== undefined) {
        const shown = shownOf(body);
        this.#rules.saw(key, shown, undefined);
        client.memories.set(key, { context: body.context, past: this.#history.seen(key, shown) });
      }
      done(answer?.ok === true);
    });
  }

  #delete(client: Client, key: string, known: Memory | undefined, done: (isWell: boolean) => void): void {
    const write = this.#begin(key, known?.past ?? nothing, true);
    if (known === undefined) write.blindUntilMs = Infinity;
    const { timeoutMs } = this.#options;
    const request: Request = {
      type: "delete",
      name: nameOf(key),
      context: known?.context,
      read: { timeoutMs },
      write: this.#optionsOf(write),
    };
    const text = (): string =>
      `delete ${key} (${write.id}) after {${known === undefined ? "all" : [...write.past.sure].join(" ")}}`;
    this.#perform(client.name, client.node, request, text, (answer) => {
      this.#end(write, answer);
      if (answer?.ok === true) {
        write.blindUntilMs = known === undefined ? this.#timeline.nowMs() : -Infinity;
        // there was nothing to delete
        if (answer.value === false) write.outcome = "failed";
      }
      done(answer?.ok === true);
    });
  }

  #begin(key: string, past: Past, isDeletion: boolean): Write {
    const prng = this.#prng;
    const [w, dw] = [prng.pick(this.#options.writeQuorums), prng.pick(this.#options.writeQuorums)];
    const write: Write = {
      id: `${isDeletion ? "d" : "v"}${++this.#writes}`,
      isDeletion,
      past,
      w,
      dw,
      pw: this.#owners(),
      begunAtMs: this.#timeline.nowMs(),
      endedAtMs: Infinity,
      outcome: "unknown",
      blindUntilMs: -Infinity,
    };
    this.#history.begin(key, write);
    return write;
  }

  #end(write: Write, answer: AnyAnswer | undefined): void {
    write.endedAtMs = this.#timeline.nowMs();
    if (answer?.ok === true) write.outcome = "ok";
    else if (answer?.failure.definite === true) write.outcome = "failed";
  }

  #optionsOf({ w, dw, pw }: Write): WriteOptions {
    const { timeoutMs, trustsDefaults } = this.#options;
    return trustsDefaults ? { timeoutMs } : { w, dw, pw, timeoutMs };
  }

  #owners(): number {
    const { ownersShare, trustsDefaults } = this.#options;
    return !trustsDefaults && this.#prng.chance(ownersShare) ? this.#prng.int(1, 2) : 0;
  }

  /** `done` hears undefined where no answer came. */
  #perform(
    who: string,
    node: SimNode,
    request: Request,
    text: () => string,
    done: (answer: AnyAnswer | undefined) => void,
  ): void {
    const { timeoutMs, lostAnswerProbability } = this.#options;
    const timeline = this.#timeline;
    let isOver = false;
    const end = (answer: AnyAnswer | undefined): void => {
      if (isOver) return;
      isOver = true;
      this.ended[answer === undefined ? "info" : answer.ok ? "ok" : answer.failure.definite ? "fail" : "info"]++;
      this.#trace.note(() => `${who} at ${node.name}: ${text()}: ${describe(answer)}`);
      done(answer);
    };
    timeline.after(this.#prng.next() * travelMsMax, () => {
      if (!node.isUp) return end(refused);
      const askedAtMs = timeline.nowMs();
      let isAnswered = false;
      node.ask(request, (answer) => {
        isAnswered = true;
        if (this.#prng.chance(lostAnswerProbability)) return;
        timeline.after(this.#prng.next() * travelMsMax, () => end(answer));
      });
      timeline.after(phasesMax * timeoutMs + slackMs, () => {
        if (isAnswered || node.isPaused || !node.isUp || node.disturbedAtMs >= askedAtMs) return;
        throw new BrokenInvariant("requests are answered", `${node.name} has not answered ${who}: ${text()}`);
      });
    });
    timeline.after(phasesMax * timeoutMs + slackMs + 500, () => end(undefined));
  }
}

/** A conditional write is forwarded, reads and writes; each may take the request's whole time. */
const phasesMax = 3;
const slackMs = 500;

/** Nobody listens there. */
const refused: AnyAnswer = { ok: false, failure: { definite: true, reason: { type: "overload" } } };

function nameOf(key: string): ObjectName {
  return { ...bucket, key };
}

function shownOf({ siblings, context }: ReadValue): Shown {
  if (siblings === "notfound") return { values: [], hasDeletions: context !== undefined };
  const values = siblings.filter(({ isTombstone }) => !isTombstone).map(({ value }) => Buffer.from(value).toString("latin1"));
  return { values, hasDeletions: values.length < siblings.length };
}

function describe(answer: AnyAnswer | undefined): string {
  if (answer === undefined) return "no answer";
  if (!answer.ok) return `${answer.failure.definite ? "refused" : "failed"}: ${JSON.stringify(answer.failure.reason)}`;
  if (typeof answer.value !== "object" || !("siblings" in answer.value)) return "ok";
  const { values, hasDeletions } = shownOf(answer.value);
  return `{${values.join(" ")}}${hasDeletions ? " and deletions" : ""}`;
}
