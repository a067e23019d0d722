import { FrameCutter } from "./frame-cutter.js";
import type { TakeFrame } from "./frame-cutter.js";
import {
  ConnectionError,
  defaultWindow,
  errorCode,
  flag,
  frameSizeError,
  frameType,
  protocolError,
  setting,
  unpadded,
  windowMax,
} from "./frames.js";
import type { ErrorCode } from "./frames.js";
import { Floods } from "./floods.js";
import { CompressionError, HpackDecoder } from "./hpack.js";
import type { HeaderField } from "./hpack.js";
import * as limits from "./limits.js";
import { Output } from "./output.js";
import type { Pages } from "./output.js";
import { Sender } from "./sender.js";
import { Stream } from "./stream.js";

/**
 * Takes a new stream by setting its listener, before anything is told to it. `fields` is undefined where the header list was too long.
 * False: no legal request, RFC 9113 §8.1.1.
 */
export type Accept = (stream: Stream, fields: readonly HeaderField[] | undefined) => boolean;

/** A header block that CONTINUATION frames have to complete, RFC 9113 §6.10. */
interface OpenBlock {
  readonly stream: number;
  readonly endStream: boolean;
  readonly parts: Buffer[];
  bytes: number;
}

/**
 * The server's end of one HTTP/2 connection, RFC 9113, without its socket: bytes come in by {@link receive}, what is to be sent is in
 * {@link output} after {@link gather}. It never throws over what a peer sends.
 */
export class Connection {
  readonly output: Output;
  readonly #accept: Accept;
  readonly #sender: Sender;
  readonly #cutter = new FrameCutter();
  readonly #hpack = new HpackDecoder();
  readonly #floods = new Floods();
  readonly #streams = new Map<number, Stream>();
  /** Streams that we closed before the client had ended them: what it sent meanwhile is on its way and no error, §5.1. */
  readonly #abandoned = new Set<number>();
  readonly #wake: () => void;
  #settled = false;
  #lastStream = 0;
  #openBlock: OpenBlock | undefined;
  #received = 0;
  #draining = false;
  #closed = false;

