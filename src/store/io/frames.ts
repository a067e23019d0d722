import { Packr, RESERVE_START_SPACE, Unpackr } from "msgpackr";
import type { CausalStamp } from "../causality.js";
import type { Standing } from "../admission.js";
import type { MemberId, Message } from "../raft/types.js";

/**
 * What members say to each other over TCP: frames of length (u32, little-endian) and content. The content is msgpack of a batch of packets: everything
 * one side had to say in one turn of its event loop. What a reader does not know it passes over, so that versions can be mixed. Or it is the sender's
 * clock and bytes that mean something to the members' protocol, which saves most of the time that a small frame takes; raft, which has members of
 * older versions that do not know such frames, sends none:
 *
 * 0xc1 (never used in msgpack) · the clock's ms u48 · its counter u16 · the bytes
 */
export type Packet =
  /** First packet of whoever dials. `to` guards against an address that now belongs to somebody else. */
  | readonly ["hello", Hello]
  /** The answer to hello: packets are read from here on. Whoever holds nothing is told what it wants to know. */
  | readonly ["welcome", Standing?]
  /** Nothing follows. With `removed` the dialler is no member any more, and never will be one under its number. */
  | readonly ["refused", string, "removed"?]
  | readonly ["raft", Message]
  /** A message of the leaderless design; what it is, its reader finds out. */
  | readonly ["leaderless", unknown]
  /** What stands in a frame of bytes: a view, which keeps alive what was read with it. */
  | readonly ["bytes", Uint8Array]
  /** Part of a snapshot's file, and where in it; they come in order, and one at 0 begins anew. */
  | readonly ["piece", number, Uint8Array]
  /** The pieces were all: raft's message, whose state is the file. */
  | readonly ["snapshot", Extract<Message, { type: "snapshot" }>]
  | readonly ["ask", number, unknown]
  | readonly ["answer", number, unknown]
  /**
   * First packet of every frame but the greeting, which has it inside; members of older versions send none. Its vector is empty where it is that of the
   * clock before on the same connection.
   */
  | readonly ["clock", CausalStamp]
  /** Nothing to say, still here. */
  | readonly ["beat"];

export interface Hello {
  readonly cluster: string;
  readonly from: MemberId;
  /** {@link none}: whoever is there. */
  readonly to: MemberId;
  readonly clock?: CausalStamp;
  /** The dialler's disk holds nothing: it asks what that means (../admission.ts). Any text that no other process uses. */
  readonly empty?: string;
}

const lengthBytes = 4;
/** A longer frame is not ours: the largest holds the uncommitted entries of a leader. Bytes that are no frames, such as text, seem longer. */
const frameBytesMax = 2 ** 28;
/** Begins the content of a frame of bytes. */
const bytesMark = 0xc1;
const msAt = 1;
const msBytes = 6;
const msMax = 2 ** (8 * msBytes) - 1;
const counterAt = msAt + msBytes;
const bytesAt = counterAt + 2;
const nothingNew: CausalStamp["vector"] = {};

/** One direction of one connection: object shapes and vectors are sent once, so writer and reader live as long as the connection. */
export class FrameWriter {
  readonly #packr = new Packr({ useRecords: true, sequential: true });
  /** The vector that the reader was told last. */
  #told: CausalStamp["vector"] | undefined;

  /** `clock`: the sender's, in every frame but a greeting. */
  encode(packets: readonly Packet[], clock?: CausalStamp): Buffer {
    const all = clock === undefined ? packets : [["clock", this.#news(clock)], ...packets];
    const frame = this.#packr.pack(all, RESERVE_START_SPACE + lengthBytes);
    frame.writeUInt32LE(frame.length - lengthBytes);
    return frame;
  }

  /** A frame of these bytes, which are copied. Where the reader does not know the vector yet, a frame that tells it comes before. */
  encodeBytes(bytes: Uint8Array, clock: CausalStamp): Buffer {
    const frame = frameOfBytes(bytes, clock);
    return clock.vector === this.#told ? frame : Buffer.concat([this.encode([], clock), frame]);
  }

  #news(clock: CausalStamp): CausalStamp {
    if (clock.vector === this.#told) return { ms: clock.ms, counter: clock.counter, vector: nothingNew };
    this.#told = clock.vector;
    return clock;
  }
}

/** Cuts a byte stream into frames; chunks may be cut anywhere. Throws where the bytes are no frames. */
export class FrameReader {
  // entries are kept for long, and must not keep all that came with them
  readonly #unpackr = new Unpackr({ useRecords: true, sequential: true, copyBuffers: true });
  // Joined only once a whole frame is there: a large one comes in many chunks.
  #chunks: Buffer[] = [];
  #bytes = 0;
  #bytesWanted = lengthBytes;

  /** `take` is called for each packet in turn. */
  read(chunk: Buffer, take: (packet: Packet) => void): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#bytesWanted) return;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#bytes);
    let at = 0;
    this.#bytesWanted = lengthBytes;
    while (bytes.length - at >= lengthBytes) {
      const length = bytes.readUInt32LE(at);
      if (length > frameBytesMax) throw new RangeError(`a frame of ${length} bytes is longer than any of ours`);
      const end = at + lengthBytes + length;
      if (end > bytes.length) {
        this.#bytesWanted = lengthBytes + length;
        break;
      }
      this.#takeContent(bytes, at + lengthBytes, end, take);
      at = end;
    }
    this.#chunks = at === bytes.length ? [] : [bytes.subarray(at)];
    this.#bytes = bytes.length - at;
  }

  #takeContent(bytes: Buffer, start: number, end: number, take: (packet: Packet) => void): void {
    if (bytes[start] !== bytesMark) {
      for (const packet of this.#unpackr.unpack(bytes.subarray(start, end)) as readonly Packet[]) take(packet);
      return;
    }
    if (end - start < bytesAt) throw new RangeError("a frame of bytes has no clock");
    const ms = bytes.readUIntLE(start + msAt, msBytes);
    take(["clock", { ms, counter: bytes.readUInt16LE(start + counterAt), vector: nothingNew }]);
    take(["bytes", bytes.subarray(start + bytesAt, end)]);
  }
}

function frameOfBytes(bytes: Uint8Array, { ms, counter }: CausalStamp): Buffer {
  const contentBytes = bytesAt + bytes.length;
  const frame = Buffer.allocUnsafe(lengthBytes + contentBytes);
  frame.writeUInt32LE(contentBytes);
  frame[lengthBytes] = bytesMark;
  frame.writeUIntLE(Math.min(ms, msMax), lengthBytes + msAt, msBytes);
  frame.writeUInt16LE(counter, lengthBytes + counterAt);
  frame.set(bytes, lengthBytes + bytesAt);
  return frame;
}
