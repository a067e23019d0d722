import type { MvccStore } from "../mvcc/mvcc-store.js";
import type { Refused } from "../mvcc/requests.js";
import { decodeCommand } from "./commands.js";
import type { CommandAnswer } from "./commands.js";

/** Applies one command of the log. The same commands in the same order give the same state and answers everywhere. */
export function applyCommand(store: MvccStore, data: Uint8Array): CommandAnswer | Refused {
  const command = decodeCommand(data);
  switch (command.type) {
    case "compact": {
      const answer = store.compact(command.revision);
      return answer.type === "refused" ? answer : { type: "compact", revision: answer.revision };
    }
    case "old": {
      const answer = store.apply(command.op);
      // Members that begin with an old snapshot after this entry have no history up to here, so nobody may have one. (If this is the
      // last old entry and a delete, others have its tombstone until the next compaction. Hashes see that, readers do not.)
      store.compact(store.revision);
      return answer;
    }
    default:
      return store.apply(command);
  }
}
