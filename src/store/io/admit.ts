import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { randomBytes } from "node:crypto";
import type { Log } from "../../core/log-line.js";
import { decideAdmission } from "../admission.js";
import type { Standing } from "../admission.js";
import type { Answer, Ask } from "../ask.js";
import type { Causality } from "../causality.js";
import type { Clock } from "../clock.js";
import type { Address, NodeOptions } from "../node-options.js";
import { none } from "../raft/types.js";
import type { MemberId } from "../raft/types.js";
import type { Member } from "../replica.js";
import { FrameReader, FrameWriter } from "./frames.js";
import type { Packet } from "./frames.js";
import { listenOn } from "./listen.js";
import { PeerLink } from "./peer-link.js";

/** How a member whose disk holds nothing begins. */
export type Admitted =
  /** With the other founders. `emptyWith`: the processes that held nothing either. */
  | { readonly type: "founds"; readonly emptyWith: ReadonlySet<string> }
  /** The leader brings it the log, under this number. */
  | { readonly type: "joins"; readonly member: MemberId; readonly members: readonly Member[] }
  /** It is no member, and nobody asked for it to be one. */
  | { readonly type: "removed" };

export interface AdmissionOptions extends Pick<NodeOptions, "cluster" | "node" | "member" | "members" | "clusterState"> {
  readonly peerAddress: Address;
  readonly clock: Clock;
  readonly causality: Causality;
  readonly log: Log;
}

const sweepEveryMs = 25;
/** A leader that could not do it yet is asked again after this. */
const askAgainMs = 200;
const mentionWaitingAfterMs = 5000;

