import type { Socket } from "node:net";
import type { LeaderlessStore } from "../leaderless/api.js";
import type { HeldOfClients } from "../riak/held.js";
import { PbConnection } from "../riak/pb-connection.js";
import type { Pages } from "./h2/output.js";
import { stallTimeoutMs } from "./h2/limits.js";
import { writeBatch } from "./write-batch.js";

/** A {@link PbConnection} on its socket: everything said in one turn of the event loop is one write. */
export class PbLink {
  readonly #socket: Socket;
  readonly #pages: Pages;
  readonly #connection: PbConnection;
  #flushing = false;
  #ending = false;
  /** When bytes last went the way that they are waited for, or none were. */
  #movedMs: number;
  #leftBytes = 0;
  #readBytes = 0;

  /** `gone` is called once, when the socket is closed. */
  constructor(
    socket: Socket,
    pages: Pages,
    from: {
      readonly held: HeldOfClients;
      readonly store: LeaderlessStore;
      readonly newKey: () => string;
      readonly nowMs: number;
    },
    gone: () => void,
  ) {
    this.#socket = socket;
    this.#pages = pages;
    this.#movedMs = from.nowMs;
    this.#connection = new PbConnection(pages, from.held, from.store, from.newKey, () => this.#wake());
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#connection.receive(chunk);
      if (!this.#connection.wantsInput) socket.pause();
    });
    socket.on("drain", () => this.#wake());
    // a client that sends nothing more waits for nothing either: Riak's clients close both ways
    socket.on("end", () => socket.destroy());
    // a broken connection is no trouble of ours: `close` follows
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#connection.lost();
      gone();
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** To be called a few times a second: cuts off a client that takes nothing of what waits for it, or sends nothing of a message it has begun. */
  tick(nowMs: number): void {
    const { writableLength: left, bytesRead: read } = this.#socket;
    const isStuck = left > 0 ? left >= this.#leftBytes : this.#connection.isMidMessage && read === this.#readBytes;
    if (!isStuck) this.#movedMs = nowMs;
    this.#leftBytes = left;
    this.#readBytes = read;
    if (nowMs - this.#movedMs >= stallTimeoutMs) this.#socket.destroy();
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
    this.#write();
    this.#connection.sent(socket.writableLength);
    if (this.#connection.closed) {
      this.#ending = true;
      this.#write();
      socket.end();
    } else if (this.#connection.wantsInput) socket.resume();
  };

  #write(): void {
    writeBatch(this.#socket, this.#connection.output.take(), this.#pages);
  }
}
