import { invariant } from "../../../core/invariant.js";
import { sha1 } from "./sha1.js";

/** Names of a key as clients give them: text with one character a byte. Type `default` is that of buckets without a type. */
export interface KeyName {
  readonly type: string;
  readonly bucket: string;
  readonly key: string;
}

/** How many partitions a ring may have: powers of two, within what Riak allows. */
export const ringSizes: readonly number[] = [8, 16, 32, 64, 128, 256, 512, 1024];

/**
 * The home partition of a key in a ring of `ringSize`: the first one that begins after the key's hash, clockwise, as riak_core counts. Partition
 * `p` begins at `p * 2^160 / ringSize`. The hash is SHA-1 of Erlang's external term of `{Bucket, Key}` or `{{Type, Bucket}, Key}`, so that a key
 * has the partition here that it has in Riak.
 */
export function homePartition({ type, bucket, key }: KeyName, ringSize: number): number {
  const named = type === "default" ? binary(bucket) : `h\x02${binary(type)}${binary(bucket)}`;
  const [top = 0] = sha1(`\x83h\x02${named}${binary(key)}`);
  return (Math.floor((top >>> 0) / (2 ** 32 / ringSize)) + 1) % ringSize;
}

/** Where a partition begins, as Riak names it: a whole number below 2^160. */
export function partitionIndex(partition: number, ringSize: number): bigint {
  invariant(ringSizes.includes(ringSize), `a ring has a power of two partitions, not ${ringSize}`);
  return BigInt(partition) * (2n ** 160n / BigInt(ringSize));
}

/** BINARY_EXT of Erlang's external term format: `m`, the length in 32 bits, the bytes. */
function binary(bytes: string): string {
  const { length } = bytes;
  return `m${String.fromCharCode(length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255)}${bytes}`;
}
