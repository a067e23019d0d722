import fc from "fast-check";
import type { BucketProperties } from "../../../../src/store/leaderless/api.js";
import type { ConflictRules } from "../../../../src/store/leaderless/objects/conflict.js";
import type { Update } from "../../../../src/store/leaderless/objects/coordinate.js";
import { coordinate, coordinateUpdate } from "../../../../src/store/leaderless/objects/coordinate.js";
import { merge } from "../../../../src/store/leaderless/objects/merge.js";
import type { StoredObject, Written } from "../../../../src/store/leaderless/objects/stored-object.js";
import { tombstone } from "../../../../src/store/leaderless/objects/stored-object.js";
import { namedActor } from "../../../../src/store/leaderless/versions/actor.js";
import { Epochs } from "../../../../src/store/leaderless/versions/epochs.js";
import type { VersionVector } from "../../../../src/store/leaderless/versions/version-vector.js";
import { emptyVector } from "../../../../src/store/leaderless/versions/version-vector.js";

/** Riak's defaults, but that siblings are kept. */
export const properties: BucketProperties = {
  nVal: 3,
  allowMult: true,
  lastWriteWins: false,
  r: "quorum",
  w: "quorum",
  pr: 0,
  pw: 0,
  dw: "quorum",
  rw: "quorum",
  basicQuorum: false,
  notfoundOk: true,
  dvvEnabled: true,
  youngVclock: 20,
  oldVclock: 86_400,
  smallVclock: 50,
  bigVclock: 50,
  datatype: undefined,
  hllPrecision: 14,
  consistent: false,
};

export const rules: ConflictRules = {
  clock: "dvv",
  allowMult: true,
  join: undefined,
  limits: properties,
};

export function text(value: string): Written {
  return { ...tombstone, value: Buffer.from(value), contentType: "text/plain", isTombstone: false };
}

export function valuesOf(object: StoredObject | undefined): string[] {
  return (object?.siblings ?? []).map(({ value }) => Buffer.from(value).toString()).sort();
}

/**
 * The dumb twin of a copy: its siblings, each with all events that happened before it, and itself. An event is the value that it wrote.
 */
type CausalHistory = ReadonlyMap<string, ReadonlySet<string>>;

function maximal(all: CausalHistory): CausalHistory {
  const others = [...all];
  return new Map(others.filter(([event]) => !others.some(([other, seen]) => other !== event && seen.has(event))));
}

interface Copy {
  readonly object: StoredObject | undefined;
  readonly twin: CausalHistory;
}

interface Context {
  readonly vector: VersionVector;
  readonly seen: ReadonlySet<string>;
}

const nothing: Copy = { object: undefined, twin: new Map() };

/** One node of the world: its copy, those it had before, and what its disk keeps of epochs. */
interface Node {
  copies: Copy[];
  epochs: Epochs;
  lease: Uint8Array;
}

export type Step =
  /** A write; what its client has seen: nothing, what is there, or what was read back then. */
  | { readonly kind: "put"; readonly node: number; readonly context: "none" | "fresh" | number }
  | { readonly kind: "send"; readonly from: number; readonly to: number }
  | { readonly kind: "read"; readonly node: number }
  /** The copy is gone, the node goes on: rot, or a copy given away. */
  | { readonly kind: "forget"; readonly node: number }
  /** The power fails, and takes the last writes of the disk along. */
  | { readonly kind: "crash"; readonly node: number; readonly lost: number };

export type UpdateBy = (event: string, ...from: Parameters<Update["apply"]>) => Written;

/** A client that has seen nothing the copy has not. */
export function updating(apply: Update["apply"]): Update {
  return { datatype: "set", apply, actorsAhead: () => [] };
}

/** Nodes that keep a copy of one key, beside their twins. Copies of the past can be had too: see `pool`. */
export class World {
  readonly nodes: Node[];
  readonly pool: StoredObject[] = [];
  /** What was written under each dot: one value, if all is well. */
  readonly writtenAt = new Map<string, string[]>();
  private readonly contexts: Context[] = [];
  private readonly rules: ConflictRules;
  private readonly hasEpochs: boolean;
  private readonly update: UpdateBy | undefined;
  private written = 0;

  /** `update`: what writes do where values are of a data type. */
  constructor(count: number, given: ConflictRules, hasEpochs: boolean, update?: UpdateBy) {
    this.update = update;
    this.rules = given;
    this.hasEpochs = hasEpochs;
    this.nodes = Array.from({ length: count }, (_, i) => ({ copies: [nothing], ...started(undefined, i) }));
  }

