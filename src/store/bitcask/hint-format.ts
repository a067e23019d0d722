import type { Place } from "../leaderless/storage.js";
import { placeOf, type Seal, type Span } from "./record-format.js";

/**
 * A hint file stands beside a closed data file and says what records are in that, in their order, without the values: what a start needs to
 * know. It is only ever a short cut: where it is missing, damaged or of other data, the data file is read.
 *
 * file  = magic (8), length of the data file (4), CRC-32 of these, entry*, CRC-32 of all entries
 * entry = kind (1), length of member (1), partition (2), n (1), length of key (4), offset (4), length (4), objectHash or span (8), member, key
 */
export type HintEntry = {
  readonly place: Place;
  readonly key: string;
  /** Of the record in the data file. */
  readonly offset: number;
  readonly length: number;
} & ({ readonly kind: "put"; readonly objectHash: number } | ({ readonly kind: "removal" } & Span));

const magic = Buffer.from("DVSHINT\x01", "latin1");
const fileHeadBytes = 16;
const entryHeadBytes = 25;
const crcBytes = 4;

/** Collects the entries of one file. */
export class HintWriter {
  #bytes = Buffer.allocUnsafe(2 ** 16);
  #length = fileHeadBytes;

  add(entry: HintEntry): void {
    const member = entry.place.kind === "hint" ? entry.place.member : "";
    const memberLength = Buffer.byteLength(member);
    const at = this.#length;
    this.#length = at + entryHeadBytes + memberLength + entry.key.length;
    this.#makeRoom();
    const out = this.#bytes;
    out[at] = entry.kind === "put" ? 1 : 2;
    out[at + 1] = memberLength;
    out.writeUInt16LE(entry.place.partition, at + 2);
    out[at + 4] = entry.place.n;
    out.writeUInt32LE(entry.key.length, at + 5);
    out.writeUInt32LE(entry.offset, at + 9);
    out.writeUInt32LE(entry.length, at + 13);
    out.writeUInt32LE(entry.kind === "put" ? entry.objectHash >>> 0 : entry.since, at + 17);
    out.writeUInt32LE(entry.kind === "put" ? Math.floor(entry.objectHash / 2 ** 32) : entry.upTo, at + 21);
    out.write(member, at + entryHeadBytes, "utf8");
    out.write(entry.key, at + entryHeadBytes + memberLength, "latin1");
  }

  /** The file. `dataBytes`: how long the data file is. */
  finish(dataBytes: number, seal: Seal): Buffer {
    const end = this.#length;
    this.#length += crcBytes;
    this.#makeRoom();
    const out = this.#bytes;
    magic.copy(out);
    out.writeUInt32LE(dataBytes, 8);
    out.writeUInt32LE(seal(out.subarray(0, 12)), 12);
    out.writeUInt32LE(seal(out.subarray(fileHeadBytes, end)), end);
    return out.subarray(0, this.#length);
  }

  #makeRoom(): void {
    if (this.#length <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * this.#length);
    this.#bytes.copy(larger);
    this.#bytes = larger;
  }
}

/** Undefined where this is not the whole hint file of a data file of this length. */
export function readHints(bytes: Buffer, dataBytes: number, seal: Seal): Generator<HintEntry, void, undefined> | undefined {
  const end = bytes.length - crcBytes;
  if (end < fileHeadBytes || !bytes.subarray(0, 8).equals(magic)) return undefined;
  if (bytes.readUInt32LE(12) !== seal(bytes.subarray(0, 12)) || bytes.readUInt32LE(8) !== dataBytes) return undefined;
  if (bytes.readUInt32LE(end) !== seal(bytes.subarray(fileHeadBytes, end))) return undefined;
  return entriesOf(bytes.subarray(fileHeadBytes, end));
}

function* entriesOf(bytes: Buffer): Generator<HintEntry, void, undefined> {
  for (let at = 0; at < bytes.length;) {
    const memberAt = at + entryHeadBytes;
    const keyAt = memberAt + (bytes[at + 1] as number);
    const end = keyAt + bytes.readUInt32LE(at + 5);
    const [low, high] = [bytes.readUInt32LE(at + 17), bytes.readUInt32LE(at + 21)];
    const what = {
      place: placeOf(
        { partition: bytes.readUInt16LE(at + 2), n: bytes[at + 4] as number },
        bytes.toString("utf8", memberAt, keyAt),
      ),
      key: bytes.toString("latin1", keyAt, end),
      offset: bytes.readUInt32LE(at + 9),
      length: bytes.readUInt32LE(at + 13),
    };
    if (bytes[at] === 1) yield { ...what, kind: "put", objectHash: high * 2 ** 32 + low };
    else yield { ...what, kind: "removal", since: low, upTo: high };
    at = end;
  }
}
