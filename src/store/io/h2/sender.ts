import { ConnectionError, defaultWindow, errorCode, flag, frameType, windowMax } from "./frames.js";
import { answersQueueBytesMax, connectionQueueBytesMax, frameBytesMax, socketBytesMax, streamQueueBytesMax } from "./limits.js";
import type { Output } from "./output.js";
import type { Stream } from "./stream.js";

/**
 * What a connection sends on its streams: straight into the output where the windows allow it, else into the streams' queues, which are
 * served in turns of one frame. RFC 9113 §5.2, §6.9.
 */
export class Sender {
  readonly #output: Output;
  /** Tells that there is something to flush. */
  readonly #wake: () => void;
  /** A stream's answer is complete. */
  readonly #ended: (stream: Stream) => void;
  /** Streams with something waiting and a window for it. */
  #ready: Stream[] = [];
  readonly #blocked = new Set<Stream>();
  #window = defaultWindow;
  #waitingBytes = 0;
  /** Of the client's settings. A frame as small as may be is always right, so its maximum size is not asked for. */
  initialWindow = defaultWindow;
  /** Whether the socket takes DATA at the moment. */
  isOpen = true;
  /** DATA went into the output since somebody set this back. */
  hasSaid = false;

  constructor(output: Output, wake: () => void, ended: (stream: Stream) => void) {
    this.#output = output;
    this.#wake = wake;
    this.#ended = ended;
  }

  /** DATA of all streams that waits. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  hasRoom(stream: Stream): boolean {
    const room = stream.waitingBytes < streamQueueBytesMax && this.#waitingBytes < connectionQueueBytesMax;
    if (!room && !stream.isBlocked) {
      stream.isBlocked = true;
      this.#blocked.add(stream);
    }
    return room;
  }

  fits(bytes: number): boolean {
    return this.#waitingBytes === 0 || this.#waitingBytes + bytes <= answersQueueBytesMax;
  }

  headers(stream: Stream, block: Buffer, isLast: boolean): void {
    const endStream = isLast ? flag.endStream : 0;
    const first = Math.min(block.length, frameBytesMax);
    this.#output.frame(first, frameType.headers, endStream | (first === block.length ? flag.endHeaders : 0), stream.id);
    this.#output.append(block, 0, first);
    for (let at = first; at < block.length; at += frameBytesMax) {
      const end = Math.min(at + frameBytesMax, block.length);
      this.#output.frame(end - at, frameType.continuation, end === block.length ? flag.endHeaders : 0, stream.id);
      this.#output.append(block, at, end);
    }
    this.#wake();
  }

  data(stream: Stream, head: Buffer, parts: readonly Buffer[], bytes: number): void {
    const windowsAllow = bytes <= frameBytesMax && bytes <= this.#window && bytes <= stream.sendWindow;
    if (windowsAllow && stream.waitingBytes === 0 && this.isOpen && this.#output.bytes < socketBytesMax) {
      this.#window -= bytes;
      stream.sendWindow -= bytes;
      this.hasSaid = true;
      this.#output.frame(bytes, frameType.data, 0, stream.id);
      this.#output.append(head);
      for (const part of parts) this.#output.append(part);
    } else {
      stream.waiting.push(Buffer.from(head));
      for (const part of parts) if (part.length > 0) stream.waiting.push(part);
      stream.waitingBytes += bytes;
      this.#waitingBytes += bytes;
      this.#makeReady(stream);
    }
    this.#wake();
  }

  end(stream: Stream, trailers: Buffer): void {
    if (stream.waitingBytes > 0) {
      stream.trailers ??= trailers;
      return;
    }
    this.headers(stream, trailers, true);
    this.#ended(stream);
  }

  /** Lets go of what the stream has waiting. */
  forget(stream: Stream): void {
    this.#waitingBytes -= stream.waitingBytes;
    stream.waitingBytes = 0;
    stream.waiting.length = 0;
    this.#blocked.delete(stream);
  }

  /** WINDOW_UPDATE of the connection. */
  widen(increment: number): void {
    this.#window += increment;
    if (this.#window > windowMax) throw new ConnectionError(errorCode.flowControlError, "a connection's window beyond 2^31-1");
    if (this.#ready.length > 0) this.#wake();
  }

  /** WINDOW_UPDATE of a stream, or a change of the initial window. False: wider than a window can be. */
  widenStream(stream: Stream, increment: number): boolean {
    stream.sendWindow += increment;
    if (stream.sendWindow > windowMax) return false;
    if (stream.waitingBytes > 0) {
      this.#makeReady(stream);
      this.#wake();
    }
    return true;
  }

  /** Puts waiting DATA into the output, up to about so many bytes. */
  pump(bytesMax: number): void {
    let left = bytesMax;
    while (left > 0 && this.#window > 0) {
      const stream = this.#ready.shift();
      if (stream === undefined) return;
      stream.isReady = false;
      const bytes = Math.min(stream.waitingBytes, stream.sendWindow, this.#window, frameBytesMax);
      if (bytes <= 0) continue;
      left -= bytes;
      this.hasSaid = true;
      this.#output.frame(bytes, frameType.data, 0, stream.id);
      this.#window -= bytes;
      stream.sendWindow -= bytes;
      this.#move(stream, bytes);
      if (stream.waitingBytes > 0) this.#makeReady(stream);
      else if (stream.trailers !== undefined) this.end(stream, stream.trailers);
    }
  }

  /** Tells the writers who were told to stop and need not any longer. */
  unblock(): void {
    for (const stream of this.#blocked) {
      // those just told may have filled it again
      if (this.#waitingBytes >= connectionQueueBytesMax) return;
      if (stream.waitingBytes > streamQueueBytesMax / 2) continue;
      stream.isBlocked = false;
      this.#blocked.delete(stream);
      if (!stream.closed && stream.trailers === undefined) stream.listener.drained();
    }
  }

  #makeReady(stream: Stream): void {
    if (stream.isReady || stream.sendWindow <= 0) return;
    stream.isReady = true;
    this.#ready.push(stream);
  }

  #move(stream: Stream, bytes: number): void {
    stream.waitingBytes -= bytes;
    this.#waitingBytes -= bytes;
    for (let left = bytes; left > 0;) {
      const part = stream.waiting[0] as Buffer;
      const end = Math.min(part.length, stream.waitingFrom + left);
      this.#output.append(part, stream.waitingFrom, end);
      left -= end - stream.waitingFrom;
      stream.waitingFrom = end;
      if (end < part.length) continue;
      stream.waiting.shift();
      stream.waitingFrom = 0;
    }
  }
}
