import { segmentCount } from "../leaderless/merkle/hash-tree.js";
import type { KeySlots, Location } from "./key-slots.js";

/**
 * The keys of one place: a hash table that grows by one bucket with each key (linear hashing, Litwin 1980), so that small ones are small and none
 * makes a pause. Buckets go by the last bits of hashes, as the segments of the tree do: a segment is every 1024th bucket, or in
 * a small table a part of one.
 */
export class KeyTable {
  readonly #slots: KeySlots;
  /** By bucket: the number (slot + 1) of the first slot of its chain; 0 = none. */
  #heads = new Uint32Array(4);
  #buckets = 1;
  /** Bits of a hash that tell its bucket; where that is not there yet, all but the first of them do. */
  #mask = 1;
  #count = 0;

  constructor(slots: KeySlots) {
    this.#slots = slots;
  }

  get count(): number {
    return this.#count;
  }

  /** The key's slot; -1 = it is not here. */
  find(key: string, hash: number): number {
    const slots = this.#slots;
    for (let number = this.#heads[this.#bucketOf(hash)] as number; number !== 0; number = slots.next(number - 1)) {
      if (slots.hash(number - 1) === hash && slots.key(number - 1) === key) return number - 1;
    }
    return -1;
  }

  /** Of a key that is not here. */
  add(key: string, hash: number, location: Location): void {
    if (this.#count++ >= this.#buckets) this.#split();
    this.#link(this.#slots.add(key, hash, location), this.#bucketOf(hash));
  }

  /** Of a key that is here, in this slot. */
  remove(slot: number): void {
    const slots = this.#slots;
    const bucket = this.#bucketOf(slots.hash(slot));
    const next = slots.next(slot);
    let before = this.#heads[bucket] as number;
    if (before === slot + 1) this.#heads[bucket] = next;
    else {
      while (slots.next(before - 1) !== slot + 1) before = slots.next(before - 1);
      slots.chain(before - 1, next);
    }
    slots.remove(slot);
    this.#count--;
  }

  /** Slots of the keys of a segment, as they are now. */
  segment(segment: number): readonly number[] {
    const slots = this.#slots;
    const found: number[] = [];
    for (let bucket = this.#bucketOf(segment); bucket < this.#buckets; bucket += segmentCount) {
      for (let number = this.#heads[bucket] as number; number !== 0; number = slots.next(number - 1)) {
        if (slots.hash(number - 1) % segmentCount === segment) found.push(number - 1);
      }
    }
    return found;
  }

  #bucketOf(hash: number): number {
    const bucket = (hash & this.#mask) >>> 0;
    return bucket < this.#buckets ? bucket : bucket & (this.#mask >>> 1);
  }

  #link(slot: number, bucket: number): void {
    this.#slots.chain(slot, this.#heads[bucket] as number);
    this.#heads[bucket] = slot + 1;
  }

  /** Adds a bucket, which takes its part of the chain of another. */
  #split(): void {
    const bucket = this.#buckets++;
    if (bucket > this.#mask) this.#mask = 2 * this.#mask + 1;
    if (bucket === this.#heads.length) {
      const larger = new Uint32Array(2 * bucket);
      larger.set(this.#heads);
      this.#heads = larger;
    }
    const from = bucket & (this.#mask >>> 1);
    let number = this.#heads[from] as number;
    this.#heads[from] = 0;
    while (number !== 0) {
      const slot = number - 1;
      number = this.#slots.next(slot);
      this.#link(slot, this.#bucketOf(this.#slots.hash(slot)));
    }
  }
}
