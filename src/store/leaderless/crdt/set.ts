import type { DotStore } from "./causal.js";
import { causal } from "./causal.js";
import { readEntries, writeEntries } from "./canonical.js";
import { emptyClock } from "./clock.js";
import type { Presence } from "./dots.js";
import { joinPresence, noDots, present, readPresence, unseenDots, writeDots } from "./dots.js";
import { DataTypeError, PreconditionError } from "./errors.js";
import type { SetOp, SetValue } from "./operations.js";

/** Elements by name, each with the events that added it and were neither removed nor repeated since. */
export type SetStore = ReadonlyMap<string, Presence>;

/** Elements that are added and removed; an addition that a removal did not know of survives it. Riak's ORSWOT, without tombstones. */
export const setStore: DotStore<SetStore, SetOp, SetValue> = {
  empty: new Map(),
  update: (store, { adds, removes }, { actor, event, context, path, remember }) => {
    const elements = new Map(store);
    for (const element of adds) elements.set(element, present(actor, event));
    for (const element of removes) {
      if (context !== undefined) {
        put(elements, element, unseenDots(elements.get(element) ?? noDots, context));
        remember([...path, element]);
      } else if (!elements.delete(element)) throw PreconditionError.ofElement(element);
    }
    return elements;
  },
  join: (a, seenByA, b, seenByB) => {
    const joined = new Map<string, Presence>();
    for (const [element, dots] of a) put(joined, element, joinPresence(dots, seenByA, b.get(element) ?? noDots, seenByB));
    for (const [element, dots] of b) if (!a.has(element)) put(joined, element, unseenDots(dots, seenByA));
    return joined;
  },
  remove: (store, [element, ...rest], seen) => {
    const dots = element === undefined || rest.length > 0 ? undefined : store.get(element);
    if (element === undefined || dots === undefined) return store;
    return put(new Map(store), element, unseenDots(dots, seen));
  },
  reset: (store, seen) => setStore.join(store, emptyClock, new Map(), seen),
  isEmpty: (store) => store.size === 0,
  value: (store) => ({ kind: "set", elements: [...store.keys()].sort() }),
  write: (store, out, actors) => writeEntries(out, store, (dots) => writeDots(out, dots, actors)),
  read: (input, actors) =>
    readEntries(input, () => {
      const dots = readPresence(input, actors);
      if (dots.size === 0) throw new DataTypeError("an element that nobody added");
      return dots;
    }),
};

function put(elements: Map<string, Presence>, element: string, dots: Presence): Map<string, Presence> {
  if (dots.size === 0) elements.delete(element);
  else elements.set(element, dots);
  return elements;
}

export const set = causal(
  { name: "set", tag: 2, contentType: "application/riak_set", adds: ({ adds }: SetOp) => adds.length > 0 },
  setStore,
);
