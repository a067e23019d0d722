import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import type { Log } from "../../core/log-line.js";
import { messageOf } from "../../core/errors.js";
import type { Standing } from "../admission.js";
import type { Causality } from "../causality.js";
import type { Clock } from "../clock.js";
import type { Member } from "../replica.js";
import { none } from "../raft/types.js";
import type { MemberId, Message, Snapshot } from "../raft/types.js";
import { FrameReader, FrameWriter } from "./frames.js";
import type { Packet } from "./frames.js";
import { listenOn, portOf } from "./listen.js";
import { PeerLink } from "./peer-link.js";
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

export interface TransportOptions {
  readonly cluster: string;
  readonly self: MemberId;
  readonly clock: Clock;
  /** Its stamps go with everything that is sent, and those of peers are taken from everything that arrives. */
  readonly causality: Causality;
  readonly log: Log;
  readonly onMessage: (message: Message) => void;
  /** What a member has to know whose disk holds nothing; the text is its process's. */
  readonly standingOf: (empty: string) => Standing;
  readonly onUnreachable: (member: MemberId) => void;
  /** Its process is gone, as its machine says. */
  readonly onGone: (member: MemberId) => void;
  /** Whether it was a member once; such a one is not listened to any more. */
  readonly isRemoved: (member: MemberId) => boolean;
  /** This peer says the same of `self`. */
  readonly onRemoved: (toldBy: MemberId) => void;
  /** A connection to or from this member stands. */
  readonly onReady: (member: MemberId) => void;
  readonly snapshots: {
    readonly open: (snapshot: Snapshot) => Promise<SnapshotSource>;
    readonly receive: () => SnapshotIntake;
  };
  /** `answer` is called once, at any later time. */
  readonly onAsk: (from: MemberId, body: unknown, answer: (body: unknown) => void) => void;
}

interface Peer {
  readonly member: Member;
  readonly link: PeerLink;
  readonly courier: SnapshotCourier;
  readonly asks: Map<number, (reply: Reply) => void>;
  /** Something for it was dropped since the last sweep. */
  dropped: boolean;
  saidLostAtMs: number;
}

interface Incoming {
  readonly socket: Socket;
  readonly writer: FrameWriter;
  from: MemberId | undefined;
  heardAtMs: number;
  /** Bytes read up to the last beat: while more arrive we say that we are here. */
  bytesAtBeat: number;
  outbox: Packet[];
  /** The snapshot whose pieces are coming. */
  intake: SnapshotIntake | undefined;
}

const sweepEveryMs = 100;
/** A sweep so late means that this process did not run (SIGSTOP, a frozen cgroup, a long pause). */
const pauseMs = 1000;
/** Whoever dials beats more often than this, so a longer silence means that it is gone. */
const incomingSilenceMaxMs = 5000;
/** A peer that comes and goes is mentioned no more often than this. */
const mentionEveryMs = 5000;
/** A dial that fails during a long cut is news for nobody. */
const mentionDialEveryMs = 30_000;

/**
 * Messages, and questions with answers, between members. Each member dials each other one and speaks first on that connection; whoever
 * accepted it answers there. What cannot be sent now is dropped: raft repeats itself. Packets leave in one write per peer
 * and turn of the event loop.
 */
