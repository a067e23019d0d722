import { Resolver } from "node:dns/promises";
import { connect, isIP } from "node:net";
import type { Socket } from "node:net";
import type { Standing } from "../admission.js";
import type { Causality } from "../causality.js";
import type { Member } from "../replica.js";
import type { MemberId } from "../raft/types.js";
import { FrameReader, FrameWriter } from "./frames.js";
import type { Packet } from "./frames.js";

export interface PeerLinkOptions {
  readonly cluster: string;
  readonly self: MemberId;
  readonly peer: Member;
  readonly causality: Causality;
  /** Monotonic clock, ms. */
  readonly nowMs: () => number;
  /** Set where this member's disk holds nothing: see `Hello`. */
  readonly empty?: string;
  readonly onReady: (standing: Standing | undefined) => void;
  /** A link or an attempt ended; `wasUp` tells which. */
  readonly onLost: (why: string, wasUp: boolean) => void;
  /** The peer's machine says that its process is gone: it closed a link that was up, and refuses another one at once. */
  readonly onGone?: () => void;
  /** The peer knows that `self` was removed from the cluster. */
  readonly onRemoved: () => void;
  /** Answers, in any order. */
  readonly onPacket: (packet: Packet) => void;
  /** All that was sent has been handed to the kernel, after it had not. */
  readonly onDrain?: () => void;
}

/** Dialling and greeting together: a link on which this takes longer could not carry heartbeats anyway. */
const dialTimeoutMs = 1000;
/** A link silent for so long is torn down: after a cut, TCP alone would probe it again only after a growing pause. */
const silenceMaxMs = 1500;
const beatEveryMs = 400;
/** Whoever refuses a link so soon after it closed one has not been started again in between. */
const goneWithinMs = 200;
/** How a machine says that nobody is there: no process listens, no such machine, no such name. */
const nobodyThere: ReadonlySet<string | undefined> = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENOTFOUND"]);
const retryAfterMsMin = 50;
const retryAfterMsMax = 500;
/** Beyond this the peer does not keep up, and raft will send again anyway. */
const backlogBytesMax = 64 * 2 ** 20;

type State =
  | { readonly type: "down"; readonly retryAtMs: number }
  | { readonly type: "dialling"; readonly sinceMs: number; readonly socket: Socket | undefined }
  | { readonly type: "up"; readonly socket: Socket; readonly writer: FrameWriter };

/**
 * The outgoing connection to one peer: dials, greets, notices silence, dials again. The name is resolved on each dial, because a restarted
 * container has a new address. Time passes only in {@link sweep}, which the owner calls several times a second.
 */
export class PeerLink {
  readonly #options: PeerLinkOptions;
  #state: State;
  #outbox: Packet[] = [];
  #heardAtMs = 0;
  #spokeAtMs = 0;
  #retryAfterMs = retryAfterMsMin;
  #closed = false;
  #peerClosedAtMs = -Infinity;
  // Counts dials, so that what a given-up dial still reports is not taken for the current one's.
  #dial = 0;

  constructor(options: PeerLinkOptions) {
    this.#options = options;
    this.#state = { type: "down", retryAtMs: 0 };
  }

  get isUp(): boolean {
    return this.#state.type === "up";
  }

  /** True where all that was sent has been handed to the kernel. */
  get isIdle(): boolean {
    return this.#outbox.length === 0 && (this.#state.type !== "up" || this.#state.socket.writableLength === 0);
  }

  /** False: who has much to send waits for `onDrain`. */
  get hasRoom(): boolean {
    return this.#state.type === "up" && !this.#state.socket.writableNeedDrain;
  }

