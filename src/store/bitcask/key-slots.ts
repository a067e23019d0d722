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

/** One page: the keys, and eight words of 32 bits for each. */
interface Page {
  readonly keys: string[];
  readonly words: Uint32Array;
}

const words = 8;
const pageSlots = 4096;
/** After the five words and a half of a location. */
const hashWord = 6;
const nextWord = 7;

/**
 * Keys, their locations and how they are chained, by slot: 32 bytes each besides the key. A directory of millions of keys would be three times
 * as large with an object for each, and the garbage collector would have to walk it. Pages never move, so growth makes no pause.
 */
export class KeySlots {
  readonly #pages: Page[] = [];
  #used = 0;
  /** First of the slots that were given back, each of which is chained to the next one; 0 = none. Numbers are slots + 1. */
  #free = 0;

  /** Returns the slot that holds it from now on. */
  add(key: string, hash: number, location: Location): number {
    let slot = this.#free - 1;
    if (slot < 0) {
      slot = this.#used++;
      if (slot % pageSlots === 0) this.#pages.push(newPage());
    } else {
      this.#free = this.next(slot);
    }
    const page = this.#page(slot);
    page.keys[slot % pageSlots] = key;
    page.words[(slot % pageSlots) * words + hashWord] = hash;
    this.set(slot, location, location.firstFile);
    return slot;
  }

  /** The slot is free for another. */
  remove(slot: number): void {
    this.#page(slot).keys[slot % pageSlots] = "";
    this.chain(slot, this.#free);
    this.#free = slot + 1;
  }

  key(slot: number): string {
    return this.#page(slot).keys[slot % pageSlots] as string;
  }

  /** Of the key. */
  hash(slot: number): number {
    return this.#word(slot, hashWord);
  }

  /** The number of the next slot of the chain; 0 = none. */
  next(slot: number): number {
    return this.#word(slot, nextWord);
  }

  chain(slot: number, next: number): void {
    this.#page(slot).words[(slot % pageSlots) * words + nextWord] = next;
  }

  set(slot: number, { file, offset, length, objectHash }: Location, firstFile: number): void {
    const page = this.#page(slot).words;
    const at = (slot % pageSlots) * words;
    page[at] = file;
    page[at + 1] = offset;
    page[at + 2] = length;
    page[at + 3] = objectHash;
    page[at + 4] = objectHash / 2 ** 32;
    page[at + 5] = firstFile;
  }

  get(slot: number): Location {
    const page = this.#page(slot).words;
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
    return this.#word(slot, 4) * 2 ** 32 + this.#word(slot, 3);
  }

  #word(slot: number, word: number): number {
    return this.#page(slot).words[(slot % pageSlots) * words + word] as number;
  }

  #page(slot: number): Page {
    return this.#pages[Math.floor(slot / pageSlots)] as Page;
  }
}

function newPage(): Page {
  return { keys: Array.from({ length: pageSlots }, () => ""), words: new Uint32Array(pageSlots * words) };
}
