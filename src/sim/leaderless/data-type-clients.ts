import type { Prng } from "../../core/prng.js";
import type { Answer, Answers, ObjectName, Request } from "../../store/leaderless/api.js";
import type { DataTypeOp } from "../../store/leaderless/crdt/operations.js";
import type { BucketType } from "../../store/leaderless/gossip/cluster-state.js";
import { hold } from "../broken-invariant.js";
import type { Timeline } from "../timeline.js";
import type { Trace } from "../trace.js";
import { dataTypesByKey } from "./copies.js";
import type { Copy } from "./disk.js";
import type { SimNode } from "./node.js";

export interface DataTypeOptions {
  readonly clients: number;
  readonly counters: readonly string[];
  readonly sets: readonly string[];
  readonly thinkMsMax: number;
  readonly timeoutMs: number;
}

type AnyAnswer = Answer<Request["type"]>;
type Outcome = "ok" | "unknown" | "failed";

/** Something that was asked of a value. */
interface Change {
  readonly key: string;
  readonly add: string | bigint | undefined;
  /** An element, which its client saw in a read that ended at `seenAtMs`: what was added up to then may be what it saw. */
  readonly remove: string | undefined;
  readonly seenAtMs: number;
  readonly begunAtMs: number;
  outcome: Outcome;
}

const activeType = { version: 2, by: "n1", isActive: true, seen: [] };
/** Bucket types that these clients use, of which every node knows from the start. */
export const dataTypes: Readonly<Record<string, BucketType>> = {
  counters: { ...activeType, props: { datatype: "counter" } },
  sets: { ...activeType, props: { datatype: "set" } },
};

/** Clients of counters and sets: what they asked for must be what there is in the end, as far as they know what became of it. */
export class DataTypeClients {
  readonly #timeline: Timeline;
  readonly #prng: Prng;
  readonly #trace: Trace;
  readonly #options: DataTypeOptions;
  readonly #nodes: ReadonlyMap<string, SimNode>;
  readonly #changes: Change[] = [];
  #isOver = false;

  constructor(timeline: Timeline, prng: Prng, trace: Trace, options: DataTypeOptions, nodes: ReadonlyMap<string, SimNode>) {
    this.#timeline = timeline;
    this.#prng = prng;
    this.#trace = trace;
    this.#options = options;
    this.#nodes = nodes;
  }

  /** Changes that were acknowledged. */
  get acknowledged(): number {
    return this.#changes.filter(({ outcome }) => outcome === "ok").length;
  }

  start(): void {
    for (let i = 1; i <= this.#options.clients; i++) this.#think(`t${i}`);
  }

  stop(): void {
    this.#isOver = true;
  }

  /** Of the copies that the members have in the end. Keys of which lost disks have taken something are not looked at. */
  check(copies: Iterable<Copy>, isLost: (key: string) => boolean): void {
    const found = dataTypesByKey(copies);
    for (const key of this.#options.counters) {
      const value = found.get(key);
      if (!isLost(key)) this.#isSum(key, value?.kind === "counter" ? value.value : 0n);
    }
    for (const key of this.#options.sets) {
      const value = found.get(key);
      if (!isLost(key)) this.#isAddWins(key, new Set(value?.kind === "set" ? value.elements : []));
    }
  }

  #isSum(key: string, value: bigint): void {
    let [min, max] = [0n, 0n];
    for (const { outcome, add } of this.#changesOf(key)) {
      if (typeof add !== "bigint") continue;
      if (outcome === "ok" || add < 0n) min += add;
      if (outcome === "ok" || add > 0n) max += add;
    }
    hold(min <= value && value <= max, "counters are sums", () => `${key} is ${value}, and ought to be from ${min} to ${max}`);
  }

