import type { RaftLog } from "./log.js";
import { committedIndex } from "./quorum.js";
import type { ConfState, MemberId, RaftOptions } from "./types.js";

/** What decides how far a leader may commit. */
export interface Committing {
  readonly log: RaftLog;
  readonly conf: ConfState;
  readonly self: MemberId;
  readonly term: number;
  readonly options: Pick<RaftOptions, "commitRule" | "replication">;
  /** The last index of a member's log known to be on its disk. */
  readonly matchOf: (member: MemberId) => number;
}

/** Up to where a leader may commit now: what a quorum holds, once it includes an entry of this term (thesis §3.6.2, figure 3.7). */
export function commitIndex(committing: Committing): number {
  const { log, options, term } = committing;
  const index = heldUpTo(committing);
  if (index <= log.commit) return log.commit;
  return log.matches(index, term) || options.commitRule === "any" ? index : log.commit;
}

/**
 * Up to where enough members hold the log. Where the leader is enough by itself, a change of configuration still waits for a quorum, and
 * so does what follows it: members that disagree on who they are could not even be told who lost what.
 */
function heldUpTo({ log, conf, self, options, matchOf }: Committing): number {
  const held = committedIndex(conf, matchOf);
  if (options.replication === "sync") return held;
  let index = Math.max(held, log.commit);
  const own = matchOf(self);
  while (index < own && log.at(index + 1).kind !== "conf") index++;
  return index;
}