  /** Queues a packet for the next {@link flush}; false where the link is down or too far behind, and the packet was not taken. */
  send(packet: Packet): boolean {
    if (this.#state.type !== "up" || this.#state.socket.writableLength > backlogBytesMax) return false;
    this.#outbox.push(packet);
    return true;
  }

  flush(): void {
    if (this.#outbox.length === 0 || this.#state.type !== "up") return;
    const packets = this.#outbox;
    this.#outbox = [];
    this.#spokeAtMs = this.#options.nowMs();
    this.#state.socket.write(this.#state.writer.encode(packets, this.#options.causality.send()));
  }

  /** Writes bytes in a frame of their own, at once; they may be changed afterwards. False as with {@link send}. */
  sendBytes(bytes: Uint8Array): boolean {
    if (this.#state.type !== "up" || this.#state.socket.writableLength > backlogBytesMax) return false;
    this.#spokeAtMs = this.#options.nowMs();
    this.#state.socket.write(this.#state.writer.encodeBytes(bytes, this.#options.causality.send()));
    return true;
  }

  /** `paused`: this process itself did not run for a while, so the silence may have been ours. */
  sweep(paused: boolean): void {
    const nowMs = this.#options.nowMs();
    if (paused) this.#heardAtMs = nowMs;
    switch (this.#state.type) {
      case "down":
        if (nowMs >= this.#state.retryAtMs) void this.#connect();
        return;
      case "dialling":
        if (nowMs - this.#state.sinceMs > dialTimeoutMs) this.#fail(`no answer within ${dialTimeoutMs} ms`);
        return;
      case "up":
        if (nowMs - this.#heardAtMs > silenceMaxMs) {
          this.#fail(`silent for more than ${silenceMaxMs} ms`);
        } else if (nowMs - this.#spokeAtMs >= beatEveryMs) {
          this.send(["beat"]);
          this.flush();
        }
    }
  }

  /** Dials without waiting for the pause after a failed attempt to end. */
  dialNow(): void {
    if (this.#state.type === "down" && !this.#closed) void this.#connect();
  }

  close(): void {
    this.#closed = true;
    this.#fail("closed");
  }

  async #connect(): Promise<void> {
    const dial = ++this.#dial;
    const { cluster, self, peer, causality, nowMs, empty } = this.#options;
    this.#state = { type: "dialling", sinceMs: nowMs(), socket: undefined };
    let address: string;
    try {
      address = await resolveHost(peer.host);
    } catch (error) {
      if (dial === this.#dial) this.#refused(`the name ${peer.host} does not resolve`, codeOf(error));
      return;
    }
    if (dial !== this.#dial || this.#state.type !== "dialling") return;
    const socket = connect({ host: address, port: peer.peerPort, noDelay: true });
    this.#state = { ...this.#state, socket };
    const writer = new FrameWriter();
    const reader = new FrameReader();
    const isCurrent = (): boolean => dial === this.#dial;
    const take = (packet: Packet): void => this.#take(packet, socket, writer);
    socket.on("connect", () => {
      const hello = { cluster, from: self, to: peer.id, clock: causality.send(), ...(empty === undefined ? {} : { empty }) };
      socket.write(writer.encode([["hello", hello]]));
    });
    socket.on("data", (chunk) => {
      if (!isCurrent()) return;
      this.#heardAtMs = nowMs();
      try {
        reader.read(chunk, take);
      } catch (error) {
        this.#fail(String(error));
      }
    });
    socket.on("drain", () => isCurrent() && this.#options.onDrain?.());
    socket.on("error", (error) => isCurrent() && this.#refused(error.message, codeOf(error)));
    socket.on("close", () => isCurrent() && this.#peerClosed("closed by the peer"));
  }

  /** A dial came to nothing, or a link broke; `code` is the system's. */
  #refused(why: string, code: string | undefined): void {
    if (this.isUp) {
      this.#peerClosed(why);
      return;
    }
    const isGone = nobodyThere.has(code) && this.#options.nowMs() - this.#peerClosedAtMs <= goneWithinMs;
    if (isGone) this.#peerClosedAtMs = -Infinity;
    this.#fail(why);
    if (isGone) this.#options.onGone?.();
  }

  #peerClosed(why: string): void {
    const wasUp = this.isUp;
    this.#fail(why);
    if (!wasUp) return;
    this.#peerClosedAtMs = this.#options.nowMs();
    // its machine knows better than we do whether it is gone
    this.dialNow();
  }

  #take(packet: Packet, socket: Socket, writer: FrameWriter): void {
    switch (packet[0]) {
      case "welcome":
        this.#state = { type: "up", socket, writer };
        this.#retryAfterMs = retryAfterMsMin;
        this.#options.onReady(packet[1]);
        return;
      case "clock":
        this.#options.causality.receive(packet[1]);
        return;
      case "refused":
        this.#fail(`refused: ${packet[1]}`);
        if (packet[2] === "removed") this.#options.onRemoved();
        return;
      default:
        this.#options.onPacket(packet);
    }
  }

  #fail(why: string): void {
    const before = this.#state;
    this.#dial++;
    if (before.type !== "down") before.socket?.destroy();
    this.#outbox = [];
    this.#state = { type: "down", retryAtMs: this.#closed ? Infinity : this.#options.nowMs() + this.#retryAfterMs };
    this.#retryAfterMs = Math.min(retryAfterMsMax, this.#retryAfterMs * 2);
    if (before.type !== "down") this.#options.onLost(why, before.type === "up");
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/**
 * IPv4 address of `host`. Asks the name server directly: getaddrinfo(3) would hold a thread of the pool on which the disk syncs run, for
 * many seconds where a peer's name is gone.
 */
async function resolveHost(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  if (host === "localhost") return "127.0.0.1";
  const addresses = await new Resolver({ timeout: dialTimeoutMs, tries: 1 }).resolve4(host);
  const first = addresses[0];
  if (first === undefined) throw new Error(`${host} has no address`);
  return first;
}
