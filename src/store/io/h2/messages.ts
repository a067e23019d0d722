import { grpcCode, GrpcError } from "../grpc.js";
import { messageBytesMax } from "./limits.js";

/** Incomplete messages of all streams of a connection. */
export interface Assembling {
  bytes: number;
  readonly bytesMax: number;
}

/** Who gets the messages of one stream. */
export interface MessageSink {
  /** A view of the bytes that were read, or memory that nobody else knows. */
  message(message: Buffer): void;
}

const prefixBytes = 5;
const leastGrown = 4096;

/**
 * Cuts DATA, in pieces of any size, into gRPC's length-prefixed messages. What is announced costs nothing: memory grows with what came.
 */
export class MessageReader {
  readonly #assembling: Assembling;
  #buffer: Buffer | undefined;
  #filled = 0;

  constructor(assembling: Assembling) {
    this.#assembling = assembling;
  }

  /** Whether a message has begun and not ended. */
  get isWithin(): boolean {
    return this.#filled > 0;
  }

  /** Hands out the messages that `bytes[start, end)` completes. Throws {@link GrpcError}. */
  read(bytes: Buffer, start: number, end: number, sink: MessageSink): void {
    let at = start;
    while (at < end) {
      if (this.#filled === 0 && end - at >= prefixBytes) {
        const length = lengthOf(bytes, at);
        if (end - at >= prefixBytes + length) {
          const from = at + prefixBytes;
          at = from + length;
          sink.message(bytes.subarray(from, at));
          continue;
        }
      }
      at = this.#fill(bytes, at, end);
      const whole = this.#filled < prefixBytes ? Infinity : prefixBytes + lengthOf(this.#buffer as Buffer, 0);
      if (this.#filled < whole) continue;
      const message = (this.#buffer as Buffer).subarray(prefixBytes, whole);
      this.release();
      sink.message(message);
    }
  }

  /** Lets go of an incomplete message. */
  release(): void {
    this.#assembling.bytes -= this.#buffer?.length ?? 0;
    this.#buffer = undefined;
    this.#filled = 0;
  }

  /** Moves what the prefix, and then what the message still wants. Returns where it stopped. */
  #fill(bytes: Buffer, at: number, end: number): number {
    const wanted = this.#filled < prefixBytes ? prefixBytes : prefixBytes + lengthOf(this.#buffer as Buffer, 0);
    const to = Math.min(end, at + wanted - this.#filled);
    this.#grow(this.#filled + to - at, wanted);
    bytes.copy(this.#buffer as Buffer, this.#filled, at, to);
    this.#filled += to - at;
    return to;
  }

  /** Room for `bytes`: twice as much each time, so that copying stays linear, but no more than the message is long. */
  #grow(bytes: number, wanted: number): void {
    const had = this.#buffer?.length ?? 0;
    if (bytes <= had) return;
    const room = bytes <= prefixBytes ? prefixBytes : Math.min(wanted, Math.max(2 * had, bytes, leastGrown));
    if (this.#assembling.bytes + room - had > this.#assembling.bytesMax) {
      throw new GrpcError(grpcCode.resourceExhausted, "too many large requests at once on one connection");
    }
    this.#assembling.bytes += room - had;
    const buffer = Buffer.allocUnsafe(room);
    this.#buffer?.copy(buffer, 0, 0, this.#filled);
    this.#buffer = buffer;
  }
}

/** Of the message whose prefix is at `at`. Throws {@link GrpcError} where we do not take it. */
function lengthOf(bytes: Buffer, at: number): number {
  if (bytes[at] !== 0) throw new GrpcError(grpcCode.internal, "a compressed message, where no encoding was agreed on");
  const length = bytes.readUInt32BE(at + 1);
  if (length > messageBytesMax) {
    throw new GrpcError(grpcCode.resourceExhausted, `grpc: received message larger than max (${length} vs. ${messageBytesMax})`);
  }
  return length;
}

/** The prefix of a message of so many bytes, written into `prefix`. */
export function writePrefix(prefix: Buffer, bytes: number): Buffer {
  prefix[0] = 0;
  prefix.writeUInt32BE(bytes, 1);
  return prefix;
}