export class Transport {
  readonly #options: TransportOptions;
  readonly #peers = new Map<MemberId, Peer>();
  readonly #incoming = new Set<Incoming>();
  #server: Server;
  #stopSweeping = (): void => undefined;
  #sweptAtMs = 0;
  #lastAsk = 0;
  #flushing: NodeJS.Immediate | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true });
  }

  /** Resolves with the port once peers are accepted and dialled. `listening`: a server that has the port already. */
  async listen(host: string | undefined, port: number, listening?: Server): Promise<number> {
    if (listening !== undefined) this.#server = listening;
    this.#server.removeAllListeners("connection").on("connection", (socket: Socket) => this.#accept(socket));
    const listeningPort = listening === undefined ? await listenOn(this.#server, host, port) : portOf(listening);
    this.#sweptAtMs = this.#options.clock.monotonicMs();
    this.#stopSweeping = this.#options.clock.every(sweepEveryMs, () => this.#sweep());
    return listeningPort;
  }

  /** From now on these are the peers; links to others are closed. */
  setPeers(members: Iterable<Member>): void {
    const wanted = new Map(
      [...members].filter((member) => member.id !== this.#options.self).map((member) => [member.id, member]),
    );
    for (const [id, peer] of this.#peers) {
      const member = wanted.get(id);
      if (member !== undefined && member.host === peer.member.host && member.peerPort === peer.member.peerPort) continue;
      this.#peers.delete(id);
      peer.link.close();
      peer.courier.close();
    }
    for (const [id, member] of wanted) if (!this.#peers.has(id)) this.#addPeer(member);
  }

  isUp(member: MemberId): boolean {
    return this.#peers.get(member)?.link.isUp ?? false;
  }

  /** True where both directions stand: what is asked can be answered. */
  hears(member: MemberId): boolean {
    return this.isUp(member) && [...this.#incoming].some(({ from }) => from === member);
  }

  send(message: Message): void {
    const peer = this.#peers.get(message.to);
    if (peer === undefined) return;
    if (message.type === "snapshot" && peer.link.isUp) {
      peer.courier.deliver(message);
    } else if (message.type !== "snapshot" && peer.link.send(["raft", message])) {
      this.#flushSoon();
    } else {
      peer.dropped = true;
    }
  }

  ask(member: MemberId, body: unknown, onReply: (reply: Reply) => void): void {
    const peer = this.#peers.get(member);
    const id = ++this.#lastAsk;
    if (peer === undefined || !peer.link.send(["ask", id, body])) {
      onReply({ type: "not-sent" });
      return;
    }
    peer.asks.set(id, onReply);
    this.#flushSoon();
  }

  /** Writes out what was queued. Needs not be called: what is queued leaves at the end of the turn anyway. */
  flush(): void {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    for (const peer of this.#peers.values()) peer.link.flush();
    for (const incoming of this.#incoming) {
      if (incoming.outbox.length === 0) continue;
      const packets = incoming.outbox;
      incoming.outbox = [];
      if (incoming.socket.writable) this.#write(incoming, packets);
    }
  }

  close(): void {
    this.#stopSweeping();
    this.flush();
    this.#server.close();
    for (const incoming of this.#incoming) incoming.socket.destroySoon();
    this.setPeers([]);
  }

  #addPeer(member: Member): void {
    const { cluster, self, clock, causality, log, onReady, onGone, onRemoved } = this.#options;
    const asks = new Map<number, (reply: Reply) => void>();
    const link = new PeerLink({
      cluster,
      self,
      peer: member,
      causality,
      nowMs: clock.monotonicMs,
      onReady: () => {
        log("debug", "peer-connected", `connected to ${member.name}`, { peer: member.name });
        onReady(member.id);
      },
      onLost: (why, wasUp) => {
        if (this.#peers.get(member.id) === peer) this.#mentionLost(peer, why, wasUp);
        for (const onReply of asks.values()) onReply({ type: "lost" });
        asks.clear();
        peer.dropped = true;
      },
      onGone: () => onGone(member.id),
      onRemoved: () => onRemoved(member.id),
      onPacket: (packet) => {
        if (packet[0] !== "answer") return;
        asks.get(packet[1])?.({ type: "answered", body: packet[2] });
        asks.delete(packet[1]);
      },
    });
    const peer: Peer = {
      member,
      link,
      courier: this.#courierTo(member),
      asks,
      dropped: false,
      saidLostAtMs: -Infinity,
    };
    this.#peers.set(member.id, peer);
    link.sweep(false);
  }

  #mentionLost(peer: Peer, why: string, wasUp: boolean): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - peer.saidLostAtMs < (wasUp ? mentionEveryMs : mentionDialEveryMs)) return;
    peer.saidLostAtMs = nowMs;
    const { name } = peer.member;
    // an attempt that failed is no news; a connection that broke is
    this.#options.log(wasUp ? "info" : "debug", "peer-lost", `no connection to ${name}: ${why}`, { peer: name, why });
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

  #accept(socket: Socket): void {
    const nowMs = this.#options.clock.monotonicMs;
    const reader = new FrameReader();
    const incoming: Incoming = {
      socket,
      writer: new FrameWriter(),
      from: undefined,
      heardAtMs: nowMs(),
      bytesAtBeat: 0,
      outbox: [],
      intake: undefined,
    };
    this.#incoming.add(incoming);
    socket.on("data", (chunk) => {
      incoming.heardAtMs = nowMs();
      try {
        for (const packets of reader.read(chunk)) for (const packet of packets) this.#take(incoming, packet);
      } catch (error) {
        this.#options.log("warn", "peer-refused", `closed a connection on the peer port: ${messageOf(error)}`);
        socket.destroy();
      }
    });
    // The dialling side says why a link broke; here the close is enough.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#incoming.delete(incoming);
      void incoming.intake?.abort();
    });
  }

  #take(incoming: Incoming, packet: Packet): void {
    const { cluster, self, causality, onMessage, onReady, onAsk } = this.#options;
    if (incoming.from === undefined) {
      if (packet[0] !== "hello") throw new RangeError("the first packet is no hello");
      const hello = packet[1];
      const isForUs = hello.to === self || hello.empty !== undefined;
      if (hello.cluster !== cluster || !isForUs) {
        incoming.socket.write(incoming.writer.encode([["refused", `this is member ${self} of ${cluster}`]]));
        incoming.socket.end();
        return;
      }
      if (hello.empty !== undefined) {
        // no peer yet, under whatever number it comes
        incoming.from = none;
        this.#write(incoming, [["welcome", this.#options.standingOf(hello.empty)]]);
        return;
      }
      if (this.#refuseRemoved(incoming, hello.from)) return;
      incoming.from = hello.from;
      if (hello.clock !== undefined) causality.receive(hello.clock);
      this.#write(incoming, [["welcome"]]);
      // Whoever reaches us can be reached: no need to wait for the next attempt.
      this.#peers.get(hello.from)?.link.dialNow();
      onReady(hello.from);
      return;
    }
    switch (packet[0]) {
      case "clock":
        causality.receive(packet[1]);
        return;
      case "raft":
        // members of older versions send a snapshot's state within the message
        if (packet[1].type !== "snapshot") onMessage(packet[1]);
        return;
      case "piece":
        this.#takePiece(incoming, packet[1], packet[2]);
        return;
      case "snapshot":
        this.#takeSnapshot(incoming, packet[1]);
        return;
      case "ask": {
        const id = packet[1];
        onAsk(incoming.from, packet[2], (body) => {
          incoming.outbox.push(["answer", id, body]);
          this.#flushSoon();
        });
        return;
      }
      default:
        return;
    }
  }

  #refuseRemoved(incoming: Incoming, from: MemberId | undefined): boolean {
    const { cluster, isRemoved } = this.#options;
    if (from === undefined || from === none || !isRemoved(from)) return false;
    const refused = ["refused", `member ${from} was removed from ${cluster}`, "removed"] as const;
    incoming.socket.write(incoming.writer.encode([refused]));
    incoming.socket.end();
    return true;
  }

  /** Nothing more is read until it is written, so that no more of a snapshot is in memory than a few pieces. */
  #takePiece(incoming: Incoming, at: number, bytes: Uint8Array): void {
    if (at === 0) {
      void incoming.intake?.abort();
      incoming.intake = this.#options.snapshots.receive();
    }
    const { intake, socket } = incoming;
    if (intake?.bytes !== at) throw new RangeError(`a piece of a snapshot is of byte ${at}, expected was ${intake?.bytes ?? 0}`);
    socket.pause();
    intake.write(bytes).then(
      () => socket.resume(),
      (error: unknown) => this.#refuseSnapshot(incoming, error),
    );
  }

  #takeSnapshot(incoming: Incoming, message: SnapshotMessage): void {
    const { intake } = incoming;
    if (intake === undefined) throw new RangeError("a snapshot's message came without its pieces");
    const { meta } = message.snapshot;
    intake.end(meta).then(
      (data) => {
        if (incoming.intake === intake) incoming.intake = undefined;
        this.#options.onMessage({ ...message, snapshot: { meta, data } });
      },
      (error: unknown) => this.#refuseSnapshot(incoming, error),
    );
  }

  /** The sender sees the connection go, and begins anew when the machine asks for it. */
  #refuseSnapshot({ socket, from }: Incoming, error: unknown): void {
    if (socket.destroyed) return;
    const msg = `refused a snapshot from member ${from}: ${messageOf(error)}`;
    this.#options.log("warn", "snapshot-refused", msg, { from, why: messageOf(error) });
    socket.destroy();
  }

  #flushSoon(): void {
    this.#flushing ??= setImmediate(() => this.flush());
  }

  #write({ socket, writer }: Incoming, packets: readonly Packet[]): void {
    socket.write(writer.encode([["clock", this.#options.causality.send()], ...packets]));
  }

  #sweep(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const paused = nowMs - this.#sweptAtMs > pauseMs;
    this.#sweptAtMs = nowMs;
    for (const peer of this.#peers.values()) {
      peer.link.sweep(paused);
      peer.courier.sweep(paused);
      if (peer.dropped) this.#options.onUnreachable(peer.member.id);
      peer.dropped = false;
    }
    for (const incoming of this.#incoming) {
      // told here and not where it is removed: what it asked of us may be answered by that very change
      if (this.#refuseRemoved(incoming, incoming.from)) continue;
      if (paused) incoming.heardAtMs = nowMs;
      if (nowMs - incoming.heardAtMs > incomingSilenceMaxMs) incoming.socket.destroy();
      else if (incoming.socket.bytesRead > incoming.bytesAtBeat && incoming.from !== undefined) {
        incoming.bytesAtBeat = incoming.socket.bytesRead;
        incoming.outbox.push(["beat"]);
        this.#flushSoon();
      }
    }
  }
}
