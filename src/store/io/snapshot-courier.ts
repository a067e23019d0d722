import type { Message, Snapshot } from "../raft/types.js";
import type { Packet } from "./frames.js";
import type { PeerLink } from "./peer-link.js";
import type { SnapshotSource } from "./snapshot-file.js";

export type SnapshotMessage = Extract<Message, { type: "snapshot" }>;

/** What a courier asks of its link; it tells the courier when it is up, when it has room again, and when it is lost. */
export interface CourierLink extends Pick<PeerLink, "isUp" | "isIdle" | "hasRoom" | "flush" | "sweep" | "close"> {
  send(packet: Packet): boolean;
}

export interface CourierOptions {
  /** A connection of its own, so that heartbeats do not queue behind megabytes. */
  readonly dial: (courier: SnapshotCourier) => CourierLink;
  readonly open: (snapshot: Snapshot) => Promise<SnapshotSource>;
  /** Monotonic clock, ms. */
  readonly nowMs: () => number;
  /** Did not arrive. Whoever wants it sent again says so. */
  readonly onFailed: () => void;
}

interface Delivery {
  /** The newest that asked for it: an earlier one's term may be over. */
  message: SnapshotMessage;
  source: SnapshotSource | undefined;
  at: number;
}

const idleMsMax = 5000;

/** Brings snapshots to one peer, one at a time: the file in pieces, as the connection takes them, then the message that tells of it. */
export class SnapshotCourier {
  readonly #options: CourierOptions;
  #link: CourierLink | undefined;
  #delivery: Delivery | undefined;
  #isPumping = false;
  #usedAtMs = 0;
  /** All of a snapshot was sent on this link. If it is lost now, perhaps because the peer refused what came, nobody knows whether it arrived. */
  #isUnconfirmed = false;
  /** Told in the next sweep: whoever asks again at once would do so without end. */
  #hasFailed = false;

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  /** While one is on its way others are passed over: whatever arrives first serves, and the machine asks again for what it still needs. */
  deliver(message: SnapshotMessage): void {
    const { meta } = message.snapshot;
    const under = this.#delivery?.message.snapshot.meta;
    if (this.#delivery !== undefined) {
      if (under?.index === meta.index && under.term === meta.term) this.#delivery.message = message;
      return;
    }
    this.#usedAtMs = this.#options.nowMs();
    this.#delivery = { message, source: undefined, at: 0 };
    this.#link ??= this.#options.dial(this);
    this.#link.sweep(false);
    this.pump();
  }

  /** The link is up, or has room again. */
  pump(): void {
    const delivery = this.#delivery;
    if (delivery === undefined || this.#isPumping) return;
    this.#isPumping = true;
    void this.#pump(delivery)
      .catch(() => this.#fail())
      .finally(() => {
        this.#isPumping = false;
      });
  }

  async #pump(delivery: Delivery): Promise<void> {
    delivery.source ??= await this.#options.open(delivery.message.snapshot);
    const { source } = delivery;
    while (this.#delivery === delivery && this.#link?.isUp === true && this.#link.hasRoom) {
      const bytes = await source.read();
      if (this.#delivery !== delivery) break;
      this.#usedAtMs = this.#options.nowMs();
      if (bytes === undefined) {
        const { message } = delivery;
        const { meta, data } = message.snapshot;
        this.#link.send(["snapshot", { ...message, snapshot: { meta, data: { byteLength: data.byteLength } } }]);
        this.#delivery = undefined;
        this.#isUnconfirmed = true;
      } else {
        this.#link.send(["piece", delivery.at, bytes]);
        delivery.at += bytes.length;
      }
      this.#link.flush();
    }
    if (this.#delivery !== delivery) await source.close();
  }

  /** The link is gone. */
  lost(): void {
    this.#link?.close();
    this.#link = undefined;
    this.#fail();
  }

  #fail(): void {
    if (this.#delivery === undefined && !this.#isUnconfirmed) return;
    this.#drop();
    this.#isUnconfirmed = false;
    this.#hasFailed = true;
  }

  /** A pump under way closes the source when it comes back. */
  #drop(): void {
    const source = this.#delivery?.source;
    this.#delivery = undefined;
    if (!this.#isPumping) void source?.close();
  }

  /** Called several times a second. `paused`: see `PeerLink.sweep`. */
  sweep(paused: boolean): void {
    if (this.#hasFailed) {
      this.#hasFailed = false;
      this.#options.onFailed();
    }
    if (this.#link === undefined) return;
    const isUsed = this.#delivery !== undefined || this.#options.nowMs() - this.#usedAtMs <= idleMsMax;
    if (isUsed || !this.#link.isIdle) this.#link.sweep(paused);
    else this.#closeLink();
  }

  close(): void {
    this.#drop();
    this.#closeLink();
  }

  #closeLink(): void {
    const link = this.#link;
    this.#link = undefined;
    this.#isUnconfirmed = false;
    link?.close();
  }
}
