import type { PlaceCopies, RingCopies } from "../../../core/ring-contract.js";
import type { Transition } from "../ring/transfers.js";
import type { HomePlace, Storage } from "../storage.js";
import { hintsOf } from "./ring-view.js";

/** Of the node that tells. */
export interface Holder {
  readonly node: string;
  readonly storage: Pick<Storage, "count" | "tree">;
  readonly transition: Transition;
  /** Q. */
  readonly partitions: number;
  /** Every N that keys may have, those on its disk among them. */
  readonly nVals: readonly number[];
  readonly hints: ReadonlyMap<string, number>;
}

/** What a node holds, told by the roots of the trees that anti-entropy compares, so that no key is looked at. */
export function heldCopies(holder: Holder): RingCopies {
  const { node, storage, transition, partitions, nVals, hints } = holder;
  const ownersOf = ({ partition, n }: HomePlace): string[] =>
    transition.replicas(partition, n).owners.map(({ member }) => member);
  const all = Array.from({ length: partitions }, (_, partition) =>
    nVals.map((n): HomePlace => ({ kind: "home", partition, n })),
  ).flat();
  const places = all.flatMap((place): PlaceCopies[] => {
    const [owners, keys] = [ownersOf(place), storage.count(place)];
    if (keys === 0 && !owners.includes(node)) return [];
    const root = storage.tree(place).root().toString(16).padStart(12, "0");
    return [{ partition: place.partition, n: place.n, owners, keys, root }];
  });
  return { node, places, hints: hintsOf(hints) };
}
