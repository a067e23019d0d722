import fc from "fast-check";
import { clockBytes } from "../../../../src/store/leaderless/crdt/clock.js";
import type {
  DataTypeOp,
  DataTypeValue,
  FieldKind,
  FieldOp,
  FieldValue,
  MapOp,
} from "../../../../src/store/leaderless/crdt/operations.js";
import { PreconditionError } from "../../../../src/store/leaderless/crdt/errors.js";
import { mergeValues, readValue, updateValue } from "../../../../src/store/leaderless/crdt/stored-value.js";
import type { Plain } from "./causal-twin.js";
import { CausalTwin } from "./causal-twin.js";

/** Three replicas that take updates and each other's states, however late and in whatever order. Numbers count around what there is. */
export type Move =
  | {
      readonly type: "update";
      readonly replica: number;
      readonly op: DataTypeOp;
      readonly nowMicros: number;
      /** The state whose context the client brings along; or a clock of the three actors that no state ever had. */
      readonly read: number | readonly number[] | undefined;
    }
  | { readonly type: "deliver"; readonly replica: number; readonly state: number };

export type Kind = DataTypeOp["kind"];

/** What a replica held at some time, and which updates had reached it. */
export interface Snapshot {
  readonly bytes: Uint8Array;
  readonly known: ReadonlySet<number>;
}

const name = fc.constantFrom("a", "b");
const elements = fc.array(fc.constantFrom("x", "y", "z"), { maxLength: 2 });
const increment = fc.bigInt({ min: -3n, max: 3n });
const someSetOp = fc.record({ kind: fc.constant("set" as const), adds: elements, removes: elements });

const someFieldOp = {
  set: someSetOp,
  counter: fc.record({ kind: fc.constant("counter" as const), increment }),
  register: fc.record({ kind: fc.constant("register" as const), value: fc.constantFrom("p", "q", "r") }),
  flag: fc.record({ kind: fc.constant("flag" as const), enable: fc.boolean() }),
} as const satisfies Partial<Record<FieldKind, fc.Arbitrary<FieldOp>>>;

/** Of maps whose fields are of these kinds, or maps again. */
function someMapOp(depth: number, ...fieldKinds: readonly (keyof typeof someFieldOp)[]): fc.Arbitrary<MapOp> {
  const leaf: fc.Arbitrary<FieldOp> = fc.oneof(...fieldKinds.map((kind) => someFieldOp[kind]));
  const inner = { weight: 2, arbitrary: depth === 0 ? leaf : someMapOp(depth - 1, ...fieldKinds) };
  const field = fc.record({ kind: fc.constantFrom(...fieldKinds, "map" as const), name });
  return fc.record({
    kind: fc.constant("map" as const),
    removes: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(field, { minLength: 1, maxLength: 2 }) },
    ),
    updates: fc.array(fc.record({ name, op: fc.oneof({ weight: 3, arbitrary: leaf }, inner) }), { maxLength: 2 }),
  });
}

const someOp = {
  counter: someFieldOp.counter,
  set: someSetOp,
  map: someMapOp(2, "set", "counter", "register", "flag"),
  "map of sets": someMapOp(1, "set"),
  "map of counters": someMapOp(0, "counter"),
  "map of registers": someMapOp(0, "register"),
  "map of flags": someMapOp(0, "flag"),
  hll: fc.record({ kind: fc.constant("hll" as const), adds: fc.array(fc.string({ unit: "binary-ascii" }), { maxLength: 20 }) }),
  gset: fc.record({ kind: fc.constant("gset" as const), adds: elements }),
} as const satisfies Readonly<Record<string, fc.Arbitrary<DataTypeOp>>>;

export type Scene = keyof typeof someOp;

export const scenes = (Object.keys(someOp) as Scene[]).map((scene) => ({ scene, kind: scene.split(" ")[0] as Kind }));

