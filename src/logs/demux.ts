import { DeviousError } from "../core/errors.js";
import type { StreamName } from "../core/log-record.js";

/** One message as the engine sent it: a stamp, a space, and a line or a chunk of one. */
export interface Frame {
  readonly stream: StreamName;
  /** The memory it lies in, from `start` to `end`: to make a view of each is a good part of what a line costs. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** A view of the message. */
export function payloadOf({ bytes, start, end }: Frame): Buffer {
  return bytes.subarray(start, end);
}

/** Bytes, cut anywhere, in; whole frames out. Holds on to what is not whole yet. */
export interface Demuxer {
  push(chunk: Uint8Array): Frame[];
  /** What is left once the stream has ended by itself. */
  end(): Frame[];
}

export function createDemuxer(tty: boolean): Demuxer {
  return tty ? new TtyDemuxer() : new FrameDemuxer();
}

/** The engine cuts longer lines into chunks of this many bytes (moby `daemon/logger/copier.go`). */
export const chunkBytes = 16 * 1024;

const headerBytes = 8;
/** Far above what an engine sends in one frame: a larger length means that these are no frames. */
const maxFrameBytes = 4 * 1024 * 1024;
const nothing: Buffer = Buffer.alloc(0);
const newline = 0x0a;
const space = 0x20;

/** Docker's framing: `[stream, 0, 0, 0, length as uint32 big endian]`, then that many bytes (Engine API, "ContainerAttach"). */
class FrameDemuxer implements Demuxer {
  #carry: Buffer = nothing;

  push(chunk: Uint8Array): Frame[] {
    const bytes = concat(this.#carry, chunk);
    const frames: Frame[] = [];
    let offset = 0;
    while (bytes.length - offset >= headerBytes) {
      const kind = bytes.readUInt32BE(offset);
      const length = bytes.readUInt32BE(offset + 4);
      if (length > maxFrameBytes) throw unframed(`a frame of ${length} bytes`);
      const end = offset + headerBytes + length;
      if (end > bytes.length) break;
      const start = offset + headerBytes;
      frames.push({ stream: streamOf(kind, bytes, start, end), bytes, start, end });
      offset = end;
    }
    // a copy, so that a few bytes do not keep a whole chunk alive
    this.#carry = copyOf(bytes.subarray(offset));
    return frames;
  }

  /** Half a frame is no message: whoever reads again gets it whole. */
  end(): Frame[] {
    this.#carry = nothing;
    return [];
  }
}

/** The stream number is the first of four bytes, the others are zero. */
function streamOf(kind: number, bytes: Buffer, start: number, end: number): StreamName {
  switch (kind) {
    case 0x01000000:
      return "stdout";
    case 0x02000000:
      return "stderr";
    case 0x03000000:
      throw new DeviousError(
        "ENGINE_REFUSED",
        `the engine could not read on in the log: ${bytes.toString("utf8", start, end).trim()}`,
      );
    default:
      throw unframed(`a frame of kind 0x${kind.toString(16).padStart(8, "0")}`);
  }
}

function unframed(what: string): DeviousError {
  return new DeviousError("ENGINE_REFUSED", `the engine sent a log stream that is not framed as documented: ${what}`);
}

/** A terminal's log has no frames: a message ends at its newline, or where the engine cuts chunks. */
class TtyDemuxer implements Demuxer {
  #carry: Buffer = nothing;

  push(chunk: Uint8Array): Frame[] {
    const bytes = concat(this.#carry, chunk);
    const frames: Frame[] = [];
    let offset = 0;
    for (;;) {
      const end = endOfMessage(bytes.subarray(offset));
      if (end === undefined) break;
      frames.push({ stream: "stdout", bytes, start: offset, end: offset + end });
      offset += end;
    }
    this.#carry = copyOf(bytes.subarray(offset));
    return frames;
  }

  end(): Frame[] {
    const bytes = this.#carry;
    this.#carry = nothing;
    return bytes.length === 0 ? [] : [{ stream: "stdout", bytes, start: 0, end: bytes.length }];
  }
}

function endOfMessage(bytes: Buffer): number | undefined {
  const lineEnd = bytes.indexOf(newline);
  const stampEnd = bytes.indexOf(space);
  const chunkEnd = stampEnd === -1 ? Infinity : stampEnd + 1 + chunkBytes;
  if (lineEnd !== -1 && lineEnd < chunkEnd) return lineEnd + 1;
  return chunkEnd <= bytes.length ? chunkEnd : undefined;
}

function concat(carry: Buffer, chunk: Uint8Array): Buffer {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return carry.length === 0 ? bytes : Buffer.concat([carry, bytes]);
}

function copyOf(bytes: Buffer): Buffer {
  return bytes.length === 0 ? nothing : Buffer.from(bytes);
}
