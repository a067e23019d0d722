import type { DurableQueue } from "./durable-queue.js";
import { objectBytesMax } from "./limits.js";
import { objectHash } from "./merkle/hash.js";
import type { ConflictRules } from "./objects/conflict.js";
import { merge } from "./objects/merge.js";
import { decodeObject, encodeObject } from "./objects/object-codec.js";
import { isDeleted, type StoredObject } from "./objects/stored-object.js";
import type { Place, Storage } from "./storage.js";
import type { ActorSource } from "./versions/actor.js";
import { MalformedBytes } from "./versions/binary.js";
import type { Epochs } from "./versions/epochs.js";

/** A copy as it is now, and the write that has to be durable for it to be. */
export interface Kept {
  readonly object: StoredObject;
  readonly bytes: Uint8Array;
  readonly writeNumber: number;
}

/** As whom this node writes: by epochs, or, as a mistake, by its name. */
export type Writers = Pick<Epochs, "of" | "arrived">;

/** Who has to know of this node's copies, and to be asked about them. */
export interface CopiesWatcher {
  /** A copy is another one now. */
  copyChanged(place: Place, key: string): void;
  /** A copy is a deletion now: somebody has to see to the end. */
  deleted(place: Place, key: string): void;
  /** Whether a deletion may be forgotten. */
  mayForget(place: Place): boolean;
}

export interface CopiesOptions {
  readonly storage: Storage;
  readonly writers: Writers;
  readonly durable: DurableQueue;
  /** Of the bucket that a key of the storage is of. */
  readonly rulesOf: (key: string) => ConflictRules;
  readonly watcher: CopiesWatcher;
}

/** What a client's write would make of an object. The message is a sentence for the client. */
export class ObjectTooLarge extends Error {
  override readonly name = "ObjectTooLarge";

  constructor(bytes: number) {
    super(`The object would have ${bytes} bytes with all its siblings: ${objectBytesMax} are taken at most.`);
  }
}

/**
 * The copies that this node keeps, of objects of its own partitions and of hints. A key may stand elsewhere than it is looked for: in a place
 * for another number of owners, since its bucket's `nVal` has changed, or in a hint for another owner. A write moves a copy of its own to the
 * place where it belongs now.
 */
export class Copies {
  readonly #storage: Storage;
  readonly #writers: Writers;
  readonly #durable: DurableQueue;
  readonly #watcher: CopiesWatcher;
  readonly #rulesOf: (key: string) => ConflictRules;
  /** By home partition: all places that have ever held a key since this node began. */
  readonly #places = new Map<number, Place[]>();
  /** All that this node has ever written is durable where this is. */
  #lastWrite = 0;
  #reads = 0;
  #writes = 0;

  constructor({ storage, writers, durable, rulesOf, watcher }: CopiesOptions) {
    this.#storage = storage;
    this.#writers = writers;
    this.#durable = durable;
    this.#rulesOf = rulesOf;
    this.#watcher = watcher;
    for (const place of storage.places()) this.#remember(place);
  }