export function someMoves(scene: Scene, withMadeUpContexts = false): fc.Arbitrary<readonly Move[]> {
  const index = fc.nat(1000);
  const madeUp = fc.tuple(fc.nat(6), fc.nat(6), fc.nat(6));
  const op: fc.Arbitrary<DataTypeOp> = someOp[scene];
  const update = fc.record({
    type: fc.constant("update" as const),
    replica: index,
    op,
    nowMicros: fc.integer({ min: 1, max: 20 }),
    read: fc.option(withMadeUpContexts ? fc.oneof(index, madeUp) : index, { nil: undefined, freq: 3 }),
  });
  const deliver = fc.record({ type: fc.constant("deliver" as const), replica: index, state: index });
  return fc.array(fc.oneof({ weight: 3, arbitrary: update }, { weight: 2, arbitrary: deliver }), { minLength: 1, maxLength: 25 });
}

export interface History {
  readonly twin: CausalTwin;
  /** Everything that any replica ever held. */
  readonly snapshots: readonly Snapshot[];
  /** What the replicas hold in the end; those that never had anything are left out. */
  readonly last: readonly Snapshot[];
}

/** Runs the moves; `check` sees what a replica holds after each. */
export function run(moves: readonly Move[], check: (snapshot: Snapshot, twin: CausalTwin) => void = () => undefined): History {
  const twin = new CausalTwin();
  // A clock that no state ever had says nothing of which updates were read.
  const judge = moves.some((move) => move.type === "update" && typeof move.read === "object") ? undefined : twin;
  const replicas: (Snapshot | undefined)[] = [undefined, undefined, undefined];
  const snapshots: Snapshot[] = [];
  for (const move of moves) {
    const at = move.replica % replicas.length;
    const next =
      move.type === "update" ? updated(move, at, replicas[at], snapshots, judge) : delivered(move, replicas[at], snapshots);
    if (next === undefined) continue;
    replicas[at] = next;
    snapshots.push(next);
    check(next, twin);
  }
  return { twin, snapshots, last: replicas.flatMap((replica) => replica ?? []) };
}

function updated(
  { op, nowMicros, read }: Move & { readonly type: "update" },
  at: number,
  replica: Snapshot | undefined,
  snapshots: readonly Snapshot[],
  twin: CausalTwin | undefined,
): Snapshot | undefined {
  const seen = typeof read === "number" ? snapshots[read % Math.max(snapshots.length, 1)] : undefined;
  const known = replica?.known ?? new Set();
  const number = twin?.make({ actor: `actor ${at}`, nowMicros, op, known, read: seen?.known });
  const context = typeof read === "object" ? madeUpContext(read) : seen && readValue(seen.bytes).context;
  try {
    const bytes = updateValue(replica?.bytes, { op, actor: `actor ${at}`, nowMicros, context, hllPrecision: 8 });
    if (twin !== undefined && number === undefined) throw new Error("a removal of what is not there went well");
    return { bytes, known: new Set([...known, ...(number === undefined ? [] : [number])]) };
  } catch (error) {
    if (error instanceof PreconditionError && number === undefined) return undefined;
    throw error;
  }
}

function madeUpContext(events: readonly number[]): Uint8Array {
  return clockBytes(new Map(events.flatMap((event, i) => (event > 0 ? [[`actor ${i}`, event]] : []))));
}

function delivered(
  { state }: Move & { readonly type: "deliver" },
  replica: Snapshot | undefined,
  snapshots: readonly Snapshot[],
): Snapshot | undefined {
  const sent = snapshots[state % Math.max(snapshots.length, 1)];
  return sent && replica ? merged(replica, sent) : sent;
}

export function merged(a: Snapshot, b: Snapshot): Snapshot {
  return { bytes: mergeValues(a.bytes, b.bytes), known: new Set([...a.known, ...b.known]) };
}

/** A value as the twin tells it. */
export function plainValue(value: DataTypeValue | FieldValue): Plain | number {
  switch (value.kind) {
    case "set":
    case "gset":
      return value.elements;
    case "flag":
      return value.enabled;
    case "hll":
      return value.cardinality;
    case "map":
      return Object.fromEntries(
        value.entries.map((entry) => [`${entry.value.kind} ${entry.name}`, plainValue(entry.value) as Plain]),
      );
    default:
      return value.value;
  }
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
