import type { DotStore } from "./causal.js";
import type { Dots } from "./dots.js";
import { joinDots, noDots, readDots, unseenDots, writeDots } from "./dots.js";
import type { RegisterOp, RegisterValue } from "./operations.js";

interface Assignment {
  /** Microseconds since 1970. */
  readonly timestamp: number;
  readonly value: string;
}

/**
 * A value of which the latest assignment counts, by the wall clock of the node that took it; of two at the same time the greater bytes. An
 * assignment that knows of another is always the later one, however the clocks go (Riak drops it if its clock is behind).
 */
export const registerStore: DotStore<Dots<Assignment>, RegisterOp, RegisterValue> = {
  empty: noDots,
  update: (store, { value }, { actor, event, nowMicros }) => {
    const known = latest(store);
    const timestamp = Math.min(Math.max(nowMicros, known === undefined ? 0 : known.timestamp + 1), Number.MAX_SAFE_INTEGER);
    return new Map([[actor, { event, payload: { timestamp, value } }]]);
  },
  join: (a, seenByA, b, seenByB) => joinDots(a, seenByA, b, seenByB, later),
  remove: (store) => store,
  reset: unseenDots,
  isEmpty: (store) => store.size === 0,
  value: (store) => ({ kind: "register", value: latest(store)?.value ?? "" }),
  write: (store, out, actors) =>
    writeDots(out, store, actors, ({ timestamp, value }) => {
      out.uint(timestamp);
      out.text(value);
    }),
  read: (input, actors) => readDots(input, actors, () => ({ timestamp: input.uint(), value: input.text() })),
};

function latest(store: Dots<Assignment>): Assignment | undefined {
  return [...store.values()]
    .map(({ payload }) => payload)
    .reduce<Assignment | undefined>((a, b) => (a ? later(a, b) : b), undefined);
}

function later(a: Assignment, b: Assignment): Assignment {
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp ? a : b;
  return a.value >= b.value ? a : b;
}
