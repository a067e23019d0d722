// A key's hash is node:crypto's SHA-1 of the bytes Erlang would make of it, and its home partition the one that Riak's arithmetic names.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { homePartition, partitionIndex, ringSizes } from "../../../../src/store/leaderless/ring/place.js";
import { sha1Hex } from "../../../../src/store/leaderless/ring/sha1.js";

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array).toString("latin1"));
const ofCrypto = (text: Buffer) => createHash("sha1").update(text).digest("hex");

test("SHA-1 of every length around one, two and three blocks", () => {
  for (let length = 0; length <= 200; length++) {
    const text = Buffer.from(Array.from({ length }, (_, i) => (i * 37 + length) & 255));
    expect(sha1Hex(text.toString("latin1"))).toBe(ofCrypto(text));
  }
});

test("SHA-1 of any bytes", () => {
  fc.assert(
    fc.property(bytes(2000), (text) => {
      expect(sha1Hex(text)).toBe(ofCrypto(Buffer.from(text, "latin1")));
    }),
  );
});

/** riak_core's arithmetic, with whole numbers of 160 bits. */
function homeByBigInt(term: Buffer, ringSize: number): number {
  const increment = 2n ** 160n / BigInt(ringSize);
  return Number((BigInt(`0x${ofCrypto(term)}`) / increment + 1n) % BigInt(ringSize));
}

function binary(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([Buffer.from("m"), length, Buffer.from(text, "latin1")]);
}

test("a key's home follows its name as an Erlang term", () => {
  const pair = Buffer.from([104, 2]);
  fc.assert(
    fc.property(bytes(20), bytes(20), bytes(300), fc.constantFrom(...ringSizes), (type, bucket, key, ringSize) => {
      const typed = Buffer.concat([Buffer.from([131]), pair, pair, binary(type), binary(bucket), binary(key)]);
      const plain = Buffer.concat([Buffer.from([131]), pair, binary(bucket), binary(key)]);
      expect(homePartition({ type, bucket, key }, ringSize)).toBe(homeByBigInt(typed, ringSize));
      expect(homePartition({ type: "default", bucket, key }, ringSize)).toBe(homeByBigInt(plain, ringSize));
    }),
  );
});

test("partitions have the names Riak gives them", () => {
  expect(partitionIndex(1, 64)).toBe(22835963083295358096932575511191922182123945984n);
  expect(partitionIndex(63, 64)).toBe(1438665674247607560106752257205091097473808596992n);
});
