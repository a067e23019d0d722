/** Where a key's newest record is, and what the tree has to know of the object in it. */
export interface Location {
  /** Number of the data file. */
  readonly file: number;
  readonly offset: number;
  /** Of the whole record, in bytes. */
  readonly length: number;
  readonly objectHash: number;
  /** No older file can hold a record of the key. */
  readonly firstFile: number;
}

const words = 6;
const pageSlots = 4096;

/**
 * Locations by slot, 24 bytes each. A directory of millions of keys would be three times as large with an object for each, and the garbage
 * collector would have to walk it. Pages never move, so growth makes no pause.
 */
export class Locations {
  readonly #pages: Uint32Array[] = [];
  #used = 0;
  /** First of the slots that were given back, each of which holds the number of the next one; 0 = none. Numbers are slots + 1. */
  #free = 0;

  /** Returns the slot that holds it from now on. */
  add(location: Location): number {
    let slot = this.#free - 1;
    if (slot < 0) {
      slot = this.#used++;
      if (slot % pageSlots === 0) this.#pages.push(new Uint32Array(pageSlots * words));
    } else {
      this.#free = this.#page(slot)[(slot % pageSlots) * words] as number;
    }
    this.set(slot, location);
    return slot;
  }

  set(slot: number, { file, offset, length, objectHash, firstFile }: Location): void {
    const page = this.#page(slot);
    const at = (slot % pageSlots) * words;
    page[at] = file;
    page[at + 1] = offset;
    page[at + 2] = length;
    page[at + 3] = objectHash;
    page[at + 4] = objectHash / 2 ** 32;
    page[at + 5] = firstFile;
  }

  get(slot: number): Location {
    const page = this.#page(slot);
    const at = (slot % pageSlots) * words;
    return {
      file: page[at] as number,
      offset: page[at + 1] as number,
      length: page[at + 2] as number,
      objectHash: (page[at + 4] as number) * 2 ** 32 + (page[at + 3] as number),
      firstFile: page[at + 5] as number,
    };
  }

  objectHash(slot: number): number {
    const page = this.#page(slot);
    const at = (slot % pageSlots) * words;
    return (page[at + 4] as number) * 2 ** 32 + (page[at + 3] as number);
  }

  /** The slot is free for another. */
  remove(slot: number): void {
    this.#page(slot)[(slot % pageSlots) * words] = this.#free;
    this.#free = slot + 1;
  }

  #page(slot: number): Uint32Array {
    return this.#pages[Math.floor(slot / pageSlots)] as Uint32Array;
  }
}
