/**
 * Where a member's log starts from when its disk is empty.
 *
 * A cluster begins at index 1, as if an entry there had made its first voters, and whoever joins later begins at 0 with no configuration.
 * So nobody can replay the log without first getting a snapshot, and with it the configuration that later changes build on.
 */
import { none, type MemberId, type Recovered, type Snapshot, type SnapshotMeta } from "./types.js";

const nobody = { voters: [], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };

/** The start of every voter of a new cluster: the same on all of them. */
export function bootstrapSnapshot(voters: readonly MemberId[]): Snapshot {
  const meta: SnapshotMeta = { index: 1, term: 1, conf: { ...nobody, voters } };
  return { meta, data: new Uint8Array(0) };
}

/** The start of a member that joins a cluster: it waits for the leader's snapshot. */
export const joinerSnapshot: Snapshot = { meta: { index: 0, term: 0, conf: nobody }, data: new Uint8Array(0) };

/** Whether a disk is as a new member's: it has never heard of a leader. */
export function isNew({ hardState, snapshot, entries }: Recovered): boolean {
  return snapshot.meta.index <= 1 && entries.length === 0 && hardState.vote === none && hardState.term <= snapshot.meta.term;
}
