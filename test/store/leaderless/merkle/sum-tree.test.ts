// Shows that the hashes tell apart what differs, and that a tree which is kept up equals one of the same keys in any other order.
import fc from "fast-check";
import { expect, it } from "vitest";
import { fanOut, segmentCount, type HashTree } from "../../../../src/store/leaderless/merkle/hash-tree.js";
import { hashRange, keyHash, mixed, objectHash, segmentOf } from "../../../../src/store/leaderless/merkle/hash.js";
import { SumTree } from "../../../../src/store/leaderless/merkle/sum-tree.js";

const shape = (tree: HashTree): number[] => [
  tree.root(),
  ...Array.from({ length: segmentCount / fanOut }, (_, index) => tree.branch(index)),
  ...Array.from({ length: segmentCount }, (_, index) => tree.segment(index)),
];

it("hashes are whole numbers within their range, and those of equal bytes are equal wherever these stand", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(7), fc.string({ unit: "binary-ascii" }), (bytes, shift, key) => {
      const moved = new Uint8Array(shift + bytes.length);
      moved.set(bytes, shift);
      const hash = objectHash(bytes);
      expect(objectHash(moved.subarray(shift))).toBe(hash);
      for (const each of [hash, mixed(keyHash(key), hash)]) {
        expect(Number.isInteger(each) && each >= 0 && each < hashRange).toBe(true);
      }
      expect(segmentOf(keyHash(key))).toBeLessThan(segmentCount);
    }),
  );
});

it("one bit, one byte more or a pair of bytes swapped make another hash", () => {
  const hashes = new Set<number>();
  let count = 0;
  const hashed = (bytes: Uint8Array): void => {
    hashes.add(objectHash(bytes));
    count++;
  };
  for (let length = 0; length < 300; length++) hashed(new Uint8Array(length));
  const long = new Uint8Array(1024).map((_, at) => at * 7);
  for (let bit = 0; bit < long.length * 8; bit++) {
    const other = Uint8Array.from(long);
    other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
    hashed(other);
  }
  for (let number = 0; number < 50_000; number++) hashed(Buffer.from(String(number)));
  expect(hashes.size).toBe(count);
});

it("keys spread over the segments evenly", () => {
  const counts = Array.from({ length: segmentCount }, () => 0);
  for (let number = 0; number < 100 * segmentCount; number++) {
    const segment = segmentOf(keyHash(`bucket/key-${number}`));
    counts[segment] = (counts[segment] as number) + 1;
  }
  // 100 each on average, with a standard deviation of 10
  expect(Math.min(...counts)).toBeGreaterThan(50);
  expect(Math.max(...counts)).toBeLessThan(150);
});

it("adds and subtracts in whatever order come to the tree of what is left", () => {
  const pair = fc.record({ key: fc.string(), object: fc.nat(hashRange - 1) });
  fc.assert(
    fc.property(fc.array(pair), fc.array(pair), (stay, go) => {
      const changed = new SumTree();
      for (const { key, object } of go) changed.add(keyHash(key), object);
      for (const { key, object } of stay) changed.add(keyHash(key), object);
      for (const { key, object } of go.toReversed()) changed.subtract(keyHash(key), object);
      const fresh = new SumTree();
      for (const { key, object } of stay.toReversed()) fresh.add(keyHash(key), object);
      expect(shape(changed)).toEqual(shape(fresh));
      expect(changed.root() === 0).toBe(stay.length === 0);
    }),
    { numRuns: 30 },
  );
});

it("what differs shows in the root, in one branch and in one segment", () => {
  const tree = new SumTree();
  const before = shape(tree);
  tree.add(keyHash("k"), objectHash(Buffer.from("v")));
  expect(shape(tree).filter((hash, at) => hash !== before[at])).toHaveLength(3);
});

it("a node that is not there is an error", () => {
  expect(() => new SumTree().segment(segmentCount)).toThrow(RangeError);
});
