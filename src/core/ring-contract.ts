/** What a node of the leaderless store and those who look after its ring have to agree on. */

/**
 * On the client port of a node. `GET` tells a {@link RingView}; `POST` takes a {@link RingCommand} as JSON and answers with a {@link RingAnswer}, with
 * status 200, or 409 where it was refused.
 */
export const ringPath = "/ring";

/** On the client port of a node. `GET` tells its {@link RingCopies}. */
export const ringCopiesPath = "/ring/copies";

/** The ring as one node knows it. Nodes that agree have the same `digest`. */
export interface RingView {
  readonly node: string;
  readonly cluster: string;
  readonly design: "leaderless";
  /** How many there are: Q. */
  readonly partitions: number;
  /** Owners of an object where its bucket does not say otherwise. */
  readonly n: number;
  /** Name of the last ring all of whose owners have what they own: `version@committer`. */
  readonly ring: string;
  /** Name of the ring that was committed and is being carried out; null: none is. */
  readonly nextRing: string | null;
  /** Of all that gossip tells of members and ring, 12 hexadecimal digits. */
  readonly digest: string;
  /** Member of each partition. */
  readonly owners: readonly string[];
  /** The same in the next ring; null: there is none. */
  readonly nextOwners: readonly string[] | null;
  /** By name, without those that are gone. */
  readonly members: readonly RingMember[];
  /** Keys that this node keeps for owners that it could not reach. */
  readonly hints: readonly { readonly owner: string; readonly keys: number }[];
  /** Of the next ring. */
  readonly transfers: readonly RingTransfer[];
  /** Changes that wait for a commit. */
  readonly staged: readonly RingChange[];
  /** What a commit would do now; null: nothing is staged, or it cannot be planned. */
  readonly plan: RingPlan | null;
  /** Why what is staged cannot be planned, one sentence; null: it can, or nothing is. */
  readonly planProblem: string | null;
}

/** In Riak's words. `joining`: known, and owner of nothing until a plan is committed. `exiting`: out of the ring, and not yet done handing over, or serving clients. */
export type RingMemberStatus = "joining" | "valid" | "leaving" | "exiting" | "down";

export interface RingMember {
  readonly name: string;
  readonly status: RingMemberStatus;
  /** Whether the node that tells this reaches it: others may see it otherwise. */
  readonly isReachable: boolean;
  /** How many it owns. */
  readonly partitions: number;
  /** How many it will own: by the next ring, or by the plan that waits; `partitions` where there is neither. */
  readonly nextPartitions: number;
  /** Its place among all members of the cluster by name, from 0: the same on all nodes that agree. */
  readonly index: number;
}

/** A home partition that `to` has to get from `from`. */
export interface RingTransfer {
  readonly partition: number;
  /** Null: all who had it are lost. */
  readonly from: string | null;
  readonly to: string;
  readonly state: "waiting" | "running" | "done";
  /** Keys. */
  readonly moved: number;
  /** Keys, as counted when it began; 0 while it waits. */
  readonly total: number;
}

export type RingChange =
  | { readonly kind: "join" | "leave" | "force-remove"; readonly member: string }
  /** `member` leaves, and `by` takes exactly what it owns. */
  | { readonly kind: "replace" | "force-replace"; readonly member: string; readonly by: string };

export interface RingPlan {
  /** What `commit` may name, so that it does what was shown or nothing. Equal on nodes that would do the same. */
  readonly id: string;
  readonly changes: readonly RingChange[];
  /** How many partitions get another owner. */
  readonly moves: number;
  /** The fewest that would have to for a balanced ring. */
  readonly fewestMoves: number;
  /** Everybody who owns partitions before or after. */
  readonly members: readonly { readonly name: string; readonly before: number; readonly after: number }[];
}

/**
 * What an operator asks of the ring, as `riak-admin cluster` has it: changes are staged, looked at as a plan, and committed together. Any node takes
 * all of them. `join`: of a node that runs and has announced itself. `force-remove`, `force-replace`: of a member that is lost, which hands nothing over.
 * `down`: nothing waits for this member until it is back. `plan` changes nothing.
 */
export type RingCommand =
  | { readonly command: "join" | "leave" | "force-remove" | "down"; readonly member: string }
  | { readonly command: "replace" | "force-replace"; readonly member: string; readonly by: string }
  | { readonly command: "plan" | "clear" }
  /** `plan`: the id of the plan that was shown; left out: whatever is staged. */
  | { readonly command: "commit"; readonly plan?: string };

/** `why`: one sentence: what is in the way, and what to do. */
export type RingAnswer = { readonly ok: true; readonly view: RingView } | { readonly ok: false; readonly why: string };

/** What a node has on its disk, as short as it can be told: two owners that tell the same of a place have the same there, byte by byte. */
export interface RingCopies {
  readonly node: string;
  /** All that it is an owner of, and all that it has something of besides. */
  readonly places: readonly PlaceCopies[];
  /** As in {@link RingView}. */
  readonly hints: RingView["hints"];
}

/** The copies of the keys that have this home partition and so many owners. */
export interface PlaceCopies {
  readonly partition: number;
  readonly n: number;
  /** As this node knows it: the preference list. */
  readonly owners: readonly string[];
  /** Deletions that are not forgotten yet are among them. */
  readonly keys: number;
  /** Root of the Merkle tree over all keys and the bytes of their objects, 12 hexadecimal digits; all zeros where there are none. */
  readonly root: string;
}
