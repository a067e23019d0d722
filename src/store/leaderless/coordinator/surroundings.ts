import type { Bucket, BucketProperties, ObjectName } from "../api.js";
import type { Copies } from "../copies.js";
import type { DurableQueue } from "../durable-queue.js";
import type { Outgoing } from "../messages.js";
import type { ConflictRules } from "../objects/conflict.js";
import type { Replica } from "../ring/preference-list.js";
import type { Place } from "../storage.js";

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
  readonly homeOf: (name: ObjectName) => number;
  /** Who is to be asked for keys of a home partition now. Owners who cannot be reached have stand-ins where it is `sloppy`, else nobody. */
  readonly replicas: (home: number, n: number, sloppy: boolean) => readonly Replica[];
  /** Undefined: there is no such bucket type. */
  readonly propertiesOf: (bucket: Bucket) => BucketProperties | undefined;
  readonly rulesOf: (properties: BucketProperties) => ConflictRules;
}

/** Where a replica keeps its copy. */
export function placeOf(partition: number, { hintFor }: Replica): Place {
  return hintFor === undefined ? { kind: "home", partition } : { kind: "hint", partition, member: hintFor };
}

/** How many of the `n` answers nobody is there to give. */
export function missing(replicas: readonly Replica[], n: number): number {
  return n - replicas.reduce((sum, { positions }) => sum + positions, 0);
}

/** From a request's arrival to its answer, unless it says otherwise; as Riak's. */
export const requestTimeoutMs = 60_000;
