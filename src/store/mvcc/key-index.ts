import { SortedKeys } from "../sorted-keys.js";
import type { Key, Revision, Version } from "./key-value.js";

/** The versions of one key, ascending by (modRevision, sub); never empty. */
type KeyHistory = Version[];

/** Every key that has a history, with it. A deleted key stays until compaction takes its tombstone. */
export class KeyIndex {
  // A key is in both or in neither. The map answers for one key (most traffic), the order is for ranges.
  readonly #histories = new Map<Key, KeyHistory>();
  readonly #order = new SortedKeys();

  /** Puts a version at the end of its key's history. */
  append(version: Version): void {
    const history = this.#histories.get(version.key);
    if (history !== undefined) {
      history.push(version);
      return;
    }
    this.#histories.set(version.key, [version]);
    this.#order.add(version.key);
  }

  /** What stood under `key` at `revision`: the last write of its whole transaction. */
  get(key: Key, revision: Revision): Version | undefined {
    const history = this.#histories.get(key);
    return history && standingAt(history, revision);
  }

  /** Hands out what stood in the range at `revision`, in the order of keys. The visitor must not write. */
  forEach(key: Key, rangeEnd: Key, revision: Revision, visit: (version: Version) => void): void {
    if (rangeEnd === "") {
      const version = this.get(key, revision);
      if (version !== undefined) visit(version);
      return;
    }
    for (const each of this.#order.between(key, rangeEnd === "\0" ? undefined : rangeEnd)) {
      const version = this.get(each, revision);
      if (version !== undefined) visit(version);
    }
  }

  /** As {@link forEach}, as a list: for who writes while walking. */
  list(key: Key, rangeEnd: Key, revision: Revision): Version[] {
    if (rangeEnd === "") {
      const version = this.get(key, revision);
      return version === undefined ? [] : [version];
    }
    const found: Version[] = [];
    this.forEach(key, rangeEnd, revision, (version) => found.push(version));
    return found;
  }

  /** How many keys stood in the range at `revision`; looks no further once there are `max`. */
  count(key: Key, rangeEnd: Key, revision: Revision, max: number): number {
    let count = 0;
    for (const each of this.#order.between(key, rangeEnd === "\0" ? undefined : rangeEnd)) {
      if (this.get(each, revision) !== undefined && ++count >= max) break;
    }
    return count;
  }

  /**
   * What a compaction to `compactRevision` lets survive of all writes up to `revision`, by key, then by revision. It may be read a little at
   * a time while later writes go on, as long as nobody calls {@link trim}: histories only grow at their ends, and keys that are new
   * meanwhile have nothing to tell of `revision`.
   */
  *survivors(revision: Revision, compactRevision: Revision): Generator<Version, void, undefined> {
    for (const key of this.#keys()) {
      const history = this.#histories.get(key) as KeyHistory;
      for (let at = firstSurvivor(history, compactRevision); at < history.length; at++) {
        const version = history[at] as Version;
        if (version.modRevision > revision) break;
        yield version;
      }
    }
  }

  /** Removes from a key's history what does not survive a compaction to `compactRevision`, and returns it. */
  trim(key: Key, compactRevision: Revision): readonly Version[] {
    const history = this.#histories.get(key);
    if (history === undefined) return [];
    const removed = history.splice(0, firstSurvivor(history, compactRevision));
    if (history.length === 0) {
      this.#histories.delete(key);
      this.#order.delete(key);
    }
    return removed;
  }

  /** All keys in order, fetched some at a time, because a walk through the order does not outlive a change of it. */
  *#keys(): Generator<Key, void, undefined> {
    let from: Key | undefined = "";
    while (from !== undefined) {
      const batch: Key[] = [];
      for (const key of this.#order.between(from, undefined)) if (batch.push(key) === batchKeys) break;
      yield* batch;
      const last: Key | undefined = batch.at(-1);
      from = last === undefined ? undefined : `${last}\0`;
    }
  }
}

const batchKeys = 256;

function standingAt(history: KeyHistory, revision: Revision): Version | undefined {
  let version = history[history.length - 1] as Version;
  if (version.modRevision > revision) {
    const before = history[countBelow(history, revision + 1) - 1];
    if (before === undefined) return undefined;
    version = before;
  }
  return version.deleted ? undefined : version;
}

/**
 * Position of the first version that survives a compaction to `compactRevision`. Whatever that revision and later ones wrote does, and so
 * does what stood under the key just before, unless the very revision overwrote it. (etcd 3.4 takes the tombstones of the revision itself
 * as well, and thereby from watches that begin there.)
 */
function firstSurvivor(history: KeyHistory, compactRevision: Revision): number {
  const kept = countBelow(history, compactRevision);
  const before = history[kept - 1];
  const isNeeded = before !== undefined && !before.deleted && history[kept]?.modRevision !== compactRevision;
  return isNeeded ? kept - 1 : kept;
}

/** How many versions are older than `revision`. */
function countBelow(history: KeyHistory, revision: Revision): number {
  let low = 0;
  let high = history.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((history[middle] as Version).modRevision < revision) low = middle + 1;
    else high = middle;
  }
  return low;
}
