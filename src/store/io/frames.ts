import { Packr, RESERVE_START_SPACE, Unpackr } from "msgpackr";
import type { CausalStamp } from "../causality.js";
import type { Standing } from "../admission.js";
import type { MemberId, Message } from "../raft/types.js";

/**
 * What members say to each other over TCP: frames of length (u32, little-endian) and msgpack. A frame is a batch of packets: everything
 * one side had to say in one turn of its event loop. What a reader does not know it passes over, so that versions can be mixed.
 */
export type Packet =
  /** First packet of whoever dials. `to` guards against an address that now belongs to somebody else. */
  | readonly ["hello", Hello]
  /** The answer to hello: packets are read from here on. Whoever holds nothing is told what it wants to know. */
  | readonly ["welcome", Standing?]
  /** Nothing follows. With `removed` the dialler is no member any more, and never will be one under its number. */
  | readonly ["refused", string, "removed"?]
  | readonly ["raft", Message]
  /** A message of the leaderless design, or the bytes of several; what it is, its reader finds out. */
  | readonly ["leaderless", unknown]
  /** Part of a snapshot's file, and where in it; they come in order, and one at 0 begins anew. */
  | readonly ["piece", number, Uint8Array]
  /** The pieces were all: raft's message, whose state is the file. */
  | readonly ["snapshot", Extract<Message, { type: "snapshot" }>]
  | readonly ["ask", number, unknown]
  | readonly ["answer", number, unknown]
  /** First packet of every frame but the greeting, which has it inside; members of older versions send none. */
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

/** One direction of one connection: object shapes are sent once, so writer and reader live as long as the connection. */
export class FrameWriter {
  readonly #packr = new Packr({ useRecords: true, sequential: true });

  encode(packets: readonly Packet[]): Buffer {
    const frame = this.#packr.pack(packets, RESERVE_START_SPACE + lengthBytes);
    frame.writeUInt32LE(frame.length - lengthBytes);
    return frame;
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

  *read(chunk: Buffer): Generator<readonly Packet[], void, undefined> {
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
      yield this.#unpackr.unpack(bytes.subarray(at + lengthBytes, end)) as readonly Packet[];
      at = end;
    }
    this.#chunks = at === bytes.length ? [] : [bytes.subarray(at)];
    this.#bytes = bytes.length - at;
  }
}