  /** Who adds and is not seen by who removes wins; what was added once, seen and removed is gone. */
  #isAddWins(key: string, elements: ReadonlySet<string>): void {
    const changes = this.#changesOf(key);
    const attempted = new Set(changes.flatMap(({ add }) => (typeof add === "string" ? [add] : [])));
    for (const element of elements)
      hold(attempted.has(element), "values are somebody's", () => `nobody ever added ${element} to ${key}`);
    for (const element of attempted) {
      const adds = changes.filter(({ add }) => add === element);
      const removes = changes.filter(({ remove }) => remove === element);
      const isKept = adds.some(
        ({ outcome, begunAtMs }) => outcome === "ok" && removes.every(({ seenAtMs }) => seenAtMs < begunAtMs),
      );
      const isGone = adds.length === 1 && removes.some(({ outcome }) => outcome === "ok");
      if (isKept)
        hold(elements.has(element), "adds win", () => `${element} of ${key} is gone, and nobody who removed it had seen it`);
      if (isGone) hold(!elements.has(element), "what is removed stays removed", () => `${element} is back in ${key}`);
    }
  }

  #changesOf(key: string): readonly Change[] {
    return this.#changes.filter((change) => change.key === key && change.outcome !== "failed");
  }

  #think(client: string): void {
    this.#timeline.after(this.#prng.next() * this.#options.thinkMsMax, () => {
      if (this.#isOver) return;
      this.#act(client, () => this.#think(client));
    });
  }

  #act(client: string, done: () => void): void {
    const { counters, sets, timeoutMs } = this.#options;
    const prng = this.#prng;
    const begunAtMs = this.#timeline.nowMs();
    if (counters.length > 0 && (sets.length === 0 || prng.chance(0.5))) {
      const add = BigInt(prng.int(-3, 9));
      const change = { key: prng.pick(counters), add, remove: undefined, seenAtMs: 0, begunAtMs };
      return this.#change(client, change, { kind: "counter", increment: add }, undefined, done);
    }
    const key = prng.pick(sets);
    if (prng.chance(0.6)) {
      const added = this.#changesOf(key).flatMap(({ add }) => (typeof add === "string" ? [add] : []));
      const add = added.length > 0 && prng.chance(0.3) ? prng.pick(added) : `e${this.#changes.length}`;
      const change = { key, add, remove: undefined, seenAtMs: 0, begunAtMs };
      return this.#change(client, change, { kind: "set", adds: [add], removes: [] }, undefined, done);
    }
    const request: Request = { type: "fetchDataType", name: nameOf("sets", key), options: { timeoutMs } };
    this.#ask(
      client,
      request,
      () => `fetch ${key}`,
      (answer) => {
        const found = answer?.ok === true ? (answer.value as Answers["fetchDataType"]).found : undefined;
        const elements = found?.value.kind === "set" ? found.value.elements : [];
        if (found === undefined || elements.length === 0) return done();
        const remove = prng.pick(elements);
        const seenAtMs = this.#timeline.nowMs();
        const change = { key, add: undefined, remove, seenAtMs, begunAtMs: seenAtMs };
        return this.#change(client, change, { kind: "set", adds: [], removes: [remove] }, found.context, done);
      },
    );
  }

  #change(
    client: string,
    begun: Omit<Change, "outcome">,
    op: DataTypeOp,
    context: Uint8Array | undefined,
    done: () => void,
  ): void {
    const change: Change = { ...begun, outcome: "unknown" };
    this.#changes.push(change);
    const { key, add, remove } = change;
    const name = nameOf(op.kind === "counter" ? "counters" : "sets", key);
    const options = { timeoutMs: this.#options.timeoutMs };
    const request: Request = { type: "updateDataType", name, op, context, options, returnBody: false };
    const text = (): string => (add === undefined ? `remove ${remove} from ${key}` : `add ${add} to ${key}`);
    this.#ask(client, request, text, (answer) => {
      if (answer?.ok === true) change.outcome = "ok";
      else if (answer?.failure.definite === true) change.outcome = "failed";
      done();
    });
  }

  /** `done` hears undefined where no answer came in time. */
  #ask(client: string, request: Request, text: () => string, done: (answer: AnyAnswer | undefined) => void): void {
    const up = [...this.#nodes.values()].filter(({ isUp }) => isUp);
    if (up.length === 0) return this.#timeline.after(this.#options.timeoutMs, () => done(undefined));
    const node = this.#prng.pick(up);
    let isOver = false;
    const end = (answer: AnyAnswer | undefined): void => {
      if (isOver) return;
      isOver = true;
      const told = answer === undefined ? "no answer" : answer.ok ? "ok" : JSON.stringify(answer.failure);
      this.#trace.note(() => `${client} at ${node.name}: ${text()}: ${told}`);
      done(answer);
    };
    node.ask(request, end);
    this.#timeline.after(3 * this.#options.timeoutMs, () => end(undefined));
  }
}

function nameOf(type: string, key: string): ObjectName {
  return { type, bucket: "b", key };
}
