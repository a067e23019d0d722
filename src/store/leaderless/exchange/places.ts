import type { Transition } from "../ring/transfers.js";
import { placeName, type HomePlace } from "../storage.js";

/** A place of this node, and another owner of it: their copies have to be equal. */
export interface Pair {
  readonly place: HomePlace;
  readonly member: string;
}

/** Known by the ring, not by what is there: a node whose disk was wiped has all its places, and nothing in any of them. */
export interface Owned {
  readonly pairs: readonly Pair[];
  /** How many owners come before this node in the preference list, by {@link placeName}. */
  readonly turns: ReadonlyMap<string, number>;
}

/** Every place that this node is an owner of, with every other owner. `nVals`: how many owners keys have anywhere. */
export function ownedPlaces(self: string, ringSize: number, transition: Transition, nVals: readonly number[]): Owned {
  const pairs: Pair[] = [];
  const turns = new Map<string, number>();
  for (let partition = 0; partition < ringSize; partition++) {
    for (const n of nVals) {
      const members = transition.replicas(partition, n).owners.map(({ member }) => member);
      const turn = members.indexOf(self);
      if (turn < 0) continue;
      const place: HomePlace = { kind: "home", partition, n };
      turns.set(placeName(place), turn);
      for (const member of members) if (member !== self) pairs.push({ place, member });
    }
  }
  return { pairs, turns };
}
