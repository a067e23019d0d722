import { nValMax } from "./limits.js";
import type { HashTree } from "./merkle/hash-tree.js";

/**
 * Where a copy of a key stands on a node. `home`: the node is one of the owners of this home partition (the first of the key's
 * preference list). `hint`: it keeps the copy for the owner `member`, who could not be reached (Dynamo §4.6). `n`: how many owners keys of the
 * place have (their bucket's `nVal`); two nodes that both own a place have to have the same of it.
 */
export type Place =
  | { readonly kind: "home"; readonly partition: number; readonly n: number }
  | { readonly kind: "hint"; readonly partition: number; readonly n: number; readonly member: string };

export type HomePlace = Extract<Place, { readonly kind: "home" }>;
export type HintPlace = Extract<Place, { readonly kind: "hint" }>;

export function isHome(place: Place): place is HomePlace {
  return place.kind === "home";
}

/** No other place of a node has the same. */
export function placeName(place: Place): string {
  const home = `${place.partition}/${place.n}`;
  return isHome(place) ? home : `${home}/${place.member}`;
}

/** As {@link placeName}, of a home: what is looked up for every request is found sooner by a number than by a text. */
export function homeNumber(partition: number, n: number): number {
  return partition * (nValMax + 1) + n;
}

/** The node's disk as the machine needs it. Reads see every write at once; a write is safe once its number was told to be durable. */
export interface Storage {
  /**
   * The object's bytes. Where the disk holds something else than what was put there, the copy is lost: the storage tells its owner, and this
   * and every later read, the count and the tree say that there is none. Others have copies, and repair brings one back.
   */
  get(place: Place, key: string): Uint8Array | undefined;
  /** Of the object's bytes as they were put there; undefined: there are none. It is known without reading them. */
  hash(place: Place, key: string): number | undefined;
  /** Takes the place of what was there. Returns the number of the write; numbers grow by one. */
  put(place: Place, key: string, bytes: Uint8Array): number;
  /** As if it had never been there. */
  remove(place: Place, key: string): number;
  /** Those that hold a key at least. */
  places(): readonly Place[];
  count(place: Place): number;
  /** Of all keys of the place and what they hold, as it is now. */
  tree(place: Place): HashTree;
  /** Keys of one segment of the tree, each with the hash of its object. */
  entries(place: Place, segment: number): Iterable<readonly [key: string, objectHash: number]>;
  /** What the node has to remember besides objects: small, by name. */
  getMeta(name: string): Uint8Array | undefined;
  putMeta(name: string, bytes: Uint8Array): number;
}
