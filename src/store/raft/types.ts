/**
 * The words of the raft room. The protocol follows Ongaro, "Consensus: Bridging Theory and Practice" (2014), and the
 * shape follows etcd-io/raft: a machine without I/O, inputs in, effects out.
 */

import type { StoreSwitches } from "../../core/store-switches.js";

/** Made by `createRaft` (raft.ts). */
export interface Raft {
  /**
   * Takes all `inputs` in order, then says once what is owed for them. Appends, heartbeats and the persist are made at the end,
   * so a hundred proposals in one call leave as one message to each follower and one write: the driver gathers what came in since the last call.
   * `step([])` right after start hands out what recovery already knows to be committed.
   */
  step(inputs: readonly Input[]): Effects;
  status(): RaftStatus;
}

/** A member's number, from 1. Unique for the life of a cluster: a wiped voter comes back under a new one. */
export type MemberId = number;

/** No member: an empty vote, an unknown leader. */
export const none: MemberId = 0;

export interface Entry {
  readonly index: number;
  readonly term: number;
  /** `normal` with empty data is the no-op of a new leader (with `commitRule: any` it has none); `conf` carries a {@link ConfChange} (conf-codec.ts). */
  readonly kind: "normal" | "conf";
  readonly data: Uint8Array;
}

/** Must be on disk before any message that tells of it leaves (thesis §3.8). */
export interface HardState {
  readonly term: number;
  readonly vote: MemberId;
  readonly commit: number;
}

/** The configuration in force; joint while `votersOutgoing` is not empty (thesis §4.3). */
export interface ConfState {
  readonly voters: readonly MemberId[];
  readonly votersOutgoing: readonly MemberId[];
  readonly learners: readonly MemberId[];
  /** Voters of the outgoing half that become learners when the joint configuration is left. */
  readonly learnersNext: readonly MemberId[];
  readonly autoLeave: boolean;
}

export interface SnapshotMeta {
  readonly index: number;
  readonly term: number;
  readonly conf: ConfState;
}

/**
 * Stands for the host's state at an index. It is handed back as it was handed in, to be kept, sent or restored: what is behind it, bytes or a file,
 * only the host knows. So a state need never be in memory as one piece.
 */
export interface SnapshotData {
  /** Of the state; nothing here depends on it. */
  readonly byteLength: number;
}

export interface Snapshot {
  readonly meta: SnapshotMeta;
  /** Of the state machine at `meta.index`. */
  readonly data: SnapshotData;
}

/** One member's step in a change of configuration; `context` is the host's (names, addresses) and opaque here. */
export interface ConfChange {
  readonly changes: readonly { readonly kind: "addVoter" | "addLearner" | "remove"; readonly member: MemberId }[];
  readonly context: Uint8Array;
}

interface Envelope {
  readonly from: MemberId;
  readonly to: MemberId;
  readonly term: number;
}

export type Message = Envelope &
  (
    | { readonly type: "preVote" | "vote"; readonly lastIndex: number; readonly lastTerm: number; readonly transfer: boolean }
    | { readonly type: "preVoteReply" | "voteReply"; readonly granted: boolean }
    | {
        readonly type: "append";
        readonly prevIndex: number;
        readonly prevTerm: number;
        readonly entries: readonly Entry[];
        readonly commit: number;
        /** Of an append that only tells `commit`, to a follower that is known to keep up: it answers only where it does not fit. */
        readonly unanswered?: boolean;
      }
    | {
        readonly type: "appendReply";
        /** Accepted: the last index now known equal to the leader's. Rejected: the `prevIndex` that did not fit. */
        readonly index: number;
        readonly rejected: boolean;
        /** Where to try next when rejected: last index at or below which the logs may agree, and its term. */
        readonly hintIndex: number;
        readonly hintTerm: number;
      }
    /** `context` numbers the newest read this heartbeat confirms; 0 = none. */
    | { readonly type: "heartbeat"; readonly commit: number; readonly context: number }
    | { readonly type: "heartbeatReply"; readonly context: number }
    | { readonly type: "snapshot"; readonly snapshot: Snapshot }
    | { readonly type: "timeoutNow" }
    /** The sender has applied what this leader's log does not hold, which only a mistake of {@link RaftOptions} allows: it starts anew. */
    | { readonly type: "snapshotWanted" }
  );