  take(step: Step): void {
    switch (step.kind) {
      case "put":
        return this.put(step.node, this.contextOf(step));
      case "send":
        return this.send(step.from, step.to);
      case "read":
        this.contexts.push(fresh(this.copy(step.node)));
        return;
      case "forget":
        this.node(step.node).copies.push(nothing);
        return;
      case "crash":
        return this.crash(step.node, step.lost);
    }
  }

  copy(node: number): Copy {
    return this.node(node).copies.at(-1) ?? nothing;
  }

  /** What the twin says that should be there. */
  expected(node: number): string[] {
    return [...this.copy(node).twin.keys()].sort();
  }

  private put(at: number, { vector, seen }: Context): void {
    const { object, twin } = this.copy(at);
    const event = `w${this.written++}`;
    const { epochs } = this.node(at);
    const actors = this.hasEpochs ? epochs.of("copy") : namedActor(`n${at}`);
    // Each node has a clock of its own, and they are far apart.
    const wallMs = 1e12 - at * 5000 + this.written;
    const { update, rules: given } = this;
    const next =
      update === undefined
        ? coordinate(object, vector, text(event), actors, wallMs, given)
        : coordinateUpdate(
            object,
            updating((...from) => update(event, ...from)),
            actors,
            wallMs,
            given,
          );
    this.keep(at, { object: next, twin: maximal(new Map([...twin, [event, new Set([...seen, event])]])) });
    const dot = next.siblings.find(({ value }) => Buffer.from(value).toString() === event)?.dot;
    const name = JSON.stringify(dot);
    if (dot !== undefined) this.writtenAt.set(name, [...(this.writtenAt.get(name) ?? []), event]);
  }

  private send(from: number, to: number): void {
    const sent = this.copy(from);
    const { object, twin } = this.copy(to);
    if (sent.object === undefined) return;
    this.node(to).epochs.arrived("copy", object?.vector, sent.object.vector);
    const merged = object === undefined ? sent.object : merge(object, sent.object, this.rules);
    this.keep(to, { object: merged, twin: maximal(new Map([...twin, ...sent.twin])) });
  }

  private crash(at: number, lost: number): void {
    const node = this.node(at);
    node.copies = node.copies.slice(0, Math.max(1, node.copies.length - lost));
    Object.assign(node, started(node.lease, at));
  }

  private keep(at: number, copy: Copy): void {
    this.node(at).copies.push(copy);
    if (copy.object !== undefined) this.pool.push(copy.object);
  }

  private contextOf({ node, context }: { readonly node: number; readonly context: "none" | "fresh" | number }): Context {
    if (context === "fresh") return fresh(this.copy(node));
    const old = context === "none" ? undefined : this.contexts[context % Math.max(1, this.contexts.length)];
    return old ?? { vector: emptyVector, seen: new Set() };
  }

  private node(index: number): Node {
    return this.nodes[index % this.nodes.length] as Node;
  }
}

function fresh({ object, twin }: Copy): Context {
  return { vector: object?.vector ?? emptyVector, seen: new Set([...twin.values()].flatMap((seen) => [...seen])) };
}

export function diskIdOf(node: number): string {
  return `disk-no${node}`;
}

/** A node's epochs once it may write, and what its disk then keeps of them. */
export function started(lease: Uint8Array | undefined, node: number): Pick<Node, "epochs" | "lease"> {
  const epochs = new Epochs(lease, () => diskIdOf(node));
  const next = epochs.lease() as Uint8Array;
  epochs.leased();
  return { epochs, lease: next };
}

const node = fc.nat(2);
const put = fc.record({
  kind: fc.constant("put" as const),
  node,
  context: fc.oneof(fc.constantFrom("none" as const, "fresh" as const), fc.nat(9)),
});
const send = fc.record({ kind: fc.constant("send" as const), from: node, to: node });
const read = fc.record({ kind: fc.constant("read" as const), node });
const forget = fc.record({ kind: fc.constant("forget" as const), node });
const crash = fc.record({ kind: fc.constant("crash" as const), node, lost: fc.nat(4) });

/** What three nodes and their clients may do, with and without loss of memory. */
export const calmSteps: fc.Arbitrary<Step[]> = fc.array(fc.oneof(put, send, send, read), { maxLength: 60, size: "max" });
export const roughSteps: fc.Arbitrary<Step[]> = fc.array(fc.oneof(put, put, send, send, read, forget, crash), {
  maxLength: 60,
  size: "max",
});

export function played(steps: readonly Step[], given: ConflictRules, hasEpochs = true, update?: UpdateBy): World {
  const world = new World(3, given, hasEpochs, update);
  for (const step of steps) world.take(step);
  return world;
}
