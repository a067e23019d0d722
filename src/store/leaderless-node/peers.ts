import type { ClusterState } from "../leaderless/gossip/cluster-state.js";
import { presentMembers } from "../leaderless/gossip/membership.js";
import { decodeMessages, isCoded, writeMessage } from "../leaderless/message-codec.js";
import { parseMessage } from "../leaderless/message-shape.js";
import { sentBy, type Message, type Outgoing } from "../leaderless/messages.js";
import { ByteWriter } from "../leaderless/versions/binary.js";
import type { Packet } from "../io/frames.js";
import { PeerNetwork } from "../io/peer-network.js";
import type { Guest, Hearer, Peer, PeerNetworkOptions, Speaker } from "../io/peer-network.js";
import type { MemberId } from "../raft/types.js";
import type { Member } from "../replica.js";
import { memberAt } from "./address.js";

export interface PeersOptions extends Pick<PeerNetworkOptions, "cluster" | "self" | "clock" | "causality" | "log"> {
  /** This node's own. */
  readonly name: string;
  /** Members as this node was told of them before it knew any ring. */
  readonly known: readonly Member[];
  readonly onMessage: (message: Message) => void;
  /** Something for this member was dropped, or its process is gone. */
  readonly onUnreachable: (member: string) => void;
}

interface Correspondent {
  readonly peer: Peer;
  /** What it is to be sent as bytes, at the end of {@link Peers.send}. */
  readonly coded: ByteWriter;
}

/** The other members, who have names in the ring and numbers on the network. What cannot be sent now is dropped, and told. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #network: PeerNetwork;
  readonly #byName = new Map<string, Correspondent>();
  /** Who has dialled and is no member yet, by the name under which it gossips: it is answered where it asked, since nobody knows its address. */
  readonly #strangers = new Map<string, Guest>();
  #names: ReadonlyMap<MemberId, string> = new Map();

  constructor(options: PeersOptions) {
    this.#options = options;
    const unreachable = (member: MemberId): void => {
      const name = this.#names.get(member);
      if (name !== undefined) options.onUnreachable(name);
    };
    this.#network = new PeerNetwork({
      ...options,
      standingOf: () => ({ isEmpty: false, members: [] }),
      onUnreachable: unreachable,
      onGone: unreachable,
      isRemoved: () => false,
      onRemoved: () => undefined,
      onReady: () => undefined,
      protocol: { speakTo: (peer) => this.#speakTo(peer), hear: (guest) => this.#hear(guest) },
    });
  }

  /** Resolves with the port once others are accepted. */
  listen(host: string | undefined, port: number): Promise<number> {
    return this.#network.listen(host, port);
  }

  /** From now on those are dialled who are present in this state, and those of whom only this node was told. */
  follow({ ring }: ClusterState): void {
    const { known, name: self } = this.#options;
    const present = presentMembers(ring).flatMap((name) => memberAt(name, ring.members[name]?.address ?? "") ?? []);
    const told = known.filter(({ name }) => ring.members[name] === undefined);
    const members = [...present, ...told].filter(({ name }) => name !== self);
    this.#names = new Map(members.map(({ id, name }) => [id, name]));
    this.#network.setPeers(members);
  }

  /** All of them leave now, those to one member together. */
  send(messages: readonly Outgoing[]): void {
    const { name } = this.#options;
    for (const message of messages) {
      const known = this.#byName.get(message.to);
      if (known !== undefined && isCoded(message)) writeMessage(known.coded, message);
      else if (known === undefined) this.#strangers.get(message.to)?.reply(["leaderless", sentBy(name, message)]);
      else if (!known.peer.link.send(["leaderless", sentBy(name, message)])) known.peer.dropped = true;
    }
    this.#network.flush();
    for (const { peer, coded } of this.#byName.values()) {
      if (coded.length === 0) continue;
      if (!peer.link.sendBytes(coded.bytes())) peer.dropped = true;
      coded.clear();
    }
  }

  close(): void {
    this.#network.close();
  }

  #speakTo(peer: Peer): Speaker {
    const { name } = peer.member;
    const correspondent = { peer, coded: new ByteWriter() };
    this.#byName.set(name, correspondent);
    const close = (): void => {
      if (this.#byName.get(name) === correspondent) this.#byName.delete(name);
    };
    const take = (packet: Packet): void => {
      for (const message of this.#messagesIn(packet, name)) this.#options.onMessage(message);
    };
    return { take, lost: () => undefined, sweep: () => undefined, close };
  }

  #hear(guest: Guest): Hearer {
    let stranger: string | undefined;
    const take = (packet: Packet): void => {
      const from = this.#names.get(guest.from);
      for (const message of this.#messagesIn(packet, from)) {
        if (from === undefined) this.#strangers.set((stranger = message.from), guest);
        this.#options.onMessage(message);
      }
    };
    const closed = (): void => {
      if (stranger !== undefined && this.#strangers.get(stranger) === guest) this.#strangers.delete(stranger);
    };
    return { take, closed };
  }

  /** None where the packet is about something else. */
  #messagesIn(packet: Packet, from: string | undefined): readonly Message[] {
    const { name } = this.#options;
    switch (packet[0]) {
      case "bytes":
        if (from !== undefined && packet[1] instanceof Uint8Array) return decodeMessages(packet[1], from, name);
        break;
      case "leaderless": {
        const message = parseMessage(packet[1], from, name);
        if (message !== undefined) return [message];
        break;
      }
      default:
        return [];
    }
    throw new RangeError(`${from ?? "who is no member"} says what makes no sense`);
  }
}