/** Messages of these types. */
export type MessageOf<T extends Message["type"]> = Extract<Message, { readonly type: T }>;

/** What happens to the machine. Time is counted in ticks by the driver. */
export type Input =
  | { readonly type: "tick" }
  /** What the driver's monotonic clock shows, first in each step. Only leases need it ({@link RaftOptions.leaseMs}). */
  | { readonly type: "clock"; readonly nowMs: number }
  | { readonly type: "receive"; readonly message: Message }
  /** Only a leader takes these; anyone else answers with `dropped`. `id` comes back in `proposed` or `dropped`. */
  | { readonly type: "propose"; readonly id: number; readonly data: Uint8Array }
  | { readonly type: "proposeConf"; readonly id: number; readonly change: ConfChange }
  /** Linearizable read (thesis §6.4): answered by an entry in `reads`, or `dropped`. Leader only. */
  | { readonly type: "readIndex"; readonly id: number }
  /** Everything of `persist` effects up to this number is durable. */
  | { readonly type: "persisted"; readonly persistNumber: number }
  /**
   * The host made a snapshot of its state at `index` (already applied); older entries may go. The last `keep` of them stay in
   * memory, for followers that are only a little behind.
   */
  | { readonly type: "compact"; readonly index: number; readonly data: SnapshotData; readonly keep: number }
  /** Stand for election now (bootstrap of a new cluster; tests). */
  | { readonly type: "campaign" }
  /** Hand leadership to this voter (thesis §3.10); given up after an election timeout. Leader only, ignored by others. */
  | { readonly type: "transferLeader"; readonly member: MemberId }
  /** The transport could not deliver to this member. Asked for after a snapshot that did not arrive; it is sent again then. */
  | { readonly type: "unreachable"; readonly member: MemberId }
  /**
   * The process of this member is gone, as its machine says: it closed its connection and takes no new one. A follower whose leader it was
   * need not wait out an election timeout. Harmless where it is wrong, since nobody wins a pre-vote whose voters hear a leader.
   */
  | { readonly type: "leaderGone"; readonly member: MemberId };

/**
 * What the driver owes the machine after a step, in this order:
 * 1. `send`: may leave at once. 2. `persist`: write and fsync, in the order handed out; then feed `persisted` back. Several may be
 * under way. 3. `sendAfterPersist`: may leave only once this persist and every earlier one is durable (also when this step has none of
 * its own). 4. `restore`, then `apply`: to the state machine, in order; committed is committed, so this need not wait for the disk.
 */
export interface Effects {
  readonly send: readonly Message[];
  readonly persist: Persist | undefined;
  readonly sendAfterPersist: readonly Message[];
  /** May be of an earlier index than what was applied, see the event `rolled-back`. */
  readonly restore: Snapshot | undefined;
  /** Committed entries, each exactly once and in order (over one life of the process), but for those a `restore` brought or took back. */
  readonly apply: readonly Entry[];
  /** Reads confirmed by a quorum: serve each once `index` is applied. */
  readonly reads: readonly { readonly id: number; readonly index: number }[];
  /** Where proposals of this step stand in the log. They may still be lost; only `apply` says that they are not. */
  readonly proposed: readonly { readonly id: number; readonly index: number; readonly term: number }[];
  /**
   * Proposals never appended and reads given up (also because leadership was lost): definitely without effect. An appended proposal is
   * lost when an entry of another term is applied at its index.
   */
  readonly dropped: readonly { readonly id: number; readonly reason: DropReason }[];
  readonly events: readonly RaftEvent[];
}

/**
 * not-leader: ask the leader · no-quorum: a leader that heard no quorum for an election timeout stepped down · conf-pending: an
 * earlier change of configuration is not yet applied · conf-invalid: the change makes no legal configuration · overloaded: the
 * uncommitted tail is at its bound.
 */
export type DropReason = "not-leader" | "no-quorum" | "conf-pending" | "conf-invalid" | "overloaded";

