import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import type { Log } from "../../core/log-line.js";
import { messageOf } from "../../core/errors.js";
import type { Standing } from "../admission.js";
import type { Causality } from "../causality.js";
import type { Clock } from "../clock.js";
import type { Member } from "../replica.js";
import { none } from "../raft/types.js";
import type { MemberId } from "../raft/types.js";
import { FrameReader, FrameWriter } from "./frames.js";
import type { Packet } from "./frames.js";
import { listenOn, portOf } from "./listen.js";
import { PeerLink } from "./peer-link.js";

export interface PeerNetworkOptions {
  readonly cluster: string;
  readonly self: MemberId;
  readonly clock: Clock;
  /** Its stamps go with everything that is sent, and those of peers are taken from everything that arrives. */
  readonly causality: Causality;
  readonly log: Log;
  /** What a member has to know whose disk holds nothing; the text is its process's. */
  readonly standingOf: (empty: string) => Standing;
  /** Something for this member was dropped. */
  readonly onUnreachable: (member: MemberId) => void;
  /** Its process is gone, as its machine says. */
  readonly onGone: (member: MemberId) => void;
  /** Whether it was a member once; such a one is not listened to any more. */
  readonly isRemoved: (member: MemberId) => boolean;
  /** This peer says the same of `self`. */
  readonly onRemoved: (toldBy: MemberId) => void;
  /** A connection to or from this member stands. */
  readonly onReady: (member: MemberId) => void;
  /** What the members have to say to each other. */
  readonly protocol: PeerProtocol;
}

export interface PeerProtocol {
  /** A member is dialled from here on. */
  speakTo(peer: Peer): Speaker;
  /** Somebody has dialled, and greeted. */
  hear(guest: Guest): Hearer;
}

/** For the side that dialled. */
export interface Speaker {
  /** What the peer says on the connection that leads to it. */
  take(packet: Packet): void;
  /** The connection broke, or a dial failed: what was asked of the peer will not be answered. */
  lost(): void;
  /** A few times a second; `paused`: this process itself did not run for a while. */
  sweep(paused: boolean): void;
  /** It is dialled no more. */
  close(): void;
}

/** For the side that was dialled. */
export interface Hearer {
  /** Throws where the packet makes no sense: the connection is then closed. */
  take(packet: Packet): void;
  closed(): void;
}

/** A member that is dialled. */
export interface Peer {
  readonly member: Member;
  readonly link: PeerLink;
  /** Something for it was dropped since the last sweep. */
  dropped: boolean;
}

/** A member that has dialled. */
export interface Guest {
  readonly from: MemberId;
  readonly socket: Socket;
  /** Answers on the guest's own connection. */
  readonly reply: (packet: Packet) => void;
}

interface Dialled extends Peer {
  readonly speaker: Speaker;
  saidLostAtMs: number;
}

interface Incoming {
  readonly socket: Socket;
  readonly writer: FrameWriter;
  from: MemberId | undefined;
  heardAtMs: number;
  /** The last beat, and bytes read up to then: while more arrive we say that we are here. */
  beatAtMs: number;
  bytesAtBeat: number;
  outbox: Packet[];
  hearer: Hearer | undefined;
}

const sweepEveryMs = 100;
/** A sweep so late means that this process did not run (SIGSTOP, a frozen cgroup, a long pause). */
const pauseMs = 1000;
/** Whoever dials beats at least every half second, and takes three times as long a silence for the end of the connection. */
const beatEveryMs = 300;
/** Whoever dials beats more often than this, so a longer silence means that it is gone. */
const incomingSilenceMaxMs = 5000;
/** A peer that comes and goes is mentioned no more often than this. */
const mentionEveryMs = 5000;
/** A dial that fails during a long cut is news for nobody. */
const mentionDialEveryMs = 30_000;

/**
 * Connections between members, whatever these say to each other. Each member dials each other one and speaks first on that connection; whoever
 * accepted it answers there. What cannot be sent now is dropped. Packets leave in one write per peer and turn of the event loop.
 */
export class PeerNetwork {
  readonly #options: PeerNetworkOptions;
  readonly #peers = new Map<MemberId, Dialled>();
  readonly #incoming = new Set<Incoming>();
  #server: Server;
  #stopSweeping = (): void => undefined;
  #sweptAtMs = 0;
  #flushing: NodeJS.Immediate | undefined;

  constructor(options: PeerNetworkOptions) {
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
      peer.speaker.close();
    }
    for (const [id, member] of wanted) if (!this.#peers.has(id)) this.#dial(member);
  }

  isUp(member: MemberId): boolean {
    return this.#peers.get(member)?.link.isUp ?? false;
  }

