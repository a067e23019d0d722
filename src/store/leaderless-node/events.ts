import { unreachable } from "../../core/invariant.js";
import type { GossipEvent } from "../leaderless/gossip/gossip.js";
import type { MembershipEvent } from "../leaderless/handoff/handoff.js";
import type { LeaderlessEvent } from "../leaderless/steps.js";
import type { Change } from "../leaderless/ring/staged-plan.js";
import type { SwimEvent } from "../leaderless/swim/steps.js";
import type { Sentence } from "../raft-events.js";

/** How the machine's events are told to people (docs/reference/events.md). Repairs are counted instead, since there may be thousands a second. */
export function describeLeaderless(event: LeaderlessEvent): Sentence | undefined {
  switch (event.type) {
    case "liveness":
    case "refuted":
    case "reachability":
      return describeSwim(event);
    case "changed":
    case "staged":
    case "committed":
    case "settled":
    case "overruled":
    case "member":
    case "bucketTypeActive":
      return describeGossip(event);
    case "handoffBegun":
    case "handoffDone":
    case "left":
      return describeMembership(event);
    case "repaired":
      return undefined;
    case "exchanged": {
      const { place, with: peer, keys, bytes, ms } = event;
      const msg = `repaired ${keys} ${keys === 1 ? "key" : "keys"} of partition ${place.partition} by comparing it with ${peer}`;
      return sentence("info", "exchanged", msg, {
        partition: place.partition,
        n: place.n,
        peer,
        keys,
        bytes,
        ms: Math.round(ms),
      });
    }
    case "refused": {
      const { from: peer, why } = event;
      return sentence("warn", "object-refused", `${peer} sent an object that is none: ${why}`, { peer, why });
    }
    default:
      return unreachable(event);
  }
}

function describeSwim(event: SwimEvent): Sentence | undefined {
  switch (event.type) {
    case "liveness": {
      const { member: peer, liveness, incarnation, by } = event;
      const fields = { peer, incarnation, by };
      if (liveness === "suspect") return sentence("info", "member-suspect", `${by} suspects that ${peer} is dead`, fields);
      if (liveness === "dead") return sentence("warn", "member-dead", `${peer} is held to be dead: nobody reaches it`, fields);
      return sentence("info", "member-alive", `${peer} lives`, fields);
    }
    case "refuted": {
      const { liveness, by, incarnation } = event;
      const msg = `${by} holds this node to be ${liveness}; it says that it lives`;
      return sentence("info", "suspicion-refuted", msg, { liveness, by, incarnation });
    }
    case "reachability": {
      const { member: peer, isReachable } = event;
      const msg = isReachable ? `${peer} can be reached again` : `${peer} cannot be reached: others stand in for it`;
      return sentence("debug", isReachable ? "member-reachable" : "member-unreachable", msg, { peer });
    }
    default:
      return unreachable(event);
  }
}

function describeGossip(event: GossipEvent): Sentence | undefined {
  switch (event.type) {
    case "changed":
      return undefined;
    case "staged": {
      const { changes } = event;
      return sentence("info", "ring-staged", `waits for a commit: ${changesText(changes)}`, { changes });
    }
    case "committed": {
      const { ring, changes } = event;
      return sentence("info", "ring-committed", `the ring ${ring} is to come: ${changesText(changes)}`, { ring, changes });
    }
    case "settled": {
      const { ring, changes } = event;
      return sentence("info", "ring-settled", `the ring is ${ring}: all owners have what they own`, { ring, changes });
    }
    case "overruled": {
      const { ring, by, changes } = event;
      const msg = `the ring ${ring} gave way to ${by}, which was committed at the same time; to be staged again: ${changesText(changes)}`;
      return sentence("warn", "ring-overruled", msg, { ring, by, changes });
    }
    case "member": {
      const { member: peer, from, to } = event;
      const msg = `${peer} is ${to ?? "unknown"}${from === undefined ? "" : `, and was ${from}`}`;
      return sentence("info", "member-status", msg, { peer, from: from ?? null, to: to ?? null });
    }
    case "bucketTypeActive": {
      const { name } = event;
      return sentence("info", "bucket-type-active", `the bucket type ${name} can be used`, { name });
    }
    default:
      return unreachable(event);
  }
}

function describeMembership(event: MembershipEvent): Sentence {
  switch (event.type) {
    case "handoffBegun":
    case "handoffDone": {
      const { to, partitions, keys } = event;
      const fields = { to, partitions, keys };
      if (event.type === "handoffBegun")
        return sentence("info", "handoff-begun", `hands ${partitions} partitions to ${to}`, fields);
      return sentence("info", "handoff-done", `${to} has the ${partitions} partitions that it gets from here`, fields);
    }
    case "left":
      return sentence("info", "left", "is no member of the ring any more and has nothing left that others need", {});
    default:
      return unreachable(event);
  }
}

function changesText(changes: readonly Change[]): string {
  if (changes.length === 0) return "nothing";
  return changes.map((change) => `${change.kind} ${change.member}${"by" in change ? ` by ${change.by}` : ""}`).join(", ");
}

function sentence(level: Sentence["level"], event: string, msg: string, fields: Sentence["fields"]): Sentence {
  return { level, event, msg, fields };
}
