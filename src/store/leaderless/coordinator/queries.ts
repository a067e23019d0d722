import type { PlacedReplica } from "./surroundings.js";

/** A replica that a read asks. */
export interface Query {
  replica: PlacedReplica;
  /** `lost`: somebody stands in for it; what it says all the same counts. `failed`: it has no answer. */
  state: "open" | "lost" | "answered" | "failed";
  askedAtMs: number;
  /** Whether it has told the hash of what it has, and it is not known yet whether another one has sent the same. */
  isHashed: boolean;
  /** Undefined: it has nothing. */
  objectHash: number | undefined;
}

/** Asked now. */
export function queryOf(replica: PlacedReplica, askedAtMs: number): Query {
  return { replica, state: "open", askedAtMs, isHashed: false, objectHash: undefined };
}

/** A member is asked once. */
export function queryTo(queries: readonly Query[], member: string): Query | undefined {
  return queries.find(({ replica }) => replica.member === member);
}

/** Whether its answer is waited for. */
export function isOpen({ state }: Query): boolean {
  return state === "open";
}

/** Whether what it says counts. */
export function isWaiting({ state }: Query): boolean {
  return state === "open" || state === "lost";
}
