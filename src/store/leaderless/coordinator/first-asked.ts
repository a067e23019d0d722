import type { PlacedReplica } from "./surroundings.js";

export interface FirstAsked {
  /** The first of them for the object, the others for its hash. */
  readonly asked: readonly PlacedReplica[];
  /** Owners that are asked where these do not agree, or are silent. */
  readonly reserve: readonly PlacedReplica[];
}

/**
 * Whom a read asks that can be answered by `wanted` owners: any so many of them have what quorums promise, and who is not asked has less to do. This
 * node itself if it is one, which costs no message, then others by turns. Undefined: stand-ins are among them, or somebody who cannot be reached, so
 * everybody has to be asked.
 */
export function firstAsked(
  replicas: readonly PlacedReplica[],
  wanted: number,
  from: { readonly self: string; readonly turn: number; readonly isReachable: (member: string) => boolean },
): FirstAsked | undefined {
  const { self, turn, isReachable } = from;
  const others: PlacedReplica[] = [];
  const asked: PlacedReplica[] = [];
  let positions = 0;
  for (const replica of replicas) {
    const isSelf = replica.member === self;
    if (replica.hintFor !== undefined || !(isSelf || isReachable(replica.member))) return undefined;
    if (!isSelf) others.push(replica);
    else {
      asked.push(replica);
      positions = replica.positions;
    }
  }
  const reserve: PlacedReplica[] = [];
  for (let i = 0; i < others.length; i++) {
    const replica = others[(turn + i) % others.length] as PlacedReplica;
    if (asked.length > 0 && positions >= wanted) reserve.push(replica);
    else {
      asked.push(replica);
      positions += replica.positions;
    }
  }
  return reserve.length === 0 ? undefined : { asked, reserve };
}
