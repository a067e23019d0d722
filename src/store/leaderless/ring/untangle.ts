import { clashes, clashesAt } from "./spacing.js";

export interface UntangleOptions {
  /** Successive partitions that are to be on distinct members. */
  readonly distance: number;
  /** How many partitions may differ from `before`. */
  readonly movesMax: number;
}

/** Partitions that take each other's owner, or (`b` absent) one that gets another owner. */
interface Change {
  readonly a: number;
  readonly toA: string;
  readonly b?: number;
  readonly clashes: number;
  readonly moves: number;
}

/** Rounds without a better ring before the search ends. */
const patience = 100;
/** Rounds at most, and swaps looked at in each: a claim has to be done within some tenths of a second, also in a large ring. */
const roundsMax = 400;
const swapsMax = 2 ** 14;
/** For how many rounds a partition is left alone that was changed. */
const rest = 7;

/**
 * Looks for a ring with fewer clashes near this one: a tabu search (Glover 1986) over changes that leave it as balanced as it is. Each round makes the
 * best change of a partition that clashes, even one that is none for the better, and then lets that partition rest. The best ring met is the
 * result; among equals the one that moves the least.
 * @param before the owners whose data need not move.
 */
export function untangle(before: readonly string[], owners: readonly string[], options: UntangleOptions): string[] {
  const { distance, movesMax } = options;
  const now = [...owners];
  const counts = new Map<string, number>();
  for (const owner of now) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  const restsUntil = now.map(() => 0);
  let left = clashes(now, distance);
  let moves = now.filter((member, partition) => member !== before[partition]).length;
  let best = { ring: [...now], left, moves };
  for (let round = 1, since = 0; best.left > 0 && since < patience && round <= roundsMax; round++, since++) {
    const isFree = (partition: number): boolean => (restsUntil[partition] as number) < round;
    const change = bestChange({ before, now, counts, distance, movesLeft: movesMax - moves, isFree });
    if (change === undefined) break;
    const { a, b, toA } = change;
    const fromA = now[a] as string;
    now[a] = toA;
    restsUntil[a] = round + rest;
    if (b === undefined) {
      counts.set(fromA, (counts.get(fromA) ?? 0) - 1);
      counts.set(toA, (counts.get(toA) ?? 0) + 1);
    } else {
      now[b] = fromA;
      restsUntil[b] = round + rest;
    }
    left += change.clashes;
    moves += change.moves;
    if (left < best.left || (left === best.left && moves < best.moves)) {
      if (left < best.left) since = 0;
      best = { ring: [...now], left, moves };
    }
  }
  return best.ring;
}

interface Search {
  readonly before: readonly string[];
  readonly now: string[];
  /** How many partitions each owner has. */
  readonly counts: ReadonlyMap<string, number>;
  readonly distance: number;
  readonly movesLeft: number;
  readonly isFree: (partition: number) => boolean;
}

function bestChange({ before, now, counts, distance, movesLeft, isFree }: Search): Change | undefined {
  let best: Change | undefined;
  const consider = (change: Change): void => {
    if (change.moves > movesLeft) return;
    const isBetter =
      best === undefined || change.clashes < best.clashes || (change.clashes === best.clashes && change.moves < best.moves);
    if (isBetter) best = change;
  };
  const moves = (partition: number, to: string): number =>
    Number(before[partition] !== to) - Number(before[partition] !== now[partition]);
  let lookedAt = 0;
  for (const [a, ofA] of now.entries()) {
    const clashesA = clashesAt(now, a, ofA, distance);
    if (clashesA === 0 || !isFree(a)) continue;
    lookedAt += now.length;
    if (lookedAt > swapsMax) break;
    for (const [member, count] of counts) {
      if (count !== (counts.get(ofA) ?? 0) - 1) continue;
      consider({ a, toA: member, clashes: clashesAt(now, a, member, distance) - clashesA, moves: moves(a, member) });
    }
    now.forEach((ofB, b) => {
      if (ofB === ofA || !isFree(b)) return;
      const moved = moves(a, ofB) + moves(b, ofA);
      if (moved > movesLeft) return;
      const clashesBefore = clashesA + clashesAt(now, b, ofB, distance);
      now[a] = ofB;
      now[b] = ofA;
      const clashesAfter = clashesAt(now, a, ofB, distance) + clashesAt(now, b, ofA, distance);
      now[a] = ofA;
      now[b] = ofB;
      consider({ a, toA: ofB, b, clashes: clashesAfter - clashesBefore, moves: moved });
    });
  }
  return best;
}
