/**
 * The body of one HTTP/1.1 response (RFC 9112), from bytes cut anywhere. The engine sends every line of a log as a chunk of its own, and
 * node:http makes an event of each: taking chunks off in place costs a tenth of that.
 */

/** Status and body; before the head is whole, neither. */
export class HttpBody {
  #head = "";
  #status: number | undefined;
  #framing: "chunked" | "until-close" = "until-close";
  /** Bytes of the current chunk that are still to come, its line end included; 0: a chunk's size comes next. */
  #left = 0;
  /** What has come of the line with a chunk's size. */
  #size = "";
  #isWhole = false;

  get status(): number | undefined {
    return this.#status;
  }

  /** All of the body has come, and whoever sent it says so. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** What of these bytes is body: a part of the same memory, which is overwritten. */
  push(bytes: Buffer): Buffer {
    const rest = this.#status === undefined ? this.#readHead(bytes) : bytes;
    return this.#framing === "chunked" ? this.#unchunk(rest) : rest;
  }

  #readHead(bytes: Buffer): Buffer {
    const before = this.#head.length;
    this.#head += bytes.toString("latin1");
    const end = this.#head.indexOf("\r\n\r\n");
    if (end === -1) return bytes.subarray(bytes.length);
    this.#status = Number(/^HTTP\/1\.\d (\d{3})/.exec(this.#head)?.[1] ?? 0);
    if (/^transfer-encoding:.*\bchunked/im.test(this.#head.slice(0, end))) this.#framing = "chunked";
    return bytes.subarray(end + 4 - before);
  }

  #unchunk(bytes: Buffer): Buffer {
    let read = 0;
    let written = 0;
    while (read < bytes.length && !this.#isWhole) {
      if (this.#left === 0) {
        read = this.#readSize(bytes, read);
        continue;
      }
      // the last two bytes of what is left are the line end
      const payload = Math.min(this.#left - 2, bytes.length - read);
      if (payload > 0) {
        bytes.copyWithin(written, read, read + payload);
        written += payload;
        read += payload;
        this.#left -= payload;
      } else {
        read++;
        this.#left--;
      }
    }
    return bytes.subarray(0, written);
  }

  /** `1a;extension\r\n`; a size of 0 ends the body. Trailers after it are none of ours. */
  #readSize(bytes: Buffer, start: number): number {
    for (let at = start; at < bytes.length; at++) {
      if (bytes[at] !== lineFeed) continue;
      const size = Number.parseInt(this.#size + bytes.toString("latin1", start, at), 16);
      this.#size = "";
      if (Number.isNaN(size)) throw new Error("the engine's answer is not chunked as it says");
      if (size === 0) this.#isWhole = true;
      else this.#left = size + 2;
      return at + 1;
    }
    this.#size += bytes.toString("latin1", start);
    return bytes.length;
  }
}

const lineFeed = 0x0a;
