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
  const isPlain = replicas.every(({ member, hintFor }) => hintFor === undefined && (member === self || isReachable(member)));
  if (!isPlain) return undefined;
  const own = replicas.filter(({ member }) => member === self);
  const others = replicas.filter(({ member }) => member !== self);
  const first = others.length === 0 ? 0 : turn % others.length;
  const inTurn = [...own, ...others.slice(first), ...others.slice(0, first)];
  let positions = 0;
  const enough = inTurn.findIndex((replica) => (positions += replica.positions) >= wanted) + 1;
  if (enough === 0 || enough === replicas.length) return undefined;
  return { asked: inTurn.slice(0, enough), reserve: inTurn.slice(enough) };
}
