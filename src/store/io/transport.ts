import type { Server } from "node:net";
import { messageOf } from "../../core/errors.js";
import type { Member } from "../replica.js";
import type { MemberId, Message, Snapshot } from "../raft/types.js";
import type { Packet } from "./frames.js";
import { PeerLink } from "./peer-link.js";
import { PeerNetwork } from "./peer-network.js";
import type { Guest, Hearer, Peer, PeerNetworkOptions, Speaker } from "./peer-network.js";
import { SnapshotCourier } from "./snapshot-courier.js";
import type { SnapshotMessage } from "./snapshot-courier.js";
import type { SnapshotSource } from "./snapshot-file.js";
import type { SnapshotIntake } from "./snapshot-intake.js";

/** What became of a question to a peer. */
export type Reply =
  | { readonly type: "answered"; readonly body: unknown }
  /** It never left: the peer cannot have acted on it. */
  | { readonly type: "not-sent" }
  /** The connection broke before the answer came: the peer may have acted on it. */
  | { readonly type: "lost" };

export interface TransportOptions extends Omit<PeerNetworkOptions, "protocol"> {
  readonly onMessage: (message: Message) => void;
  readonly snapshots: {
    readonly open: (snapshot: Snapshot) => Promise<SnapshotSource>;
    readonly receive: () => SnapshotIntake;
  };
  /** `answer` is called once, at any later time. */
  readonly onAsk: (from: MemberId, body: unknown, answer: (body: unknown) => void) => void;
}

interface RaftPeer {
  readonly peer: Peer;
  readonly courier: SnapshotCourier;
  readonly asks: Map<number, (reply: Reply) => void>;
}

/** Raft's messages, and questions with answers, between members. What cannot be sent now is dropped: raft repeats itself. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #network: PeerNetwork;
  readonly #peers = new Map<MemberId, RaftPeer>();
  #lastAsk = 0;

  constructor(options: TransportOptions) {
    this.#options = options;
    const protocol = { speakTo: (peer: Peer) => this.#speakTo(peer), hear: (guest: Guest) => this.#hear(guest) };
    this.#network = new PeerNetwork({ ...options, protocol });
  }

  /** See {@link PeerNetwork.listen}. */
  listen(host: string | undefined, port: number, listening?: Server): Promise<number> {
    return this.#network.listen(host, port, listening);
  }

  /** From now on these are the peers; links to others are closed. */
  setPeers(members: Iterable<Member>): void {
    this.#network.setPeers(members);
  }

  isUp(member: MemberId): boolean {
    return this.#network.isUp(member);
  }

  /** True where both directions stand: what is asked can be answered. */
  hears(member: MemberId): boolean {
    return this.#network.hears(member);
  }

  send(message: Message): void {
    const known = this.#peers.get(message.to);
    if (known === undefined) return;
    const { peer, courier } = known;
    if (message.type === "snapshot" && peer.link.isUp) {
      courier.deliver(message);
    } else if (message.type !== "snapshot" && peer.link.send(["raft", message])) {
      this.#network.flushSoon();
    } else {
      peer.dropped = true;
    }
  }

  ask(member: MemberId, body: unknown, onReply: (reply: Reply) => void): void {
    const known = this.#peers.get(member);
    const id = ++this.#lastAsk;
    if (known === undefined || !known.peer.link.send(["ask", id, body])) {
      onReply({ type: "not-sent" });
      return;
    }
    known.asks.set(id, onReply);
    this.#network.flushSoon();
  }

  /** Writes out what was queued. Needs not be called: what is queued leaves at the end of the turn anyway. */
  flush(): void {
    this.#network.flush();
  }

  close(): void {
    this.#network.close();
  }

  #speakTo(peer: Peer): Speaker {
    const asks = new Map<number, (reply: Reply) => void>();
    const { member } = peer;
    const known = { peer, courier: this.#courierTo(member), asks };
    this.#peers.set(member.id, known);
    return {
      take: (packet) => {
        if (packet[0] !== "answer") return;
        asks.get(packet[1])?.({ type: "answered", body: packet[2] });
        asks.delete(packet[1]);
      },
      lost: () => {
        for (const onReply of asks.values()) onReply({ type: "lost" });
        asks.clear();
      },
      sweep: (paused) => known.courier.sweep(paused),
      close: () => {
        if (this.#peers.get(member.id) === known) this.#peers.delete(member.id);
        known.courier.close();
      },
    };
  }

  #courierTo(member: Member): SnapshotCourier {
    const { cluster, self, clock, causality, snapshots, onUnreachable } = this.#options;
    const nowMs = clock.monotonicMs;
    return new SnapshotCourier({
      nowMs,
      open: snapshots.open,
      onFailed: () => onUnreachable(member.id),
      dial: (courier) =>
        new PeerLink({
          cluster,
          self,
          peer: member,
          causality,
          nowMs,
          onReady: () => courier.pump(),
          onDrain: () => courier.pump(),
          onLost: () => courier.lost(),
          onRemoved: () => undefined,
          onPacket: () => undefined,
        }),
    });
  }

  #hear(guest: Guest): Hearer {
    const snapshots = new GuestSnapshots(guest, this.#options);
    const take = (packet: Packet): void => {
      switch (packet[0]) {
        case "raft":
          // members of older versions send a snapshot's state within the message
          if (packet[1].type !== "snapshot") this.#options.onMessage(packet[1]);
          return;
        case "piece":
          return snapshots.takePiece(packet[1], packet[2]);
        case "snapshot":
          return snapshots.takeSnapshot(packet[1]);
        case "ask": {
          const id = packet[1];
          return this.#options.onAsk(guest.from, packet[2], (body) => guest.reply(["answer", id, body]));
        }
        default:
          return;
      }
    };
    return { take, closed: () => snapshots.abort() };
  }
}

