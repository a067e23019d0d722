import type { Bucket, BucketProperties, ObjectName } from "../api.js";
import type { Copies } from "../copies.js";
import type { DurableQueue } from "../durable-queue.js";
import type { ClusterState } from "../gossip/cluster-state.js";
import type { Outgoing } from "../messages.js";
import type { ConflictRules } from "../objects/conflict.js";
import type { Receiver } from "../replica-lists.js";
import type { Replica } from "../ring/preference-list.js";
import type { Place } from "../storage.js";

/** A replica, and where it keeps its copy. */
export interface PlacedReplica extends Replica {
  readonly place: Place;
}

/** Which replicas a request asks for. */
export interface Asked {
  /** How many owners it asks. */
  readonly n: number;
  /** How many there are: the bucket's. Copies stand in places of this number, however many a request asks. */
  readonly nVal: number;
  readonly sloppy: boolean;
}

/** What coordinating a request needs of the node that does it. */
export interface Surroundings {
  readonly self: string;
  readonly copies: Copies;
  readonly durable: DurableQueue;
  readonly nowMs: () => number;
  /** As `nowMs`, but it stands while this node is not run. */
  readonly awakeMs: () => number;
  /** Whether what arrives now may have been sent long ago. */
  readonly isDrowsy: () => boolean;
  readonly wallMs: () => number;
  /** Whether this node may write for clients. */
  readonly isReady: () => boolean;
  readonly send: (message: Outgoing) => void;
  /** A number for what is asked of others, new in the lives of all nodes. */
  readonly newRequest: () => number;
  readonly isReachable: (member: string) => boolean;
  /** Whether the member said something a moment ago: it is as surely there as one can know without asking. */
  readonly isFresh: (member: string) => boolean;
  /** Who is to be asked for an object now. Owners who cannot be reached have stand-ins where it is `sloppy` and there are any. */
  readonly replicas: (name: ObjectName, asked: Asked) => readonly PlacedReplica[];
  /** Those of them who may coordinate a write, the best first. */
  readonly coordinators: (name: ObjectName, asked: Asked) => readonly string[];
  /** Who is to be asked instead of one of them that was asked and is lost; undefined: nobody is left. */
  readonly standIn: (
    name: ObjectName,
    asked: Asked,
    lost: Replica,
    isAsked: (member: string) => boolean,
  ) => PlacedReplica | undefined;
  /** A member was asked, and said nothing for longer than patience lasts. */
  readonly silent: (member: string) => void;
  /** How long this member may be silent while it is asked, as far as its answers are known: a slow link asks for more patience. */
  readonly patienceMs: (member: string) => number;
  /** Who gets each write besides, without being waited for, as partitions change their owners. */
  readonly receivers: (name: ObjectName, n: number) => readonly Receiver[];
  /** Whether this node's copies of the place count as they are; else it has to ask itself by message, as it asks others. */
  readonly isAlone: (place: Place) => boolean;
  /** Undefined: there is no such bucket type. */
  readonly propertiesOf: (bucket: Bucket) => BucketProperties | undefined;
  /** What gossip has told this node. */
  readonly clusterState: () => ClusterState;
  /** Who owns each partition, as it counts for keys of this home partition. */
  readonly partitionOwners: (home: number) => readonly string[];
  /** To be told to all nodes. The number of the write by which this node keeps it. */
  readonly changeState: (state: ClusterState) => number;
  /** Whether all nodes that can be reached are known to know what this node knows of bucket types and buckets. */
  readonly areSettingsKnown: () => boolean;
  /** Of buckets that nobody has set any for. */
  readonly defaults: BucketProperties;
  readonly rulesOf: (properties: BucketProperties) => ConflictRules;
}

/** How many of the `n` answers nobody is there to give. */
export function missing(replicas: readonly Replica[], n: number): number {
  return n - replicas.reduce((sum, { positions }) => sum + positions, 0);
}

/** From a request's arrival to its answer, unless it says otherwise; as Riak's. */
export const requestTimeoutMs = 60_000;

/** Who is lost, and has no stand-in, may answer within this time all the same: it may be slow, or was paused. */
export const lastChanceMs = 2000;

/** Clients may wait for as long as they like, but this node does not keep their requests for longer. */
const requestTimeoutMaxMs = 600_000;

/** When a request is given up that began at this moment. */
export function endOf(nowMs: number, timeoutMs: number | undefined): number {
  return nowMs + Math.min(timeoutMs ?? requestTimeoutMs, requestTimeoutMaxMs);
}
