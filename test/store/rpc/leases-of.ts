import type { Answer, Ask } from "../../../src/store/ask.js";
import { LeaseRequests } from "../../../src/store/lease-requests.js";
import type { StoreState } from "../../../src/store/store-state.js";

/** What calls of leases need of a node, of which the leader answers at once that all the time is left. */
export function leasesOf(state: StoreState): LeaseRequests {
  const answer = (ask: Ask): Answer => {
    switch (ask.type) {
      case "keepAlive":
        return { type: "keptAlive", ttlsSec: ask.ids.map((id) => state.leases.get(id)?.ttlSec ?? 0) };
      case "timeToLive": {
        const ttlSec = state.leases.get(ask.id)?.ttlSec ?? 0;
        return { type: "timeLeft", ttlSec, leftMs: ttlSec * 1000, index: 1 };
      }
      default:
        throw new Error(`nobody asks for ${ask.type} here`);
    }
  };
  let drawn = 0;
  return new LeaseRequests({
    router: { submit: (ask, onAnswer) => onAnswer(answer(ask)) },
    readers: { add: ({ serve }) => serve() },
    state: () => state,
    electionTimeoutMs: 1000,
    // the first draw is no lease's id
    randomBytes: (count) => Buffer.alloc(count, drawn++),
    deadlineMs: () => 0,
  });
}
