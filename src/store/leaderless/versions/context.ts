/**
 * What clients get with what they read, and bring along when they overwrite it: the vector, opaque to them (`X-Riak-Vclock` in base64,
 * `vclock` in protocol buffers). Version u8 · vector · check u32, little-endian: 32 bits of the hash of what is before it.
 */
import { objectHash } from "../merkle/hash.js";
import { ByteReader, MalformedBytes } from "./binary.js";
import { readVector, vectorLength, writeVector } from "./vector-codec.js";
import type { VersionVector } from "./version-vector.js";
import { emptyVector } from "./version-vector.js";

const version = 1;
const checkBytes = 4;

/** Far beyond what pruning leaves of a vector. */
export const contextBytesMax = 64 * 1024;
/** Leaves the store room to count on: what is on disk must never grow beyond 2^53. */
const counterMax = 2 ** 48;

/** A client's context that is none of ours. The message is a sentence for the client. */
export class BadContext extends Error {
  override readonly name = "BadContext";

  constructor(why: string) {
    super(`The context (vclock) is not one that this store gave out: ${why}.`);
  }
}

export function encodeContext(vector: VersionVector): Uint8Array {
  const end = 1 + vectorLength(vector);
  const out = Buffer.allocUnsafe(end + checkBytes);
  out[0] = version;
  writeVector(out, 1, vector);
  out.writeUInt32LE(check(out.subarray(0, end)), end);
  return out;
}

/** No bytes at all are no context. Throws {@link BadContext}. */
export function decodeContext(bytes: Uint8Array): VersionVector {
  if (bytes.length === 0) return emptyVector;
  if (bytes.length > contextBytesMax) throw new BadContext(`it is longer than ${contextBytesMax} bytes`);
  const end = bytes.length - checkBytes;
  if (end < 2) throw new BadContext("it is too short");
  const given = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(end, true);
  if (check(bytes.subarray(0, end)) !== given) throw new BadContext("its check does not fit");
  const reader = new ByteReader(bytes.subarray(0, end));
  try {
    if (reader.byte() !== version) throw new BadContext("its version is unknown");
    const vector = readVector(reader);
    reader.end();
    if (vector.some(({ counter }) => counter > counterMax)) throw new BadContext("it counts beyond 2^48");
    return vector;
  } catch (error) {
    if (error instanceof MalformedBytes) throw new BadContext(error.message);
    throw error;
  }
}

/** As {@link decodeContext}, of base64. */
export function decodeContextText(text: string): VersionVector {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new BadContext("it is not base64");
  return decodeContext(Buffer.from(text, "base64"));
}

function check(bytes: Uint8Array): number {
  return objectHash(bytes) % 2 ** 32;
}
