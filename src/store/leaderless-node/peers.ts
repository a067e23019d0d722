import type { ClusterState } from "../leaderless/gossip/cluster-state.js";
import { presentMembers } from "../leaderless/gossip/membership.js";
import { decodeMessages, encodeMessages, isCoded, type CodedMessage } from "../leaderless/message-codec.js";
import { parseMessage } from "../leaderless/message-shape.js";
import type { Message } from "../leaderless/messages.js";
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

/** The other members, who have names in the ring and numbers on the network. What cannot be sent now is dropped, and told. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #network: PeerNetwork;
  readonly #byName = new Map<string, Peer>();
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
  send(messages: readonly Message[]): void {
    const coded = new Map<Peer, CodedMessage[]>();
    for (const message of messages) {
      const peer = this.#byName.get(message.to);
      if (peer === undefined) this.#strangers.get(message.to)?.reply(["leaderless", message]);
      else if (!isCoded(message)) sendTo(peer, message);
      else if (coded.get(peer)?.push(message) === undefined) coded.set(peer, [message]);
    }
    for (const [peer, together] of coded) sendTo(peer, encodeMessages(together));
    this.#network.flush();
  }

  close(): void {
    this.#network.close();
  }

  #speakTo(peer: Peer): Speaker {
    const { name } = peer.member;
    this.#byName.set(name, peer);
    const close = (): void => {
      if (this.#byName.get(name) === peer) this.#byName.delete(name);
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
    if (packet[0] !== "leaderless") return [];
    const [, content] = packet;
    if (content instanceof Uint8Array && from !== undefined) return decodeMessages(content, from, this.#options.name);
    const message = parseMessage(content, from, this.#options.name);
    if (message === undefined) throw new RangeError(`${from ?? "who is no member"} says what makes no sense`);
    return [message];
  }
}

function sendTo(peer: Peer, content: unknown): void {
  if (!peer.link.send(["leaderless", content])) peer.dropped = true;
}