  /** How many copies were asked for and changed so far, by this node and others. */
  get counted(): { readonly reads: number; readonly writes: number } {
    return { reads: this.#reads, writes: this.#writes };
  }

  /** All that this node holds now is on its disk once this write is. */
  get lastWrite(): number {
    return this.#lastWrite;
  }

  /** What this node can say of the key: a stand-in all that it has, an owner what it has as one, or else whatever there is. */
  bytes(place: Place, key: string): Uint8Array | undefined {
    this.#reads++;
    const bytes = this.#storage.get(place, key);
    const isOwners = bytes !== undefined && place.kind === "home";
    let found = bytes;
    for (const other of this.#others(place)) {
      // what it has as an owner stands in two places of its own only where a node was ended between two writes
      if (isOwners && other.kind === "hint") continue;
      const more = this.#storage.get(other, key);
      if (more !== undefined) found = found === undefined ? more : this.#merged(key, found, more);
    }
    return found;
  }

  /** Of what {@link bytes} gives; undefined: nothing. Where the place is the only one to hold the key, the disk is not asked. */
  hash(place: Place, key: string): number | undefined {
    if (place.kind === "home" && this.#others(place).length === 0) {
      this.#reads++;
      return this.#storage.hash(place, key);
    }
    const bytes = this.bytes(place, key);
    return bytes === undefined ? undefined : objectHash(bytes);
  }

  get(place: Place, key: string): StoredObject | undefined {
    const bytes = this.bytes(place, key);
    return bytes === undefined ? undefined : decoded(bytes);
  }

  /** Merges an object that came from elsewhere into the copy. Throws {@link MalformedBytes}, and what joining two values of a data type throws. */
  take(place: Place, key: string, bytes: Uint8Array, rules: ConflictRules): Kept {
    const incoming = decodeObject(bytes);
    const { local, before, outdated } = this.#find(place, key, rules);
    this.#writers.arrived(nameOf(place, key), local?.vector, incoming.vector);
    const object = local === undefined ? incoming : merge(local, incoming, rules);
    // most often one of the two has seen all of the other, and there is one way only in which an object stands in bytes
    const merged = object === incoming ? bytes : encodeObject(object);
    const kept = this.#keep(place, key, object, merged, before);
    this.#leave(outdated, key, kept);
    return kept;
  }

  /** Writes what `make` makes of the copy: the first to keep a client's write. Throws what `make` throws, and {@link ObjectTooLarge}. */
  change(place: Place, key: string, make: (local: StoredObject | undefined, actors: ActorSource) => StoredObject): Kept {
    const { local, before, outdated } = this.#find(place, key, this.#rulesOf(key));
    const object = make(local, this.#writers.of(nameOf(place, key)));
    const bytes = encodeObject(object);
    if (bytes.length > objectBytesMax) throw new ObjectTooLarge(bytes.length);
    const kept = this.#keep(place, key, object, bytes, before);
    this.#leave(outdated, key, kept);
    return kept;
  }

  /** Removes the copy if it still is what this hash is of, unless it is to be kept for now. */
  removeIf(place: Place, key: string, hash: number): void {
    if (this.#watcher.mayForget(place)) this.#removeIf(place, key, hash);
  }

  /** As {@link removeIf}, of a deletion, wherever this node keeps it for itself. */
  forget(place: Place, key: string, hash: number): void {
    this.removeIf(place, key, hash);
    if (place.kind === "hint") return;
    for (const other of this.#others(place)) if (other.kind === "home") this.removeIf(other, key, hash);
  }

  #removeIf(place: Place, key: string, hash: number): void {
    const bytes = this.#storage.get(place, key);
    if (bytes !== undefined && objectHash(bytes) === hash) this.#lastWrite = this.#storage.remove(place, key);
  }

  /** The copy of a place, and those of the same key that stand in places of this node's own which are not theirs any more. */
  #find(
    place: Place,
    key: string,
    rules: ConflictRules,
  ): { readonly local: StoredObject | undefined; readonly before: Uint8Array | undefined; readonly outdated: readonly Place[] } {
    const before = this.#storage.get(place, key);
    let local = before === undefined ? undefined : decoded(before);
    const outdated: Place[] = [];
    for (const other of this.#others(place)) {
      if (place.kind === "hint" || other.kind === "hint") continue;
      const more = this.#storage.get(other, key);
      const object = more === undefined ? undefined : decoded(more);
      if (object === undefined) continue;
      local = local === undefined ? object : merge(local, object, rules);
      outdated.push(other);
    }
    return { local, before, outdated };
  }

  #leave(outdated: readonly Place[], key: string, { writeNumber }: Kept): void {
    for (const place of outdated) {
      const bytes = this.#storage.get(place, key);
      if (bytes === undefined) continue;
      const hash = objectHash(bytes);
      this.#durable.after(writeNumber, () => this.#removeIf(place, key, hash));
    }
  }

  #merged(key: string, a: Uint8Array, b: Uint8Array): Uint8Array {
    const one = decoded(a);
    const other = decoded(b);
    if (one === undefined || other === undefined) return one === undefined ? b : a;
    return encodeObject(merge(one, other, this.#rulesOf(key)));
  }

  /** Other places of the same partition. */
  #others(place: Place): readonly Place[] {
    const all = this.#places.get(place.partition) ?? [];
    if (all.length === 0 || (all.length === 1 && isSame(all[0] as Place, place))) return noPlaces;
    return all.filter((other) => !isSame(other, place));
  }

  #remember(place: Place): void {
    const all = this.#places.get(place.partition);
    if (all === undefined) this.#places.set(place.partition, [place]);
    else if (!all.some((other) => isSame(other, place))) all.push(place);
  }

  #keep(place: Place, key: string, object: StoredObject, bytes: Uint8Array, before: Uint8Array | undefined): Kept {
    this.#writes++;
    // what is there already may be on its way to the disk still
    if (before === undefined || Buffer.compare(before, bytes) !== 0) {
      this.#lastWrite = this.#storage.put(place, key, bytes);
      this.#remember(place);
      this.#watcher.copyChanged(place, key);
    }
    if (isDeleted(object)) this.#watcher.deleted(place, key);
    return { object, bytes, writeNumber: this.#lastWrite };
  }
}

const noPlaces: readonly Place[] = [];

function isSame(a: Place, b: Place): boolean {
  if (a.partition !== b.partition || a.n !== b.n || a.kind !== b.kind) return false;
  return a.kind === "home" || b.kind === "home" || a.member === b.member;
}

/** Bytes that are no object are as good as lost, and other replicas bring the object back. */
function decoded(bytes: Uint8Array): StoredObject | undefined {
  try {
    return decodeObject(bytes);
  } catch (error) {
    if (error instanceof MalformedBytes) return undefined;
    throw error;
  }
}

function nameOf(place: Place, key: string): string {
  return place.kind === "home" ? `h${place.partition}/${key}` : `t${place.member}/${place.partition}/${key}`;
}
