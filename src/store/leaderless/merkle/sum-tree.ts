import { fanOut, segmentCount, type HashTree } from "./hash-tree.js";
import { hashRange, mixed, segmentOf } from "./hash.js";

/**
 * A {@link HashTree} that is kept up as keys come and go, in the same short time for each: a node's hash is the sum, modulo {@link hashRange},
 * of what the keys below it add, so that no order matters and what was added can be taken away again.
 */
export class SumTree implements HashTree {
  readonly #segments = new Float64Array(segmentCount);
  readonly #branches = new Float64Array(segmentCount / fanOut);
  #root = 0;

  root(): number {
    return this.#root;
  }

  branch(index: number): number {
    return within(this.#branches, index);
  }

  segment(index: number): number {
    return within(this.#segments, index);
  }

  add(hashOfKey: number, hashOfObject: number): void {
    this.#change(segmentOf(hashOfKey), mixed(hashOfKey, hashOfObject));
  }

  /** Of what was added before. */
  subtract(hashOfKey: number, hashOfObject: number): void {
    this.#change(segmentOf(hashOfKey), hashRange - mixed(hashOfKey, hashOfObject));
  }

  #change(segment: number, by: number): void {
    const branch = Math.floor(segment / fanOut);
    this.#segments[segment] = ((this.#segments[segment] as number) + by) % hashRange;
    this.#branches[branch] = ((this.#branches[branch] as number) + by) % hashRange;
    this.#root = (this.#root + by) % hashRange;
  }
}

function within(hashes: Float64Array, index: number): number {
  const hash = hashes[index];
  if (hash === undefined) throw new RangeError(`the tree has no node ${index} there`);
  return hash;
}
