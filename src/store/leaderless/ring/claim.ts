import { invariant } from "../../../core/invariant.js";
import { freshClaim } from "./fresh-claim.js";
import { clashes, clashesAt } from "./spacing.js";
import { untangle } from "./untangle.js";

/**
 * How many successive partitions are to be on distinct members: the usual N. Riak's `target_n_val` is 4, since its stand-ins are the owners of the next
 * partitions, who may be owners of the key already. Here a walk meets each member once, so that more than N would only cost moves.
 */
export const targetN = 3;

/** How many times the fewest partitions that make a ring balanced again may move, for the sake of its spacing. */
const slack = 1.2;

/**
 * Who owns each partition once `members` are the ring's: balanced within one partition, as few moved as that takes or little more
 * ({@link slack}), every {@link targetN} successive partitions on distinct members where that is found within these bounds. It always is in a ring that
 * begins anew, if there is one at all. The same arguments give the same result everywhere.
 * @param owners of each partition until now; members that are no longer there lose all of theirs. Empty strings where there were none.
 * @param members at least one, each once.
 */
export function claim(owners: readonly string[], members: readonly string[], distance = targetN): string[] {
  invariant(members.length > 0, "a ring needs a member");
  const sorted = [...members].sort();
  const apart = Math.min(distance, sorted.length);
  const movesMax = Math.floor(slack * fewestMoves(owners, sorted));
  const fresh = freshClaim(sorted, owners.length, apart);
  const freshClashes = moved(owners, fresh) <= movesMax ? clashes(fresh, apart) : Infinity;
  if (freshClashes === 0) return fresh;
  const kept = untangle(owners, fill(owners, sorted, apart), { distance: apart, movesMax });
  return freshClashes < clashes(kept, apart) ? fresh : kept;
}

/** How many partitions change their owner. */
export function moved(before: readonly string[], after: readonly string[]): number {
  return after.filter((member, partition) => member !== before[partition]).length;
}

/** The fewest partitions that have to move until `members` own as many as each other, within one. */
export function fewestMoves(owners: readonly string[], members: readonly string[]): number {
  const counts = [...new Tally(owners, members).counts.values()].sort((a, b) => b - a);
  const fewest = Math.floor(owners.length / members.length);
  const larger = owners.length % members.length;
  return counts.reduce((sum, count, i) => sum + Math.max(0, (i < larger ? fewest + 1 : fewest) - count), 0);
}

/** Gives partitions of those that own too many, or are no longer members, to those that own too few; each time the one that fits best. */
function fill(owners: readonly string[], members: readonly string[], distance: number): string[] {
  const filled = [...owners];
  const tally = new Tally(owners, members);
  for (;;) {
    const takers = members.filter((member) => tally.wants(member));
    if (takers.length === 0) return filled;
    let best: { readonly partition: number; readonly taker: string; readonly cost: number } | undefined;
    filled.forEach((owner, partition) => {
      if (!tally.hasTooMany(owner)) return;
      const relieved = clashesAt(filled, partition, owner, distance);
      for (const taker of takers) {
        // who owns most gives first, who owns least takes first, but only among what fits as well
        const cost =
          clashesAt(filled, partition, taker, distance) - relieved + (tally.of(taker) - tally.of(owner)) / (4 * owners.length);
        if (best === undefined || cost < best.cost) best = { partition, taker, cost };
      }
    });
    invariant(best, "where one owns too little, another owns too much");
    tally.move(filled[best.partition] as string, best.taker);
    filled[best.partition] = best.taker;
  }
}

/** How many partitions each member owns on the way to a balanced ring, in which `larger` members own one more than the others. */
class Tally {
  readonly counts: Map<string, number>;
  readonly #fewest: number;
  readonly #larger: number;

  constructor(owners: readonly string[], members: readonly string[]) {
    this.counts = new Map(members.map((member) => [member, 0]));
    for (const owner of owners) if (this.counts.has(owner)) this.#add(owner, 1);
    this.#fewest = Math.floor(owners.length / members.length);
    this.#larger = owners.length % members.length;
  }

  /** All that somebody owns who is no member is too much. */
  of(owner: string): number {
    return this.counts.get(owner) ?? 2 * this.#fewest;
  }

  hasTooMany(owner: string): boolean {
    const count = this.counts.get(owner);
    if (count === undefined || count > this.#fewest + 1) return true;
    return count > this.#fewest && this.#rich() > this.#larger;
  }

  wants(member: string): boolean {
    const count = this.of(member);
    return count < this.#fewest || (count === this.#fewest && this.#rich() < this.#larger);
  }

  move(from: string, to: string): void {
    if (this.counts.has(from)) this.#add(from, -1);
    this.#add(to, 1);
  }

  #add(member: string, difference: number): void {
    this.counts.set(member, (this.counts.get(member) ?? 0) + difference);
  }

  #rich(): number {
    let rich = 0;
    for (const count of this.counts.values()) if (count > this.#fewest) rich++;
    return rich;
  }
}
