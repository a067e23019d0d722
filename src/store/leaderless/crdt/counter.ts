import type { CanonicalReader, CanonicalWriter } from "./canonical.js";
import { readEntries, writeEntries } from "./canonical.js";
import type { DataType } from "./data-type.js";
import { DataTypeError } from "./errors.js";
import type { CounterOp } from "./operations.js";

/** What one actor has counted up and down; both only grow. */
export interface Sums {
  readonly increments: bigint;
  readonly decrements: bigint;
}

export const zero: Sums = { increments: 0n, decrements: 0n };

export type Counter = ReadonlyMap<string, Sums>;

/** A PN-counter (Shapiro et al. 2011, "A comprehensive study of convergent and commutative replicated data types"), Riak 1.4's too. */
export const counter: DataType<Counter, CounterOp> = {
  name: "counter",
  tag: 1,
  contentType: "application/riak_counter",
  empty: () => new Map(),
  update: (state, { increment }, { actor }) => {
    const sums = plus(state.get(actor) ?? zero, increment);
    return increment === 0n ? state : new Map(state).set(actor, sums);
  },
  merge: (a, b) => {
    const merged = new Map(a);
    for (const [actor, sums] of b) merged.set(actor, joinSums(a.get(actor) ?? zero, sums));
    return merged;
  },
  value: (state) => ({ kind: "counter", value: addUp([...state.values()]) }),
  context: () => undefined,
  write: (state, out) => writeEntries(out, state, (sums) => writeSums(out, sums)),
  read: (input) =>
    readEntries(input, () => {
      const sums = readSums(input);
      if (sums.increments === 0n && sums.decrements === 0n) throw new DataTypeError("an actor that counted nothing");
      return sums;
    }),
};

export function plus({ increments, decrements }: Sums, increment: bigint): Sums {
  if (BigInt.asIntN(64, increment) !== increment) throw new DataTypeError("an increment of more than 64 bits");
  return increment > 0n ? { increments: increments + increment, decrements } : { increments, decrements: decrements - increment };
}

export function joinSums(a: Sums, b: Sums): Sums {
  return {
    increments: a.increments > b.increments ? a.increments : b.increments,
    decrements: a.decrements > b.decrements ? a.decrements : b.decrements,
  };
}

export function addUp(all: readonly Sums[]): bigint {
  return all.reduce((sum, { increments, decrements }) => sum + increments - decrements, 0n);
}

export function writeSums(out: CanonicalWriter, { increments, decrements }: Sums): void {
  out.bigUint(increments);
  out.bigUint(decrements);
}

export function readSums(input: CanonicalReader): Sums {
  return { increments: input.bigUint(), decrements: input.bigUint() };
}
