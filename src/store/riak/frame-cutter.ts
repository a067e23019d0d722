import { messageBytesMax } from "./limits.js";

/** A length of 32 bits, big endian, which counts the code and the body; the code; the body. */
const lengthBytes = 4;

export type Frame =
  | { readonly type: "message"; readonly code: number; readonly body: Buffer }
  /** It was left out; what follows can be read. */
  | { readonly type: "tooLong"; readonly bytes: number }
  /** Without a code: whoever sends this speaks another protocol. */
  | { readonly type: "empty" };

/** Takes the frames out of a stream of bytes, one at a time, so that those not asked for yet cost no more than their bytes. */
export class FrameCutter {
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Of a message that is left out: what is still to come. */
  #skipping = 0;

  /** That came and was not taken. */
  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: Buffer): void {
    const skipped = Math.min(this.#skipping, chunk.length);
    this.#skipping -= skipped;
    if (skipped === chunk.length) return;
    this.#chunks.push(skipped === 0 ? chunk : chunk.subarray(skipped));
    this.#bytes += chunk.length - skipped;
  }

  /** Undefined where it is not whole yet. The body is a view of what was pushed. */
  next(): Frame | undefined {
    if (this.#bytes < lengthBytes) return undefined;
    const length = this.#joined(lengthBytes).readUInt32BE();
    if (length === 0) return { type: "empty" };
    if (length > messageBytesMax) {
      this.#skip(lengthBytes + length);
      return { type: "tooLong", bytes: length };
    }
    const end = lengthBytes + length;
    if (this.#bytes < end) return undefined;
    const first = this.#joined(end);
    this.#drop(end);
    return { type: "message", code: first[lengthBytes] as number, body: first.subarray(lengthBytes + 1, end) };
  }

  /** Leaves out the message that has begun and is not whole yet, and whose length is known. */
  leaveOut(): void {
    this.#skip(lengthBytes + this.#joined(lengthBytes).readUInt32BE());
  }

  /** The first chunk, which then holds so many bytes at least. */
  #joined(count: number): Buffer {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= count) return first;
    const parts: Buffer[] = [];
    let bytes = 0;
    for (const chunk of this.#chunks) {
      if (bytes >= count) break;
      parts.push(chunk);
      bytes += chunk.length;
    }
    const joined = Buffer.concat(parts, bytes);
    this.#chunks.splice(0, parts.length, joined);
    return joined;
  }

  #skip(count: number): void {
    const here = Math.min(count, this.#bytes);
    this.#skipping = count - here;
    this.#drop(here);
  }

  #drop(count: number): void {
    this.#bytes -= count;
    let left = count;
    while (left > 0) {
      const first = this.#chunks[0] as Buffer;
      if (first.length > left) {
        this.#chunks[0] = first.subarray(left);
        return;
      }
      left -= first.length;
      this.#chunks.shift();
    }
  }
}