  /** `wake` asks for {@link gather} at the end of this turn of the event loop. */
  constructor(pages: Pages, accept: Accept, wake: () => void) {
    this.#accept = accept;
    this.#wake = wake;
    this.output = new Output(pages);
    this.#sender = new Sender(this.output, wake, (stream) => this.#answered(stream));
    this.#settings([
      [setting.maxConcurrentStreams, limits.streamsMax],
      [setting.initialWindowSize, limits.streamWindow],
      [setting.maxHeaderListSize, limits.headerListBytesMax],
    ]);
    this.#windowUpdate(0, limits.connectionWindow - defaultWindow);
  }

  /** Nothing is read any more, and what is in the output is the last. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The client has sent its preface and its SETTINGS. */
  get settled(): boolean {
    return this.#settled;
  }

  /** DATA that waits for windows, or for the socket. */
  get waitingBytes(): number {
    return this.#sender.waitingBytes;
  }

  receive(chunk: Buffer): void {
    if (this.#closed) return;
    try {
      this.#cutter.cut(chunk, this.#frame);
    } catch (error) {
      if (error instanceof ConnectionError) this.#fail(error.code, error.message);
      else if (error instanceof CompressionError) this.#fail(errorCode.compressionError, error.message);
      else throw error;
    }
  }

  /** Completes the output, of which the socket holds `socketBytes` already. */
  gather(socketBytes: number): void {
    if (this.#closed) return;
    this.#sender.isOpen = true;
    this.#sender.pump(limits.socketBytesMax - socketBytes);
    this.#sender.isOpen = socketBytes + this.output.bytes < limits.socketBytesMax;
    if (this.#sender.hasSaid) this.#floods.answered();
    this.#sender.hasSaid = false;
    if (this.#received >= limits.connectionWindow / 2) {
      this.#windowUpdate(0, this.#received);
      this.#received = 0;
    }
    this.#sender.unblock();
  }

  /** `sec` is the second of the connection's life, for what is counted by the second. */
  tick(sec: number): void {
    this.#floods.tick(sec);
  }

  /** No new streams; closed once those there are have ended. §6.8. */
  drain(): void {
    if (this.#draining || this.#closed) return;
    this.#draining = true;
    this.#goAway(errorCode.noError, "");
    this.#closeIfDrained();
  }

  /** For trouble that the socket's keeper sees. */
  fail(code: ErrorCode, why: string): void {
    if (!this.#closed) this.#fail(code, why);
  }

  /** The socket is gone. */
  lost(): void {
    this.#closed = true;
    this.#openBlock = undefined;
    for (const stream of this.#streams.values()) {
      this.#close(stream);
      stream.listener.reset();
    }
  }

  readonly #frame: TakeFrame = (type, flags, id, bytes, start, end) => {
    if (!this.#settled && type !== frameType.settings) throw protocolError("SETTINGS must come first");
    if (this.#openBlock !== undefined && (type !== frameType.continuation || id !== this.#openBlock.stream)) {
      throw protocolError("a header block must be completed before anything else");
    }
    this.#onFrame(type, flags, id, bytes, start, end);
    return !this.#closed;
  };

  #onFrame(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    switch (type) {
      case frameType.data:
        return this.#onData(bytes, start, end, flags, id);
      case frameType.headers:
        return this.#onHeaders(bytes, start, end, flags, id);
      case frameType.priority:
        return this.#onPriority(end - start, id);
      case frameType.resetStream:
        return this.#onReset(end - start, id);
      case frameType.settings:
        return this.#onSettings(bytes, start, end, flags, id);
      case frameType.pushPromise:
        throw protocolError("a client pushes nothing");
      case frameType.ping:
        return this.#onPing(bytes, start, end, flags, id);
      case frameType.goAway:
        if (id !== 0) throw protocolError("GOAWAY on a stream");
        if (end - start < 8) throw frameSizeError("GOAWAY");
        return;
      case frameType.windowUpdate:
        return this.#onWindowUpdate(bytes, start, end, id);
      case frameType.continuation:
        return this.#onContinuation(bytes, start, end, flags);
      default:
      // §4.1: types that are not known are passed over
    }
  }

  #onData(bytes: Buffer, from: number, to: number, flags: number, id: number): void {
    if (id === 0) throw protocolError("DATA on no stream");
    // §6.1: padding counts as what it pads
    const counted = to - from;
    this.#received += counted;
    if (this.#received > limits.connectionWindow)
      throw new ConnectionError(errorCode.flowControlError, "more than the connection's window");
    if (this.#received >= limits.connectionWindow / 2) this.#wake();
    const [start, end] = (flags & flag.padded) === 0 ? [from, to] : unpadded(bytes, from, to);
    const endStream = (flags & flag.endStream) !== 0;
    const stream = this.#streams.get(id);
    if (stream === undefined) return this.#afterClose(id, "DATA", endStream);
    if (stream.clientDone) return this.#streamError(stream, errorCode.streamClosed);
    stream.uncredited += counted;
    if (stream.uncredited > limits.streamWindow) return this.#streamError(stream, errorCode.flowControlError);
    if (!endStream) {
      if (start === end) this.#floods.emptyFrame();
      if (stream.uncredited >= limits.streamWindow / 2) {
        this.#windowUpdate(id, stream.uncredited);
        stream.uncredited = 0;
      }
    }
    if (end > start) stream.listener.data(bytes, start, end, endStream);
    if (endStream) this.#clientEnded(stream);
  }

  #onHeaders(bytes: Buffer, from: number, to: number, flags: number, id: number): void {
    if (id === 0) throw protocolError("HEADERS on no stream");
    const [first, end] = (flags & flag.padded) === 0 ? [from, to] : unpadded(bytes, from, to);
    // the fields of a priority, which nobody uses any more, §6.2
    const start = (flags & flag.priority) === 0 ? first : first + 5;
    if (start > end) throw frameSizeError("HEADERS");
    const endStream = (flags & flag.endStream) !== 0;
    if ((flags & flag.endHeaders) !== 0) return this.#onHeaderBlock(id, endStream, bytes, start, end);
    this.#openBlock = { stream: id, endStream, parts: [Buffer.from(bytes.subarray(start, end))], bytes: end - start };
  }

  #onContinuation(bytes: Buffer, start: number, end: number, flags: number): void {
    const block = this.#openBlock;
    if (block === undefined) throw protocolError("CONTINUATION of nothing");
    block.parts.push(Buffer.from(bytes.subarray(start, end)));
    block.bytes += end - start;
    if (block.bytes > limits.headerBlockBytesMax)
      throw new ConnectionError(errorCode.enhanceYourCalm, "a header block without end");
    if ((flags & flag.endHeaders) === 0) {
      if (start === end) this.#floods.emptyFrame();
      return;
    }
    this.#openBlock = undefined;
    this.#onHeaderBlock(block.stream, block.endStream, Buffer.concat(block.parts), 0, block.bytes);
  }

  #onHeaderBlock(id: number, endStream: boolean, bytes: Buffer, start: number, end: number): void {
    // also of what is refused below: the table is the connection's
    const fields = this.#hpack.decode(bytes, start, end);
    const known = this.#streams.get(id);
    if (known !== undefined) return this.#onTrailers(known, endStream, fields);
    if (id % 2 === 0) throw protocolError("a client's streams have odd numbers");
    if (id <= this.#lastStream) return this.#afterClose(id, "HEADERS", endStream);
    const stream = new Stream(id, this.#floods.sec, this.#sender.initialWindow, this.#sender, (its, code) =>
      this.#reset(its, code),
    );
    const isFull = this.#streams.size >= limits.streamsMax || this.#sender.waitingBytes >= limits.refusingQueueBytes;
    // §6.8: a stream after GOAWAY was not processed, and its client may try again elsewhere
    if (!this.#draining) this.#lastStream = id;
    this.#streams.set(id, stream);
    stream.clientDone = endStream;
    // nothing was done, so its client may try again: no fault of its
    if (this.#draining || isFull) return this.#reset(stream, errorCode.refusedStream);
    if (!this.#accept(stream, fields)) return this.#streamError(stream, errorCode.protocolError);
    if (endStream && !stream.closed) stream.listener.ended();
  }

  #onTrailers(stream: Stream, endStream: boolean, fields: readonly HeaderField[] | undefined): void {
    if (stream.clientDone) return this.#streamError(stream, errorCode.streamClosed);
    const isLegal = endStream && fields !== undefined && fields.every(({ name, isLegal: its }) => its && !name.startsWith(":"));
    if (!isLegal) return this.#streamError(stream, errorCode.protocolError);
    this.#clientEnded(stream);
  }

  #onPriority(length: number, id: number): void {
    if (id === 0) throw protocolError("PRIORITY of no stream");
    this.#floods.emptyFrame();
    if (length === 5) return;
    const stream = this.#streams.get(id);
    if (stream === undefined) throw frameSizeError("PRIORITY");
    this.#streamError(stream, errorCode.frameSizeError);
  }

  #onReset(length: number, id: number): void {
    if (length !== 4) throw frameSizeError("RST_STREAM");
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      this.#mustHaveBeen(id, "RST_STREAM");
      this.#abandoned.delete(id);
      return;
    }
    stream.clientDone = true;
    this.#close(stream);
    stream.listener.reset();
    this.#floods.reset(stream.openedSec);
  }

  #onSettings(bytes: Buffer, start: number, end: number, flags: number, id: number): void {
    if (id !== 0) throw protocolError("SETTINGS on a stream");
    if ((flags & flag.ack) !== 0) {
      if (end > start) throw frameSizeError("SETTINGS");
      if (!this.#settled) throw protocolError("SETTINGS must come first");
      return;
    }
    if ((end - start) % 6 !== 0) throw frameSizeError("SETTINGS");
    if (this.#settled) this.#floods.ping();
    this.#settled = true;
    for (let at = start; at < end; at += 6) this.#set(bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2));
    this.output.frame(0, frameType.settings, flag.ack, 0);
    this.#wake();
  }

  #set(name: number, value: number): void {
    if (name === setting.enablePush && value > 1) throw protocolError("SETTINGS_ENABLE_PUSH is neither 0 nor 1");
    if (name === setting.maxFrameSize && (value < 2 ** 14 || value >= 2 ** 24)) throw protocolError(`frames of ${value} bytes`);
    if (name !== setting.initialWindowSize) return;
    if (value > windowMax) throw new ConnectionError(errorCode.flowControlError, "an initial window beyond 2^31-1");
    const change = value - this.#sender.initialWindow;
    this.#sender.initialWindow = value;
    // §6.9.2
    for (const stream of this.#streams.values()) {
      if (this.#sender.widenStream(stream, change)) continue;
      throw new ConnectionError(errorCode.flowControlError, "a stream's window beyond 2^31-1");
    }
  }

  #onPing(bytes: Buffer, start: number, end: number, flags: number, id: number): void {
    if (id !== 0) throw protocolError("PING on a stream");
    if (end - start !== 8) throw frameSizeError("PING");
    if ((flags & flag.ack) !== 0) return;
    this.#floods.ping();
    this.output.frame(8, frameType.ping, flag.ack, 0);
    this.output.append(bytes, start, end);
    this.#wake();
  }

  #onWindowUpdate(bytes: Buffer, start: number, end: number, id: number): void {
    if (end - start !== 4) throw frameSizeError("WINDOW_UPDATE");
    const increment = bytes.readUInt32BE(start) & windowMax;
    if (id === 0) {
      if (increment === 0) throw protocolError("a window widened by nothing");
      return this.#sender.widen(increment);
    }
    const stream = this.#streams.get(id);
    if (stream === undefined) return this.#mustHaveBeen(id, "WINDOW_UPDATE");
    if (increment === 0) return this.#streamError(stream, errorCode.protocolError);
    if (!this.#sender.widenStream(stream, increment)) this.#streamError(stream, errorCode.flowControlError);
  }

  #clientEnded(stream: Stream): void {
    stream.clientDone = true;
    if (!stream.closed) stream.listener.ended();
  }

  /** Our side is complete. A client that is not done may stop: §8.1. */
  #answered(stream: Stream): void {
    this.#floods.answered();
    if (stream.clientDone) this.#close(stream);
    else this.#reset(stream, errorCode.noError);
  }

  /** §5.4.2. */
  #streamError(stream: Stream, code: ErrorCode): void {
    const { listener } = stream;
    this.#reset(stream, code);
    listener.reset();
    this.#floods.reset(stream.openedSec);
  }

  #reset(stream: Stream, code: ErrorCode): void {
    this.output.frame(4, frameType.resetStream, 0, stream.id);
    this.output.u32(code);
    if (!stream.clientDone) this.#abandon(stream.id);
    this.#close(stream);
    this.#wake();
  }

  #abandon(id: number): void {
    this.#abandoned.add(id);
    if (this.#abandoned.size <= limits.streamsMax) return;
    for (const oldest of this.#abandoned) return void this.#abandoned.delete(oldest);
  }

  #close(stream: Stream): void {
    stream.closed = true;
    this.#sender.forget(stream);
    this.#streams.delete(stream.id);
    this.#closeIfDrained();
  }

  #closeIfDrained(): void {
    if (this.#draining && this.#streams.size === 0) this.#closed = true;
  }

  #afterClose(id: number, what: string, endStream: boolean): void {
    if (this.#abandoned.has(id)) {
      if (endStream) this.#abandoned.delete(id);
      return;
    }
    this.#mustHaveBeen(id, what);
    throw new ConnectionError(errorCode.streamClosed, `${what} on stream ${id}, which has ended`);
  }

  /** §5.1: on an idle stream a client may only send HEADERS and PRIORITY. */
  #mustHaveBeen(id: number, what: string): void {
    const isOurs = this.#draining && this.#abandoned.has(id);
    if (id === 0 || id % 2 === 0 || (id > this.#lastStream && !isOurs))
      throw protocolError(`${what} on stream ${id}, which is idle`);
  }

  #fail(code: ErrorCode, why: string): void {
    this.#goAway(code, why);
    this.lost();
  }

  #goAway(code: ErrorCode, why: string): void {
    const text = Buffer.from(why, "latin1");
    this.output.frame(8 + text.length, frameType.goAway, 0, 0);
    this.output.u32(this.#lastStream);
    this.output.u32(code);
    this.output.append(text);
    this.#wake();
  }

  #settings(values: readonly (readonly [name: number, value: number])[]): void {
    this.output.frame(values.length * 6, frameType.settings, 0, 0);
    for (const [name, value] of values) {
      this.output.u16(name);
      this.output.u32(value);
    }
    this.#wake();
  }

  #windowUpdate(stream: number, increment: number): void {
    this.output.frame(4, frameType.windowUpdate, 0, stream);
    this.output.u32(increment);
    this.#wake();
  }
}