/** Snapshots that come on one connection. */
class GuestSnapshots {
  readonly #guest: Guest;
  readonly #options: Pick<TransportOptions, "snapshots" | "log" | "onMessage">;
  /** The snapshot whose pieces are coming. */
  #intake: SnapshotIntake | undefined;

  constructor(guest: Guest, options: Pick<TransportOptions, "snapshots" | "log" | "onMessage">) {
    this.#guest = guest;
    this.#options = options;
  }

  /** Nothing more is read until it is written, so that no more of a snapshot is in memory than a few pieces. */
  takePiece(at: number, bytes: Uint8Array): void {
    if (at === 0) {
      void this.#intake?.abort();
      this.#intake = this.#options.snapshots.receive();
    }
    const intake = this.#intake;
    if (intake?.bytes !== at) throw new RangeError(`a piece of a snapshot is of byte ${at}, expected was ${intake?.bytes ?? 0}`);
    const { socket } = this.#guest;
    socket.pause();
    intake.write(bytes).then(
      () => socket.resume(),
      (error: unknown) => this.#refuse(error),
    );
  }

  takeSnapshot(message: SnapshotMessage): void {
    const intake = this.#intake;
    if (intake === undefined) throw new RangeError("a snapshot's message came without its pieces");
    const { meta } = message.snapshot;
    intake.end(meta).then(
      (data) => {
        if (this.#intake === intake) this.#intake = undefined;
        this.#options.onMessage({ ...message, snapshot: { meta, data } });
      },
      (error: unknown) => this.#refuse(error),
    );
  }

  abort(): void {
    void this.#intake?.abort();
  }

  /** The sender sees the connection go, and begins anew when the machine asks for it. */
  #refuse(error: unknown): void {
    const { socket, from } = this.#guest;
    if (socket.destroyed) return;
    const msg = `refused a snapshot from member ${from}: ${messageOf(error)}`;
    this.#options.log("warn", "snapshot-refused", msg, { from, why: messageOf(error) });
    socket.destroy();
  }
}
