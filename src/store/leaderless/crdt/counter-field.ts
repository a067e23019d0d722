import type { DotStore } from "./causal.js";
import { addUp, joinSums, plus, readSums, writeSums, zero } from "./counter.js";
import type { Sums } from "./counter.js";
import type { Dots } from "./dots.js";
import { joinDots, noDots, readDots, unseenDots, writeDots } from "./dots.js";
import type { CounterOp, CounterValue } from "./operations.js";

/**
 * A counter in a map. Each actor's latest event holds the sums of all its events, as in Riak's: so an actor that counts on while others remove
 * the field brings back all it had counted, not only what they had not seen.
 */
export const counterStore: DotStore<Dots<Sums>, CounterOp, CounterValue> = {
  empty: noDots,
  update: (store, { increment }, { actor, event }) =>
    new Map(store).set(actor, { event, payload: plus(store.get(actor)?.payload ?? zero, increment) }),
  join: (a, seenByA, b, seenByB) => joinDots(a, seenByA, b, seenByB, joinSums),
  remove: (store) => store,
  reset: unseenDots,
  isEmpty: (store) => store.size === 0,
  value: (store) => ({ kind: "counter", value: addUp([...store.values()].map(({ payload }) => payload)) }),
  write: (store, out, actors) => writeDots(out, store, actors, (sums) => writeSums(out, sums)),
  read: (input, actors) => readDots(input, actors, () => readSums(input)),
};
