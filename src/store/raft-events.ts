import { unreachable } from "../core/invariant.js";
import type { Level } from "../core/log-record.js";
import { none } from "./raft/types.js";
import type { ConfChange, MemberId, RaftEvent } from "./raft/types.js";

export interface Sentence {
  readonly level: Level;
  readonly event: string;
  readonly msg: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** How the machine's events are told to people (docs/reference/events.md); `nameOf` gives members their names. */
export function describeEvent(event: RaftEvent, nameOf: (member: MemberId) => string): readonly Sentence[] {
  switch (event.event) {
    case "role-changed": {
      const { role, term } = event;
      const change: Sentence = { level: "debug", event: "role-changed", msg: `now ${role}`, fields: { role, term } };
      if (role !== "leader") return [change];
      return [change, { level: "info", event: "leader-elected", msg: `won the election of term ${term}`, fields: { term } }];
    }
    case "term-changed": {
      const { term, from } = event;
      return [{ level: "info", event: "term-changed", msg: `term ${from} -> ${term}`, fields: { term, from } }];
    }
    case "leader-changed": {
      const { term } = event;
      const leader = event.leader === none ? null : nameOf(event.leader);
      const msg = leader === null ? "no leader is known" : `the leader is ${leader}`;
      return [{ level: "info", event: "leader-changed", msg, fields: { leader, term } }];
    }
    case "vote-cast": {
      const { term, granted, preVote } = event;
      const candidate = nameOf(event.candidate);
      const msg = `${granted ? "granted" : "refused"} ${candidate} a ${preVote ? "pre-vote" : "vote"}`;
      return [{ level: "debug", event: "vote-cast", msg, fields: { candidate, term, granted, preVote } }];
    }
    case "quorum-lost": {
      const msg = "steps down: no majority answered for an election timeout";
      return [{ level: "warn", event: "quorum-lost", msg, fields: { term: event.term } }];
    }
    case "log-truncated": {
      const { fromIndex, lastIndex } = event;
      const msg = `dropped entries ${fromIndex} to ${lastIndex}, in whose place the leader has others`;
      return [{ level: "info", event: "log-truncated", msg, fields: { fromIndex, lastIndex } }];
    }
    case "rolled-back": {
      const { index, lost } = event;
      const writes = lost === 1 ? "1 write" : `${lost} writes`;
      const msg = `lost ${writes} that had been applied here after entry ${index}: the leader does not have them`;
      return [{ level: "error", event: "rolled-back", msg, fields: { lost, index } }];
    }
    case "snapshot-sent": {
      const to = nameOf(event.to);
      const msg = `sends ${to} a snapshot up to entry ${event.index}`;
      return [{ level: "info", event: "snapshot-sent", msg, fields: { to, index: event.index } }];
    }
    case "snapshot-received": {
      const from = nameOf(event.from);
      const msg = `took a snapshot up to entry ${event.index} from ${from}`;
      return [{ level: "info", event: "snapshot-installed", msg, fields: { from, index: event.index } }];
    }
    case "conf-changed": {
      const { conf, index } = event;
      const { voters, learners } = conf;
      return [{ level: "debug", event: "conf-changed", msg: "the configuration changed", fields: { index, voters, learners } }];
    }
    default:
      return unreachable(event);
  }
}

/** What an applied change of members is worth saying. */
export function describeConfChange(change: ConfChange, nameOf: (member: MemberId) => string): readonly Sentence[] {
  return change.changes.map(({ kind, member }): Sentence => {
    if (member === none)
      return { level: "info", event: "member-updated", msg: "a member is found at another address", fields: {} };
    const fields = { member, peer: nameOf(member) };
    if (kind === "remove") return { level: "info", event: "member-removed", msg: `member ${member} left the cluster`, fields };
    const as = kind === "addLearner" ? "learner" : "voter";
    // a change that names an address brings somebody new
    const event = change.context.length > 0 ? "member-added" : "member-promoted";
    return { level: "info", event, msg: `${fields.peer} is now a ${as}`, fields: { ...fields, as } };
  });
}
