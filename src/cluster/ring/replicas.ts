import type { PlaceCopies, RingCopies } from "../../core/ring-contract.js";

/** What one node of the ring says of the copies that it has. */
export interface AskedCopies {
  readonly node: string;
  /** Of its container. */
  readonly state: string;
  /** Null where it did not answer. */
  readonly copies: RingCopies | null;
}

/** Whether all owners of all keys hold the same. */
export interface Replicas {
  readonly cluster: string;
  /** `different`: somewhere they do not, or copies wait for their owners. `unknown`: they do as far as can be told, for an owner does not answer. */
  readonly verdict: "equal" | "different" | "unknown";
  /** Those that were compared: partitions, one for each number of owners that keys have. */
  readonly places: number;
  /** Those of the owner with most, of all places together. Deletions that are not forgotten yet are among them. */
  readonly keys: number;
  readonly different: readonly DifferentPlace[];
  /** Keys that wait for owners: hints, by whose they are; and copies of those who own them no more (`owner` null). */
  readonly waiting: readonly WaitingCopies[];
  /** Owners that do not answer, and how their containers are. */
  readonly silent: readonly { readonly node: string; readonly state: string }[];
}

/** A place of which its owners do not hold the same. */
export interface DifferentPlace {
  readonly partition: number;
  readonly n: number;
  /** Of the owners that answer. */
  readonly copies: readonly { readonly node: string; readonly keys: number; readonly root: string }[];
}

export interface WaitingCopies {
  readonly keptBy: string;
  readonly owner: string | null;
  readonly keys: number;
}

/** Puts together what nodes say. Who thinks of itself as an owner is compared with those whom it thinks of as the others. */
export function compareReplicas(cluster: string, asked: readonly AskedCopies[]): Replicas {
  const answers = asked.flatMap(({ copies }) => (copies === null ? [] : [copies]));
  const places = placesOf(answers);
  const different = places.filter(({ copies }) => new Set(copies.map(({ root }) => root)).size > 1);
  const owners = new Set(places.flatMap((place) => place.owners));
  const silent = asked
    .filter(({ node, copies }) => copies === null && owners.has(node))
    .map(({ node, state }) => ({ node, state }));
  const waiting = answers.flatMap(waitingAt);
  const isEqual = different.length === 0 && waiting.length === 0;
  return {
    cluster,
    verdict: !isEqual ? "different" : silent.length > 0 || answers.length === 0 ? "unknown" : "equal",
    places: places.length,
    keys: places.reduce((keys, { copies }) => keys + Math.max(0, ...copies.map((copy) => copy.keys)), 0),
    different: different.map(({ partition, n, copies }) => ({ partition, n, copies })),
    waiting,
    silent,
  };
}

interface ComparedPlace extends DifferentPlace {
  readonly owners: readonly string[];
}

/** Of a tree without keys. */
const emptyRoot = "0".repeat(12);

function placesOf(answers: readonly RingCopies[]): readonly ComparedPlace[] {
  const held = new Map<string, { readonly place: PlaceCopies; readonly by: Map<string, PlaceCopies> }>();
  for (const { node, places } of answers) {
    for (const place of places) {
      const name = `${place.partition}/${place.n}`;
      const known = held.get(name) ?? { place, by: new Map<string, PlaceCopies>() };
      held.set(name, known);
      known.by.set(node, place);
    }
  }
  return [...held.values()]
    .map(({ place: { partition, n }, by }) => {
      const owners = [...new Set([...by.values()].flatMap((each) => each.owners))];
      const copies = answers
        .filter(({ node }) => owners.includes(node))
        .map(({ node }) => ({ node, keys: by.get(node)?.keys ?? 0, root: by.get(node)?.root ?? emptyRoot }));
      return { partition, n, owners, copies };
    })
    .sort((a, b) => a.partition - b.partition || a.n - b.n);
}

function waitingAt({ node, hints, places }: RingCopies): readonly WaitingCopies[] {
  const strays = places.filter(({ owners }) => !owners.includes(node)).reduce((keys, place) => keys + place.keys, 0);
  return [
    ...hints.map(({ owner, keys }) => ({ keptBy: node, owner, keys })),
    ...(strays === 0 ? [] : [{ keptBy: node, owner: null, keys: strays }]),
  ];
}
