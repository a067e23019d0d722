import type { Bucket, BucketProperties, ObjectName } from "../api.js";
import type { Copies } from "../copies.js";
import type { DurableQueue } from "../durable-queue.js";
import type { ClusterState } from "../gossip/cluster-state.js";
import type { Outgoing } from "../messages.js";
import type { ConflictRules } from "../objects/conflict.js";
import type { Replica } from "../ring/preference-list.js";
import type { Place } from "../storage.js";

/** A replica, and where it keeps its copy. */
export interface PlacedReplica extends Replica {
  readonly place: Place;
}

/** What coordinating a request needs of the node that does it. */
export interface Surroundings {
  readonly self: string;
  readonly copies: Copies;
  readonly durable: DurableQueue;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  /** Whether this node may write for clients. */
  readonly isReady: () => boolean;
  readonly send: (message: Outgoing) => void;
  /** A number for what is asked of others, new in the lives of all nodes. */
  readonly newRequest: () => number;
  /** Who is to be asked for an object now. Owners who cannot be reached have stand-ins where it is `sloppy`, else nobody. */
  readonly replicas: (name: ObjectName, n: number, sloppy: boolean) => readonly PlacedReplica[];
  /** Who gets each write besides, without being waited for, as partitions change their owners. */
  readonly receivers: (name: ObjectName, n: number) => readonly { readonly member: string; readonly place: Place }[];
  /** Whether this node's copies of the place count as they are; else it has to ask itself by message, as it asks others. */
  readonly isAlone: (place: Place) => boolean;
  /** Undefined: there is no such bucket type. */
  readonly propertiesOf: (bucket: Bucket) => BucketProperties | undefined;
  /** What gossip has told this node. */
  readonly clusterState: () => ClusterState;
  /** To be told to all nodes. */
  readonly changeState: (state: ClusterState) => void;
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
