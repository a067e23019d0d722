import type { Alarm } from "../alarms.js";
import type { MemberChange } from "../ask.js";
import type { Written } from "../client-requests.js";
import type { CommandName } from "../entries/commands.js";
import type { Principal } from "../entries/envelope.js";
import type { Key, LeaseId } from "../mvcc/key-value.js";
import type { HashAnswer, MvccStore } from "../mvcc/mvcc-store.js";
import type { Refused } from "../mvcc/requests.js";
import type { WatchSink, WatchStream } from "../watch/watch-stream.js";
import type { Access } from "./access.js";
import type { OpenStreams } from "./open-streams.js";
import type { MemberId } from "../raft/types.js";
import type { ErrorName } from "../wire/errors.js";

/** What clients' calls need of a node. Promises reject with {@link RequestFailed}, within the node's time limit. */
export interface Store {
  /** Resolves with what this member saw when it applied it. `command` is one of that name, and free again when this returns. */
  write<N extends CommandName>(name: N, command: Uint8Array, as?: Principal): Promise<Written<N>>;
  /** Asks the state of now, or of whenever this member got to; what the store refuses rejects. */
  read<A>(answer: (kv: MvccStore) => A | Refused<ErrorName>, serializable: boolean): Promise<A>;
  /** Of this member's keys as they were at `revision` (0: now). */
  hash(revision: number): Promise<HashAnswer>;
  /** Resolves once this member has given back the memory of everything compacted by now. */
  compacted(): Promise<void>;
  // ---- streams ----
  readonly streams: OpenStreams;
  /** What the stream asks of watchers, and they are told what this member applies. */
  watch(sink: WatchSink): WatchStream;
  // ---- members ----
  changeMembers(change: MemberChange): Promise<MemberId>;
  members(): readonly MemberView[];
  /** Whether this member is one that does not vote yet. */
  isLearner(): boolean;
  header(): Header;
  /** Undefined: a leader is known; else why not. */
  unhealthy(): string | undefined;
  status(withHash: boolean): Promise<unknown>;
  raftStatus(): RaftView;

  readonly access: Access;

  readonly leases: Leases;
  readonly upkeep: Upkeep;
}

/** What calls of leases need beyond {@link Store.write}. Promises reject as those of {@link Store} do. */
export interface Leases {
  /** A request for a lease, with what its client left to us: an id where that is 0, and as much time as a lease has at least. */
  filledIn(id: LeaseId, ttlSec: number): { readonly id: LeaseId; readonly ttl: number };
  /** Resolves with its TTL once the leader has renewed it, and surely was the leader then; 0: there is no such lease. */
  keepAlive(id: LeaseId): Promise<number>;
  /** Undefined: there is no such lease. Its keys are told only where they are asked for: there may be very many. */
  timeToLive(id: LeaseId, withKeys: boolean): Promise<TimeLeft | undefined>;
  /** Those that this member knows of, in the order of their grants. */
  all(): readonly LeaseId[];
}

export interface TimeLeft {
  readonly grantedSec: number;
  readonly leftMs: number;
  readonly keys: readonly Key[];
}

/** What operators ask of a member. */
export interface Upkeep {
  /** Those that are on, of a type or (0) of all. */
  alarms(type?: number): readonly Alarm[];
  /** Whether so many bytes more stay below the quota. Only this member's view: others may have given back more or less. */
  hasRoom(bytes: number): boolean;
  /** Gives back the memory of what was compacted, and lets the log begin with the state as it is now. */
  defragment(): Promise<void>;
  /** Resolves once this member, the leader, follows that voter. */
  moveLeader(to: MemberId): Promise<void>;
  /** The state as it is now. To be closed. */
  copyState(): Promise<StateCopy>;
}

/** A file as etcd's clients save it, its digest last. */
export interface StateCopy {
  readonly byteLength: number;
  /** Its next bytes; undefined after the last. */
  read(): Promise<Buffer | undefined>;
  close(): Promise<void>;
}

/** What a member knows of its log and its leader. */
export interface RaftView {
  /** 0: none is known. */
  readonly leader: MemberId;
  readonly committed: number;
  readonly applied: number;
  readonly isLearner: boolean;
  /** Of all versions of keys in memory. */
  readonly bytes: number;
  /** The most that they were since this member started or was defragmented; never less than they are. */
  readonly mostBytes: number;
}

/** Whose answer it is, and of what state. */
export interface Header {
  /** Ids are uint64, in decimal. */
  readonly cluster: string;
  readonly member: string;
  readonly revision: number;
  readonly term: number;
}

export interface MemberView {
  readonly id: MemberId;
  /** Empty: it has never started. */
  readonly name: string;
  readonly peerUrl: string;
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}