/** One write. Where it may tear, it goes to disk in the order of these fields: what an entry is worth depends on the hard state. */
export interface Persist {
  /** Grows by one each time; the answer is `persisted` with this number. */
  readonly persistNumber: number;
  readonly hardState: HardState | undefined;
  /** Replaces everything up to its index. */
  readonly snapshot: Snapshot | undefined;
  /** True with a leader's snapshot: every entry on disk goes, later ones too. False: entries after `snapshot` stay (compaction). */
  readonly discardLog: boolean;
  /** To be appended; an index at or below the log's end overwrites from there (the tail is cut). */
  readonly entries: readonly Entry[];
}

export type Role = "follower" | "preCandidate" | "candidate" | "leader" | "learner";

/** Worth a log line; the driver gives each its level and sentence. */
export type RaftEvent =
  /** `knowsFrom`, of a leader: once this index is applied, so is all that leaders before it have left. */
  | { readonly event: "role-changed"; readonly role: Role; readonly term: number; readonly knowsFrom?: number }
  /** `from` is the term before. */
  | { readonly event: "term-changed"; readonly term: number; readonly from: number }
  | { readonly event: "leader-changed"; readonly leader: MemberId; readonly term: number }
  | {
      readonly event: "vote-cast";
      readonly candidate: MemberId;
      readonly term: number;
      readonly granted: boolean;
      readonly preVote: boolean;
    }
  | { readonly event: "quorum-lost"; readonly term: number }
  | { readonly event: "log-truncated"; readonly fromIndex: number; readonly lastIndex: number }
  /** What was applied here beyond `index`, the last place where the leader's log is known to agree, is lost: `lost` commands. */
  | { readonly event: "rolled-back"; readonly index: number; readonly lost: number }
  | { readonly event: "snapshot-sent"; readonly to: MemberId; readonly index: number }
  | { readonly event: "snapshot-received"; readonly from: MemberId; readonly index: number }
  | { readonly event: "conf-changed"; readonly conf: ConfState; readonly index: number };

/**
 * `preVote`, `checkQuorum`, `commitRule` and `replication` are mistakes that can be made on purpose, and so is `fsync`: not made here, but
 * like the last two it may have a member apply what later turns out never to have been committed. It is then rolled back.
 */
export interface RaftOptions extends Pick<StoreSwitches, "preVote" | "checkQuorum" | "commitRule" | "replication" | "fsync"> {
  readonly id: MemberId;
  /** Ticks without a leader before standing; drawn anew from [electionTicks, 2 × electionTicks) each time. */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  /** Bounds of one append message and of appends on the way to one follower. */
  readonly appendBytesMax: number;
  readonly inflightAppendsMax: number;
  /** Bound of the leader's uncommitted tail; beyond it proposals are dropped as `overloaded`. */
  readonly uncommittedBytesMax: number;
  /**
   * For so long after it sent a heartbeat that a quorum answered, a leader answers reads by itself; 0: it always asks (thesis §6.4.1).
   * Below the shortest time in which a follower counts `electionTicks - 1` ticks, by any member's clock. Needs `checkQuorum`.
   */
  readonly leaseMs: number;
}

/** What was found on disk: where the machine starts from. A disk that is new holds one of the snapshots of bootstrap.ts. */
export interface Recovered {
  readonly hardState: HardState;
  readonly snapshot: Snapshot;
  /** Entries after the snapshot, without holes. */
  readonly entries: readonly Entry[];
}

/** For status pages and invariant checks; copies, never live state. */
export interface RaftStatus {
  readonly id: MemberId;
  readonly role: Role;
  readonly term: number;
  readonly vote: MemberId;
  readonly leader: MemberId;
  readonly commit: number;
  readonly applied: number;
  readonly lastIndex: number;
  readonly firstIndex: number;
  readonly conf: ConfState;
  /** Leader only: per member, the last index known to be on its disk. */
  readonly match: ReadonlyMap<MemberId, number>;
}

/**
 * Test-only faults planted in the machine, to show that the simulator catches them. Never set outside tests and `npm run sim`.
 */
export interface PlantedBugs {
  /** Acknowledge appends before they are durable. */
  readonly ackBeforePersist?: boolean;
  /** Forget the vote on restart. */
  readonly forgetVote?: boolean;
  /** Answer reads without asking a quorum. */
  readonly readWithoutQuorum?: boolean;
}
