import type { DotStore } from "./causal.js";
import type { Presence } from "./dots.js";
import { joinPresence, noDots, present, readPresence, unseenDots, writeDots } from "./dots.js";
import type { FlagOp, FlagValue } from "./operations.js";

/** On or off, off at first; to enable wins over a disabling that did not know of it. */
export const flagStore: DotStore<Presence, FlagOp, FlagValue> = {
  empty: noDots,
  update: (store, { enable }, { actor, event, context, path, remember }) => {
    if (enable) return present(actor, event);
    if (context === undefined) return noDots;
    remember([...path, enabled]);
    return unseenDots(store, context);
  },
  join: joinPresence,
  remove: (store, path, seen) => (path.length === 1 && path[0] === enabled ? unseenDots(store, seen) : store),
  reset: unseenDots,
  isEmpty: (store) => store.size === 0,
  value: (store) => ({ kind: "flag", enabled: store.size > 0 }),
  write: (store, out, actors) => writeDots(out, store, actors),
  read: readPresence,
};

/** The last step of the path of a disabling, which is not the removal of the field. */
const enabled = "enabled";
