import { SortedKeys } from "../../sorted-keys.js";
import { decodeObject } from "../objects/object-codec.js";
import { isDeleted, type StoredObject } from "../objects/stored-object.js";
import { bucketPrefix, objectName } from "../storage-key.js";
import { after, indexPrefix, isIntegerIndex, normalInteger, orderedTerm, prefixEnd } from "./order.js";

const none: readonly string[] = [];

/** What is asked of a sorted set: texts from `from` on and before `to` (undefined: to the last). */
export interface Range {
  /** `keys`: storage keys of what is not deleted. `buckets`: the beginnings that these have, each once. `entries`: of indexes, see order.ts. */
  readonly kind: "keys" | "buckets" | "entries";
  readonly from: string;
  readonly to: string | undefined;
}

/**
 * The keys of one place in order, without deletions, and the entries of its indexes. It is made from what the place holds once somebody asks for it, kept
 * up with each write, and forgotten when nobody has asked for long: nodes that nobody asks to list anything pay nothing for it.
 */
export class PlaceIndex {
  readonly #keys = new SortedKeys();
  readonly #entries = new SortedKeys();
  /** Of keys that have entries. */
  readonly #entriesOf = new Map<string, readonly string[]>();

  /** What the place has of this key now; undefined: nothing. Bytes that are no object count as nothing. */
  set(key: string, bytes: Uint8Array | undefined): void {
    const object = bytes === undefined ? undefined : objectIn(bytes);
    const isLive = object !== undefined && !isDeleted(object);
    if (isLive !== this.#has(key)) {
      if (isLive) this.#keys.add(key);
      else this.#keys.delete(key);
    }
    this.#setEntries(key, isLive ? entriesOf(key, object) : none);
  }

  /** Ascending, each once. */
  *range({ kind, from, to }: Range): Generator<string, void, undefined> {
    if (kind === "entries") yield* this.#entries.between(from, to);
    else if (kind === "keys") yield* this.#keys.between(from, to);
    else yield* this.#buckets(from, to);
  }

  *#buckets(from: string, to: string | undefined): Generator<string, void, undefined> {
    for (let next: string | undefined = from; next !== undefined;) {
      const [first] = this.#keys.between(next, to);
      if (first === undefined) return;
      const bucket = bucketPrefix(objectName(first));
      // a bucket that begins before the range was told of already
      if (bucket >= from) yield bucket;
      next = prefixEnd(bucket);
    }
  }

  #has(key: string): boolean {
    const [first] = this.#keys.between(key, after(key));
    return first === key;
  }

  #setEntries(key: string, entries: readonly string[]): void {
    const before = this.#entriesOf.get(key) ?? none;
    for (const entry of before) if (!entries.includes(entry)) this.#entries.delete(entry);
    for (const entry of entries) if (!before.includes(entry)) this.#entries.add(entry);
    if (entries.length > 0) this.#entriesOf.set(key, entries);
    else if (before.length > 0) this.#entriesOf.delete(key);
  }
}

function objectIn(bytes: Uint8Array): StoredObject | undefined {
  try {
    return decodeObject(bytes);
  } catch {
    return undefined;
  }
}

/** Of all its values, as a client may take any of them for the object. */
function entriesOf(storageKey: string, { siblings }: StoredObject): readonly string[] {
  if (siblings.every(({ indexes }) => indexes.length === 0)) return none;
  const name = objectName(storageKey);
  const entries = siblings.flatMap(({ indexes }) =>
    indexes.flatMap(([index, term]) => {
      const normal = isIntegerIndex(index) ? normalInteger(term) : term;
      return normal === undefined ? [] : [indexPrefix(name, index) + orderedTerm(index, normal) + name.key];
    }),
  );
  return [...new Set(entries)];
}
