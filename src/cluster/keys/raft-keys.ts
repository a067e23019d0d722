import { DeviousError } from "../../core/errors.js";
import type { StoreClient } from "../store-client.js";
import type { Keys, PutWishes } from "./keys.js";

const leaderlessOnly = ["bucket", "type", "r", "pr", "w", "pw", "context", "resolve"] as const satisfies (keyof PutWishes)[];

/** Keys of a store with the design `raft`: one value each, of which everybody knows. */
export function raftKeys(node: string, store: StoreClient): Keys {
  const refuse = (wishes: Partial<PutWishes>): void => {
    const asked = leaderlessOnly.find((wish) => wishes[wish] !== undefined && wishes[wish] !== false);
    if (asked === undefined) return;
    throw new DeviousError("USAGE", `--${asked} is for the leaderless store, and ${node} is a node of a raft one.`, {
      hint: "It has one value a key, without buckets, quorums of its own for a request, or siblings.",
    });
  };
  return {
    put: async (key, value, wishes) => {
      refuse(wishes);
      return { key, revision: (await store.put(key, value)).revision };
    },
    get: (key, wishes) => {
      refuse(wishes);
      return store.get(key);
    },
    del: async (key, wishes) => {
      refuse(wishes);
      return { key, deleted: (await store.del(key)).deleted };
    },
  };
}
