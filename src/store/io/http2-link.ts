import type { Duplex } from "node:stream";
import { Connection } from "./h2/connection.js";
import type { Accept } from "./h2/connection.js";
import { errorCode } from "./h2/frames.js";
import { connectionQueueBytesMax, lingerMs, prefaceTimeoutMs, stallTimeoutMs, unreadBytesMax } from "./h2/limits.js";
import type { Pages } from "./h2/output.js";
import { writeBatch } from "./write-batch.js";

/**
 * A {@link Connection} on its socket: everything said in one callback of the event loop, and in the promises that follow from it, is one
 * write, made before the loop looks for anything else to do.
 */
export class Link {
  readonly #socket: Duplex;
  readonly #pages: Pages;
  readonly #connection: Connection;
  readonly #openedMs: number;
  #flushing = false;
  #ending = false;
  #endedMs: number | undefined;
  /** When the peer last took something, or had nothing to take. */
  #movedMs: number;
  #leftBytes = 0;

  /** `gone` is called once, when the socket is closed. */
  constructor(socket: Duplex, pages: Pages, accept: Accept, nowMs: number, gone: () => void) {
    this.#socket = socket;
    this.#pages = pages;
    this.#openedMs = this.#movedMs = nowMs;
    this.#connection = new Connection(pages, accept, () => this.#wake());
    socket.on("data", (chunk: Buffer) => this.#connection.receive(chunk));
    socket.on("drain", () => this.#wake());
    // the peer will send nothing more; whoever half-closes has no use for HTTP/2, where answers need credit
    socket.on("end", () => socket.destroy());
    // a broken connection is no trouble of ours: `close` follows
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#connection.lost();
      gone();
    });
  }

  /** GOAWAY; the socket ends with the last stream. */
  drain(): void {
    this.#connection.drain();
    this.#wake();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** To be called a few times a second. */
  tick(nowMs: number): void {
    const ageMs = nowMs - this.#openedMs;
    this.#connection.tick(Math.floor(ageMs / 1000));
    if (this.#ending) {
      this.#endedMs ??= nowMs;
      if (nowMs - this.#endedMs >= lingerMs) this.#socket.destroy();
      return;
    }
    if (!this.#connection.settled && ageMs >= prefaceTimeoutMs)
      this.#connection.fail(errorCode.settingsTimeout, "no SETTINGS came");
    const waiting = this.#connection.waitingBytes;
    const left = waiting + this.#socket.writableLength;
    if (waiting < connectionQueueBytesMax || left < this.#leftBytes) this.#movedMs = nowMs;
    this.#leftBytes = left;
    if (nowMs - this.#movedMs >= stallTimeoutMs)
      this.#connection.fail(errorCode.enhanceYourCalm, "nothing of what waits is taken");
  }

  #wake(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    // runs once no promise is left to be told
    process.nextTick(this.#flush);
  }

  readonly #flush = (): void => {
    this.#flushing = false;
    const socket = this.#socket;
    if (socket.destroyed || this.#ending) return;
    this.#connection.gather(socket.writableLength);
    writeBatch(socket, this.#connection.output.take(), this.#pages);
    if (this.#connection.closed) {
      this.#ending = true;
      socket.end();
    } else if (socket.writableLength > unreadBytesMax) {
      socket.destroy();
    }
  };
}
