import type { ConflictRules } from "./objects/conflict.js";
import { merge } from "./objects/merge.js";
import { decodeObject, encodeObject } from "./objects/object-codec.js";
import { isDeleted, type StoredObject } from "./objects/stored-object.js";
import { objectHash } from "./merkle/hash.js";
import type { Place, Storage } from "./storage.js";
import type { ActorSource } from "./versions/actor.js";
import type { Epochs } from "./versions/epochs.js";

/** A copy as it is now, and the write that has to be durable for it to be. */
export interface Kept {
  readonly object: StoredObject;
  readonly bytes: Uint8Array;
  readonly writeNumber: number;
}

/** Who has to know of this node's copies, and to be asked about them. */
export interface CopiesWatcher {
  /** A copy is another one now. */
  copyChanged(place: Place, key: string): void;
  /** A copy is a deletion now: somebody has to see to the end. */
  deleted(place: Place, key: string): void;
  /** Whether a deletion may be forgotten. */
  mayForget(place: Place): boolean;
}

/** As whom this node writes: by epochs, or, as a mistake, by its name. */
export type Writers = Pick<Epochs, "of" | "arrived">;

/** The copies that this node keeps, of objects of its own partitions and of hints. */
export class Copies {
  readonly #storage: Storage;
  readonly #writers: Writers;
  readonly #watcher: CopiesWatcher;
  /** All that this node has ever written is durable where this is. */
  #lastWrite = 0;
  #reads = 0;
  #writes = 0;

  constructor(storage: Storage, writers: Writers, watcher: CopiesWatcher) {
    this.#storage = storage;
    this.#writers = writers;
    this.#watcher = watcher;
  }

  /** How many copies were asked for and changed so far, by this node and others. */
  get counted(): { readonly reads: number; readonly writes: number } {
    return { reads: this.#reads, writes: this.#writes };
  }

  bytes(place: Place, key: string): Uint8Array | undefined {
    this.#reads++;
    return this.#storage.get(place, key);
  }

  get(place: Place, key: string): StoredObject | undefined {
    const bytes = this.#storage.get(place, key);
    return bytes === undefined ? undefined : decodeObject(bytes);
  }

  /** Merges what came from elsewhere into the copy. */
  take(place: Place, key: string, incoming: StoredObject, rules: ConflictRules): Kept {
    const bytes = this.#storage.get(place, key);
    const local = bytes === undefined ? undefined : decodeObject(bytes);
    this.#writers.arrived(nameOf(place, key), local?.vector, incoming.vector);
    return this.#keep(place, key, local === undefined ? incoming : merge(local, incoming, rules), bytes);
  }

  /** Writes what `make` makes of the copy: the first to keep a client's write. Throws what `make` throws. */
  change(place: Place, key: string, make: (local: StoredObject | undefined, actors: ActorSource) => StoredObject): Kept {
    const bytes = this.#storage.get(place, key);
    const local = bytes === undefined ? undefined : decodeObject(bytes);
    return this.#keep(place, key, make(local, this.#writers.of(nameOf(place, key))), bytes);
  }

  /** Removes the copy if it still is what this hash is of, unless it is to be kept for now. */
  removeIf(place: Place, key: string, hash: number): void {
    if (!this.#watcher.mayForget(place)) return;
    const bytes = this.#storage.get(place, key);
    if (bytes !== undefined && objectHash(bytes) === hash) this.#lastWrite = this.#storage.remove(place, key);
  }

  #keep(place: Place, key: string, object: StoredObject, before: Uint8Array | undefined): Kept {
    this.#writes++;
    const bytes = encodeObject(object);
    // what is there already may be on its way to the disk still
    if (before === undefined || Buffer.compare(before, bytes) !== 0) {
      this.#lastWrite = this.#storage.put(place, key, bytes);
      this.#watcher.copyChanged(place, key);
    }
    if (isDeleted(object)) this.#watcher.deleted(place, key);
    return { object, bytes, writeNumber: this.#lastWrite };
  }
}

function nameOf(place: Place, key: string): string {
  return place.kind === "home" ? `h${place.partition}/${key}` : `t${place.member}/${place.partition}/${key}`;
}