/** Finds out what an empty disk means (../admission.ts), on the peer port and before there is a node: this member votes for nobody meanwhile. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #token = randomBytes(12).toString("base64url");
  readonly #startedMs: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** By address: numbers may be out of date. */
  readonly #peers = new Map<string, Peer>();
  readonly #heard = new Map<MemberId, Standing>();
  readonly #emptyWith = new Set<string>();
  #resolve: (admitted: Admitted) => void = () => undefined;
  #stopSweeping: () => void = () => undefined;
  #saidWaiting = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** Resolves once it is known, however long that takes. */
  async run(): Promise<Admitted> {
    const { peerAddress, members, clock } = this.#options;
    await listenOn(this.#server, peerAddress.host, peerAddress.port);
    const admitted = new Promise<Admitted>((resolve) => (this.#resolve = resolve));
    for (const member of members) this.#meet(member);
    this.#stopSweeping = clock.every(sweepEveryMs, () => this.#sweep());
    this.#decide();
    return admitted;
  }

  /** In words, as long as it is not known. */
  get waitsFor(): string {
    const { member, members, clusterState } = this.#options;
    if (clusterState === "existing" || [...this.#heard.values()].some(({ isEmpty }) => !isEmpty))
      return "its disk is empty: waiting for a leader to take it in";
    const unheard = members.filter(({ id }) => id !== member && !this.#heard.has(id)).map(({ name }) => name);
    return `its disk is empty: waiting to hear from ${unheard.join(", ")} whether theirs are, too`;
  }

  /** The port stays taken: the server listens, and turns away whoever comes. */
  end(): Server {
    this.#stopSweeping();
    for (const { link } of this.#peers.values()) link.close();
    for (const socket of this.#sockets) socket.destroySoon();
    return this.#server.removeAllListeners("connection").on("connection", (socket) => socket.destroy());
  }

  get #itself(): Member {
    const { member, members, node } = this.#options;
    return members.find(({ name }) => name === node) ?? (members.find(({ id }) => id === member) as Member);
  }

  /** Greets whoever may know something. */
  #meet(member: Member): void {
    const { cluster, causality, clock, member: self } = this.#options;
    const address = `${member.host}:${member.peerPort}`;
    const itself = this.#itself;
    if (this.#peers.has(address) || address === `${itself.host}:${itself.peerPort}`) return;
    const peer: Peer = {
      askedAtMs: -Infinity,
      holdsLog: false,
      link: new PeerLink({
        cluster,
        self,
        causality,
        empty: this.#token,
        peer: { ...member, id: none },
        nowMs: clock.monotonicMs,
        onReady: (standing) => this.#onStanding(member.id, peer, standing),
        onLost: () => (peer.askedAtMs = -Infinity),
        onRemoved: () => undefined,
        onPacket: (packet) => {
          if (packet[0] === "answer") this.#onAnswer(packet[2] as Answer);
        },
      }),
    };
    this.#peers.set(address, peer);
    peer.link.sweep(false);
  }

  #onStanding(id: MemberId, peer: Peer, standing: Standing | undefined): void {
    if (standing === undefined) return;
    peer.holdsLog = !standing.isEmpty;
    this.#heard.set(id, standing);
    if (standing.empty !== undefined) this.#emptyWith.add(standing.empty);
    for (const member of standing.members) this.#meet(member);
    this.#decide();
  }

  #decide(): void {
    const { member, members, clusterState, clock } = this.#options;
    const founders = members.map(({ id }) => id);
    const waitedMs = clock.monotonicMs() - this.#startedMs;
    switch (decideAdmission({ self: member, clusterState, founders, heard: this.#heard, waitedMs })) {
      case "found":
        return this.#resolve({ type: "founds", emptyWith: this.#emptyWith });
      case "ask":
        return this.#askEverybody();
      case "wait":
        return;
    }
  }

  /** Only the leader acts on it; the others say that they do not lead. */
  #askEverybody(): void {
    const { clock, member } = this.#options;
    const { name, host, peerPort } = this.#itself;
    const ask: Ask = { type: "member", change: { kind: "rejoin", member, name, host, peerPort } };
    const nowMs = clock.monotonicMs();
    for (const peer of this.#peers.values()) {
      if (!peer.holdsLog || nowMs - peer.askedAtMs < askAgainMs || !peer.link.send(["ask", 1, ask])) continue;
      peer.askedAtMs = nowMs;
      peer.link.flush();
    }
  }

  #onAnswer(answer: Answer): void {
    if (answer.type === "memberChanged") {
      const { members } = [...this.#heard.values()].find(({ isEmpty }) => !isEmpty) ?? this.#options;
      const itself = { ...this.#itself, id: answer.member };
      const others = members.filter(({ host, peerPort }) => host !== itself.host || peerPort !== itself.peerPort);
      this.#resolve({ type: "joins", member: answer.member, members: [...others, itself] });
    } else if (answer.type === "failed" && answer.failure.error === "memberNotFound") {
      this.#resolve({ type: "removed" });
    }
  }

  #accept(socket: Socket): void {
    const { cluster, causality, members } = this.#options;
    const reader = new FrameReader();
    const writer = new FrameWriter();
    this.#sockets.add(socket);
    const take = (packet: Packet): void => {
      if (packet[0] !== "hello") return;
      const { cluster: theirs, empty, clock } = packet[1];
      if (theirs !== cluster || empty === undefined) {
        socket.write(writer.encode([["refused", "this member holds nothing yet"]]));
        socket.end();
        return;
      }
      this.#emptyWith.add(empty);
      if (clock !== undefined) causality.receive(clock);
      socket.write(writer.encode([["welcome", { isEmpty: true, empty: this.#token, members }]]));
    };
    socket.on("data", (chunk) => {
      try {
        reader.read(chunk, take);
      } catch {
        socket.destroy();
      }
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
  }

  #sweep(): void {
    for (const { link } of this.#peers.values()) link.sweep(false);
    this.#decide();
    const waitedMs = Math.round(this.#options.clock.monotonicMs() - this.#startedMs);
    if (this.#saidWaiting || waitedMs < mentionWaitingAfterMs) return;
    this.#saidWaiting = true;
    this.#options.log("warn", "waiting-for-leader", this.waitsFor, { waitedMs });
  }
}

interface Peer {
  readonly link: PeerLink;
  askedAtMs: number;
  holdsLog: boolean;
}
