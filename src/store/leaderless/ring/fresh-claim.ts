import { createPrng, type Prng } from "../../../core/prng.js";
import { clashes } from "./spacing.js";

/** Any number does; it is this one on every node. */
const seed = 1;

/**
 * Owners of a ring that begins anew: the members in turn, as Riak's diagonal claim, but where the ring's size is no multiple of their number the
 * turns that are one too many are left out all along the ring, of each member at most one, instead of all at its end, where the last
 * partitions would stand too close to the first. From round to round neighbours swap now and then, where `distance` allows it: where everybody always
 * had the same neighbours, one and the same member would have to follow whoever leaves everywhere.
 */
export function freshClaim(members: readonly string[], ringSize: number, distance: number): string[] {
  const mixed = members.length > distance ? inTurn(members, ringSize, true) : [];
  return mixed.length > 0 && clashes(mixed, distance) === 0 ? mixed : inTurn(members, ringSize, false);
}

function inTurn(members: readonly string[], ringSize: number, isMixed: boolean): string[] {
  const prng = createPrng(seed);
  const rounds = Math.ceil(ringSize / members.length);
  const leftOut = rounds * members.length - ringSize;
  const turns = members.map((member, turn) => ({
    member,
    roundLeftOut: turn < leftOut ? Math.floor((turn * rounds) / leftOut) : -1,
  }));
  const owners: string[] = [];
  /** Of each round in the first half of the ring; undone again in its second half, so that its end fits to its beginning. */
  const swaps: number[][] = [];
  for (let round = 0; round < rounds; round++) {
    for (const { member, roundLeftOut } of turns) if (roundLeftOut !== round) owners.push(member);
    if (!isMixed) continue;
    const isFirstHalf = round < Math.floor((rounds - 1) / 2);
    const swapped = isFirstHalf ? someNeighbours(prng, turns.length) : (swaps.pop() ?? []);
    if (isFirstHalf) swaps.push(swapped);
    for (const turn of swapped) turns.splice(turn, 2, ...turns.slice(turn, turn + 2).reverse());
  }
  return owners;
}

/** Turns that are to swap with the next one; no turn is in two swaps. */
function someNeighbours(prng: Prng, count: number): number[] {
  const chosen: number[] = [];
  for (let turn = prng.int(0, 1); turn + 1 < count; turn += 2) if (prng.chance(0.5)) chosen.push(turn);
  return chosen;
}
