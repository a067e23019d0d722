import type { CanonicalReader, CanonicalWriter } from "./canonical.js";
import type { Clock } from "./clock.js";
import { emptyClock, joinClocks, readClock, writeClock } from "./clock.js";
import type { DataType, UpdateOptions } from "./data-type.js";
import type { Deferred, Path } from "./deferred.js";
import { defer, joinDeferred, notYetSeen, readDeferred, writeDeferred } from "./deferred.js";
import type { ActorNumbers, NumberedActors } from "./dots.js";
import type { DataTypeOp, DataTypeValue, FieldOp, FieldValue } from "./operations.js";

/** One update on its way down through a store. */
export interface Edit {
  readonly actor: string;
  /** What the update adds is of this event. */
  readonly event: number;
  readonly nowMicros: number;
  readonly context: Clock | undefined;
  /** From the top to the store. */
  readonly path: Path;
  /** To be called with every removal that keeps to a context: what it is to remove may be still on its way here. */
  readonly remember: (path: Path) => void;
}

/**
 * The dots of a type that can be removed from, without the clock they were seen by: sets, and all that stands in maps. Every dot lives and dies by
 * itself, which makes joins a semilattice and removals reset what they remove, without tombstones.
 */
export interface DotStore<S = unknown, O extends FieldOp = FieldOp, V extends FieldValue = FieldValue> {
  readonly empty: S;
  update(store: S, op: O, edit: Edit): S;
  join(a: S, seenByA: Clock, b: S, seenByB: Clock): S;
  /** Without what stands at the path and was seen; paths that lead nowhere remove nothing. */
  remove(store: S, path: Path, seen: Clock): S;
  /** Without all that was seen. */
  reset(store: S, seen: Clock): S;
  isEmpty(store: S): boolean;
  value(store: S): V;
  write(store: S, out: CanonicalWriter, actors: ActorNumbers): void;
  /** `depth`: of the maps around it. */
  read(input: CanonicalReader, actors: NumberedActors, depth: number): S;
}

export interface Causal<S> {
  readonly clock: Clock;
  readonly store: S;
  readonly deferred: Deferred;
}

/** What is known of a data type besides its store. */
interface Description<O> {
  readonly name: DataType["name"];
  readonly tag: number;
  readonly contentType: string;
  /** Whether an operation is an event; those that only remove are not. */
  readonly adds: (op: O) => boolean;
}

/** A data type of its own: a store and the clock it was seen by, with the removals that wait for what they remove. */
export function causal<S, O extends FieldOp & DataTypeOp>(
  { adds, ...description }: Description<O>,
  dots: DotStore<S, O, FieldValue & DataTypeValue>,
): DataType<Causal<S>, O> {
  return {
    ...description,
    empty: () => ({ clock: emptyClock, store: dots.empty, deferred: new Map() }),
    update: ({ clock, store, deferred }, op, { actor, nowMicros, context }: UpdateOptions) => {
      const event = (clock.get(actor) ?? 0) + 1;
      const removals: Path[] = [];
      const remember = (path: Path): void => void removals.push(path);
      const updated = dots.update(store, op, { actor, event, nowMicros, context, path: [], remember });
      const seen = adds(op) ? new Map(clock).set(actor, event) : clock;
      return settled(dots, seen, updated, context === undefined ? deferred : defer(deferred, context, removals));
    },
    merge: (a, b) =>
      settled(
        dots,
        joinClocks(a.clock, b.clock),
        dots.join(a.store, a.clock, b.store, b.clock),
        joinDeferred(a.deferred, b.deferred),
      ),
    value: ({ store }) => dots.value(store),
    context: ({ clock }) => clock,
    write: ({ clock, store, deferred }, out) => {
      writeClock(out, clock);
      dots.write(store, out, new Map([...clock.keys()].sort().map((actor, number) => [actor, number])));
      writeDeferred(out, deferred);
    },
    read: (input) => {
      const clock = readClock(input);
      return { clock, store: dots.read(input, [...clock], 0), deferred: readDeferred(input, clock) };
    },
  };
}

/** Removals that wait do what they can, and go once the clock has seen all that they are about. */
function settled<S>(dots: DotStore<S>, clock: Clock, store: S, deferred: Deferred): Causal<S> {
  for (const { context, paths } of deferred.values()) {
    for (const path of paths.values()) store = dots.remove(store, path, context);
  }
  return { clock, store, deferred: notYetSeen(deferred, clock) };
}
