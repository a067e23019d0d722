import { ConnectionError, errorCode, frameHeaderBytes, preface, protocolError, windowMax } from "./frames.js";
import { frameBytesMax } from "./limits.js";

/** Takes one frame, whose payload is `bytes[start, end)`; false: no more. */
export type TakeFrame = (type: number, flags: number, stream: number, bytes: Buffer, start: number, end: number) => boolean;

/** Cuts what a client sends, in pieces of any size, into the preface and frames. RFC 9113 §3.4, §4.1. */
export class FrameCutter {
  /** What came and is not whole: joined only once it is. */
  #rest: Buffer[] = [];
  #restBytes = 0;
  #wantedBytes = preface.length;
  #greeted = false;

  /** Hands out the frames that `chunk` completes. Throws {@link ConnectionError}, and what `take` throws; it is of no use after that. */
  cut(chunk: Buffer, take: TakeFrame): void {
    this.#rest.push(chunk);
    this.#restBytes += chunk.length;
    if (this.#restBytes < this.#wantedBytes) return;
    const bytes = this.#rest.length === 1 ? chunk : Buffer.concat(this.#rest, this.#restBytes);
    const at = this.#frames(bytes, take);
    this.#rest = at === bytes.length ? [] : [bytes.subarray(at)];
    this.#restBytes = bytes.length - at;
  }

  /** Returns where the whole frames end. */
  #frames(bytes: Buffer, take: TakeFrame): number {
    let at = 0;
    if (!this.#greeted) {
      if (!bytes.subarray(0, preface.length).equals(preface)) throw protocolError("this is not HTTP/2's preface");
      this.#greeted = true;
      at = preface.length;
    }
    while (bytes.length - at >= frameHeaderBytes) {
      const length = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
      if (length > frameBytesMax) throw new ConnectionError(errorCode.frameSizeError, `a frame of ${length} bytes`);
      const start = at + frameHeaderBytes;
      const end = start + length;
      if (end > bytes.length) {
        this.#wantedBytes = end - at;
        return at;
      }
      if (!take(bytes[at + 3] as number, bytes[at + 4] as number, bytes.readUInt32BE(at + 5) & windowMax, bytes, start, end))
        break;
      at = end;
    }
    this.#wantedBytes = frameHeaderBytes;
    return at;
  }
}
