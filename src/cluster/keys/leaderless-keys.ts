import type { Keys } from "./keys.js";
import type { ObjectClient } from "./object-client.js";
import { objectNameOf } from "./object-name.js";

/** Keys of a leaderless store: objects in buckets, whose writes take the place of what their context has seen and of nothing else. */
export function leaderlessKeys(objects: ObjectClient): Keys {
  return {
    put: async (key, value, wishes) => {
      const name = objectNameOf(key, wishes);
      const found = wishes.resolve ? await objects.get(name, wishes) : undefined;
      const context = found === undefined ? (wishes.context ?? null) : found.context;
      const written = await objects.put(name, value, context, wishes);
      return { ...name, ...written, resolved: found?.siblings.length ?? null };
    },
    get: async (key, wishes) => {
      const name = objectNameOf(key, wishes);
      const found = await objects.get(name, wishes);
      return found.siblings.every(({ isDeletion }) => isDeletion) ? undefined : { ...name, ...found };
    },
    del: async (key, wishes) => {
      const name = objectNameOf(key, wishes);
      return { ...name, deleted: await objects.del(name, wishes.context ?? null, wishes) };
    },
  };
}
