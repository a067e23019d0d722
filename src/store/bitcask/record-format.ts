import type { Place } from "../leaderless/storage.js";

/**
 * The bytes of the log of a leaderless node, after Sheehy and Smith, "Bitcask: A Log-Structured Hash Table for Fast Key/Value Data" (2010).
 *
 * record = head, body
 * head   = CRC-32 of the rest of the head, CRC-32 of the body, kind (1), length of member (1), partition (2), n (1), length of key (4), of value (4)
 * body   = member, key, value
 *
 * The head has a checksum of its own, so that a damaged body can be stepped over. Checksums start from a number that is the file's own: bytes
 * of another file, on a block of the disk that was used before or as somebody's value, are never taken for a record. Integers are little-endian.
 */
export interface LogRecord {
  /** put: the value is the object · removal: the value is a {@link Span} · meta: the value is all of the metadata, and there is no key */
  readonly kind: "put" | "removal" | "meta";
  readonly place: Place;
  /** One character a byte (latin1). */
  readonly key: string;
  readonly value: Uint8Array;
}

/** CRC-32 of `bytes`, from a file's own start. */
export type Seal = (bytes: Uint8Array) => number;

/** Numbers of files, both ends included. Of a removal: in no other file can there be an earlier record of its key. */
export interface Span {
  readonly since: number;
  readonly upTo: number;
}

export interface RecordHead {
  readonly kind: LogRecord["kind"];
  readonly memberLength: number;
  readonly partition: number;
  readonly n: number;
  readonly keyLength: number;
  /** Of the whole record. */
  readonly length: number;
}

export const recordHeadBytes = 21;
const kinds = ["put", "removal", "meta"] as const;
const memberBytesMax = 255;
const partitionMax = 65_535;
const nMax = 255;

export function recordBytes({ place, key, value }: LogRecord): number {
  return recordHeadBytes + memberBytes(place) + key.length + value.length;
}

/** Writes the record at `at`, where {@link recordBytes} of room are. */
export function writeRecord(out: Buffer, at: number, { kind, place, key, value }: LogRecord, seal: Seal): void {
  const memberLength = memberBytes(place);
  if (memberLength > memberBytesMax || place.partition > partitionMax || place.n > nMax) {
    throw new RangeError(
      `no place of a log: partition ${place.partition}, n ${place.n}, a member's name of ${memberLength} bytes`,
    );
  }
  const bodyAt = at + recordHeadBytes;
  if (place.kind === "hint") out.write(place.member, bodyAt, "utf8");
  out.write(key, bodyAt + memberLength, "latin1");
  const valueAt = bodyAt + memberLength + key.length;
  out.set(value, valueAt);
  out.writeUInt32LE(seal(out.subarray(bodyAt, valueAt + value.length)), at + 4);
  out[at + 8] = kinds.indexOf(kind) + 1;
  out[at + 9] = memberLength;
  out.writeUInt16LE(place.partition, at + 10);
  out[at + 12] = place.n;
  out.writeUInt32LE(key.length, at + 13);
  out.writeUInt32LE(value.length, at + 17);
  out.writeUInt32LE(seal(out.subarray(at + 4, bodyAt)), at);
}

/** The head that `bytes` begin with; undefined where they begin with none. */
export function readHead(bytes: Buffer, seal: Seal): RecordHead | undefined {
  if (bytes.length < recordHeadBytes) return undefined;
  const kind = kinds[(bytes[8] as number) - 1];
  // cheap to find out, and so for nearly all bytes that are no head
  if (kind === undefined) return undefined;
  if (bytes.readUInt32LE(0) !== seal(bytes.subarray(4, recordHeadBytes))) return undefined;
  const memberLength = bytes[9] as number;
  const keyLength = bytes.readUInt32LE(13);
  const length = recordHeadBytes + memberLength + keyLength + bytes.readUInt32LE(17);
  return { kind, memberLength, partition: bytes.readUInt16LE(10), n: bytes[12] as number, keyLength, length };
}

/** The record that `bytes` are, whose head was read; undefined where its body is damaged or cut. The value is a view of `bytes`. */
export function readRecord(bytes: Buffer, head: RecordHead, seal: Seal): LogRecord | undefined {
  if (bytes.length < head.length) return undefined;
  if (bytes.readUInt32LE(4) !== seal(bytes.subarray(recordHeadBytes, head.length))) return undefined;
  const keyAt = recordHeadBytes + head.memberLength;
  const valueAt = keyAt + head.keyLength;
  return {
    kind: head.kind,
    place: placeOf(head, bytes.toString("utf8", recordHeadBytes, keyAt)),
    key: bytes.toString("latin1", keyAt, valueAt),
    value: bytes.subarray(valueAt, head.length),
  };
}

/** The value of a whole record: a view of it. */
export function valueOf(record: Buffer): Buffer {
  return record.subarray(recordHeadBytes + (record[9] as number) + record.readUInt32LE(13));
}

/** `member`: empty for a home. */
export function placeOf({ partition, n }: Pick<Place, "partition" | "n">, member: string): Place {
  return member === "" ? { kind: "home", partition, n } : { kind: "hint", partition, n, member };
}

function memberBytes(place: Place): number {
  return place.kind === "home" ? 0 : Buffer.byteLength(place.member);
}

export function encodeSpan({ since, upTo }: Span): Buffer {
  const out = Buffer.allocUnsafe(8);
  out.writeUInt32LE(since, 0);
  out.writeUInt32LE(upTo, 4);
  return out;
}

export function decodeSpan(value: Uint8Array): Span {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return { since: view.getUint32(0, true), upTo: view.getUint32(4, true) };
}