  /** True where both directions stand: what is asked can be answered. */
  hears(member: MemberId): boolean {
    return this.isUp(member) && [...this.#incoming].some(({ from }) => from === member);
  }

  /** What is queued leaves at the end of the turn. */
  flushSoon(): void {
    this.#flushing ??= setImmediate(() => this.flush());
  }

  /** Writes out what was queued. */
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

  #dial(member: Member): void {
    const { cluster, self, clock, causality, log, onReady, onGone, onRemoved, protocol } = this.#options;
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
        peer.speaker.lost();
        peer.dropped = true;
      },
      onGone: () => onGone(member.id),
      onRemoved: () => onRemoved(member.id),
      onPacket: (packet) => peer.speaker.take(packet),
    });
    const dialled = { member, link, dropped: false, saidLostAtMs: -Infinity };
    const peer: Dialled = Object.assign(dialled, { speaker: protocol.speakTo(dialled) });
    this.#peers.set(member.id, peer);
    link.sweep(false);
  }

  #mentionLost(peer: Dialled, why: string, wasUp: boolean): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - peer.saidLostAtMs < (wasUp ? mentionEveryMs : mentionDialEveryMs)) return;
    peer.saidLostAtMs = nowMs;
    const { name } = peer.member;
    // an attempt that failed is no news; a connection that broke is
    this.#options.log(wasUp ? "info" : "debug", "peer-lost", `no connection to ${name}: ${why}`, { peer: name, why });
  }

  #accept(socket: Socket): void {
    const nowMs = this.#options.clock.monotonicMs;
    const reader = new FrameReader();
    const incoming: Incoming = {
      socket,
      writer: new FrameWriter(),
      from: undefined,
      heardAtMs: nowMs(),
      beatAtMs: -Infinity,
      bytesAtBeat: 0,
      outbox: [],
      hearer: undefined,
    };
    this.#incoming.add(incoming);
    const take = (packet: Packet): void => this.#take(incoming, packet);
    socket.on("data", (chunk) => {
      incoming.heardAtMs = nowMs();
      try {
        reader.read(chunk, take);
      } catch (error) {
        this.#options.log("warn", "peer-refused", `closed a connection on the peer port: ${messageOf(error)}`);
        socket.destroy();
      }
    });
    // The dialling side says why a link broke; here the close is enough.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#incoming.delete(incoming);
      incoming.hearer?.closed();
    });
  }

  #take(incoming: Incoming, packet: Packet): void {
    if (incoming.from === undefined) this.#greet(incoming, packet);
    else if (packet[0] === "clock") this.#options.causality.receive(packet[1]);
    else incoming.hearer?.take(packet);
  }

  #greet(incoming: Incoming, packet: Packet): void {
    const { cluster, self, causality, onReady, protocol, standingOf } = this.#options;
    const { socket } = incoming;
    if (packet[0] !== "hello") throw new RangeError("the first packet is no hello");
    const hello = packet[1];
    const isForUs = hello.to === self || hello.empty !== undefined;
    if (hello.cluster !== cluster || !isForUs) {
      socket.write(incoming.writer.encode([["refused", `this is member ${self} of ${cluster}`]]));
      socket.end();
      return;
    }
    const from = hello.empty === undefined ? hello.from : none;
    if (hello.empty !== undefined) {
      // no peer yet, under whatever number it comes
      this.#write(incoming, [["welcome", standingOf(hello.empty)]]);
    } else {
      if (this.#refuseRemoved(incoming, from)) return;
      if (hello.clock !== undefined) causality.receive(hello.clock);
      this.#write(incoming, [["welcome"]]);
    }
    incoming.from = from;
    const reply = (answer: Packet): void => {
      incoming.outbox.push(answer);
      this.flushSoon();
    };
    incoming.hearer = protocol.hear({ from, socket, reply });
    if (hello.empty !== undefined) return;
    // Whoever reaches us can be reached: no need to wait for the next attempt.
    this.#peers.get(from)?.link.dialNow();
    onReady(from);
  }

  #refuseRemoved(incoming: Incoming, from: MemberId | undefined): boolean {
    const { cluster, isRemoved } = this.#options;
    if (from === undefined || from === none || !isRemoved(from)) return false;
    const refused = ["refused", `member ${from} was removed from ${cluster}`, "removed"] as const;
    incoming.socket.write(incoming.writer.encode([refused]));
    incoming.socket.end();
    return true;
  }

  #write({ socket, writer }: Incoming, packets: readonly Packet[]): void {
    socket.write(writer.encode(packets, this.#options.causality.send()));
  }

  #beat(incoming: Incoming, nowMs: number): void {
    const { socket, from, bytesAtBeat } = incoming;
    if (from === undefined || socket.bytesRead === bytesAtBeat) return;
    incoming.beatAtMs = nowMs;
    incoming.bytesAtBeat = socket.bytesRead;
    incoming.outbox.push(["beat"]);
    this.flushSoon();
  }

  #sweep(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const paused = nowMs - this.#sweptAtMs > pauseMs;
    this.#sweptAtMs = nowMs;
    for (const peer of this.#peers.values()) {
      peer.link.sweep(paused);
      peer.speaker.sweep(paused);
      if (peer.dropped) this.#options.onUnreachable(peer.member.id);
      peer.dropped = false;
    }
    for (const incoming of this.#incoming) {
      // told here and not where it is removed: what it asked of us may be answered by that very change
      if (this.#refuseRemoved(incoming, incoming.from)) continue;
      if (paused) incoming.heardAtMs = nowMs;
      if (nowMs - incoming.heardAtMs > incomingSilenceMaxMs) incoming.socket.destroy();
      else if (nowMs - incoming.beatAtMs >= beatEveryMs) this.#beat(incoming, nowMs);
    }
  }
}
