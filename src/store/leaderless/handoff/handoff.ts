import type { ClusterView } from "../cluster-view.js";
import type { Kept } from "../copies.js";
import type { Surroundings } from "../coordinator/surroundings.js";
import { markGone, memberStatus } from "../gossip/membership.js";
import type { Message } from "../messages.js";
import { mergeAll } from "../objects/merge.js";
import { decodeObject, encodeObject } from "../objects/object-codec.js";
import { ringName } from "../ring/ring.js";
import type { RefusedEvent } from "../replica.js";
import { objectName } from "../storage-key.js";
import type { Place, Storage } from "../storage.js";
import { MalformedBytes } from "../versions/binary.js";
import { Custodian, type Custody } from "./custody.js";
import { Leaving } from "./leaving.js";
import { Relay } from "./relay.js";
import type { Destination } from "./departure.js";
import { allOf, missingOf } from "./holdings.js";
import { Strays } from "./strays.js";
import { Transfers, type HandoffEvent } from "./transfers.js";

export type MembershipEvent =
  | HandoffEvent
  /** This node is no member any more and has nothing left to do: its process may end. */
  | { readonly type: "left" };

export interface HandoffOptions {
  readonly around: Surroundings;
  readonly storage: Storage;
  readonly cluster: ClusterView;
  /** When a client last asked this node something. */
  readonly askedAtMs: () => number;
  readonly tell: (event: MembershipEvent | RefusedEvent) => void;
}

type ReadMessage = Extract<Message, { readonly type: "read" }>;
type WriteMessage = Extract<Message, { readonly type: "write" }>;
type HoldsMessage = Extract<Message, { readonly type: "holds" }>;

/** So long a ring has to be settled before what a node has without reason is looked at: it may not have heard the reason. */
const strayAfterMs = 3000;
/** By then, those who have lost something by a ring have given it up, unless somebody was away. */
const departedAfterMs = 10_000;

/**
 * Ownership handoff: what this node answers for as members come and go, and how what it has gets to those who own it next.
 *
 * Positions of preference lists move (see `Transfer`), and at every moment a position knows all writes that it has said to have taken, whichever ring those who
 * ask have heard of: until a transfer is done its old holder answers; from then on it asks the new one with every request, and says
 * to have kept what the new one has kept too. So quorums of the old ring and of the new one always meet.
 */
export class Handoff {
  readonly #options: HandoffOptions;
  readonly #custodian: Custodian;
  readonly #relay: Relay;
  readonly #transfers: Transfers;
  readonly #strays: Strays;
  readonly #leaving = new Leaving();
  #changedAtMs: number;
  #ring: string;
  #settledAtMs = -Infinity;

  constructor(options: HandoffOptions) {
    this.#options = options;
    const { around, storage, cluster, tell } = options;
    const { self, copies, send, newRequest, nowMs } = around;
    const isReachable = (member: string): boolean => cluster.isReachable(member);
    this.#custodian = new Custodian(self, cluster.state.ring, cluster.transition);
    this.#relay = new Relay({ send, newRequest, isReachable, nowMs });
    this.#transfers = new Transfers({
      self,
      storage,
      send,
      newRequest,
      isReachable,
      nowMs,
      tell,
      changeRing: (change) => cluster.changeRing(change),
    });
    this.#strays = new Strays({
      storage,
      copies,
      send,
      newRequest,
      isReachable,
      nowMs,
      whither: (place) => this.#whither(place),
    });
    this.#changedAtMs = nowMs();
    this.#ring = ringName(cluster.state.ring.ring);
    this.#transfers.changed(cluster.state.ring, cluster.transition);
  }

  /** Whether this node has left its cluster, or was removed from it, and may end. */
  get hasLeft(): boolean {
    return this.#leaving.isOver;
  }

  /** Whether this node is no member of its cluster any more. */
  get isOut(): boolean {
    return this.#leaving.isOut;
  }

  /** Something of the ring is new. */
  changed(): void {
    const { cluster, around } = this.#options;
    this.#custodian.changed(cluster.state.ring, cluster.transition);
    this.#transfers.changed(cluster.state.ring, cluster.transition);
    this.#changedAtMs = around.nowMs();
    const ring = ringName(cluster.state.ring.ring);
    if (ring !== this.#ring) this.#settledAtMs = around.nowMs();
    this.#ring = ring;
  }

  /** Time has passed. */
  tick(): void {
    const { cluster, around, tell } = this.#options;
    this.#relay.tick();
    this.#transfers.tick();
    this.#strays.tick();
    const status = memberStatus(cluster.state.ring, around.self);
    if (status === "exiting" && this.#mayGo()) cluster.changeRing((ring) => markGone(ring, around.self));
    if (this.#leaving.tick(status === "gone" && cluster.isHeard)) tell({ type: "left" });
  }

  #mayGo(): boolean {
    const { around, storage, askedAtMs } = this.#options;
    return this.#leaving.mayGo({ nowMs: around.nowMs(), isEmpty: storage.places().length === 0, askedAtMs: askedAtMs() });
  }

  /** Nothing that was asked of this member will be answered. */
  lost(member: string): void {
    this.#transfers.lost(member);
    this.#strays.lost(member);
  }

  /** Whether this node's copies of the place count as they are, and as soon as they are there. */
  isAlone(place: Place): boolean {
    return this.#custodyOf(place).kind === "own" && !this.#transfers.isClosing(place);
  }

  /** Whether hints of this place have another way than to the member they are for. */
  isStray(place: Place): boolean {
    return this.#strays.isStray(place);
  }

  /**
   * While positions move, who gets one might otherwise miss that there was a deletion. And as long after that as former owners may still ask what is there of what
   * they have: they cannot tell what was forgotten from what was lost.
   */
  mayForget(place: Place): boolean {
    if (place.kind === "hint") return true;
    const { cluster, around } = this.#options;
    if (cluster.transition.isChanging(place.partition)) return false;
    return around.nowMs() - this.#settledAtMs >= departedAfterMs || this.#custodyOf(place).kind === "none";
  }

  /** A copy is another one now. */
  copyChanged(place: Place, key: string): void {
    this.#transfers.copyChanged(place, key);
  }

  /** A replica is asked for its copy. */
  read({ from, request, place, key, wants }: ReadMessage): void {
    const { copies, send } = this.#options.around;
    const custody = this.#custodyOf(place);
    if (custody.kind === "own" && wants === "hash")
      return send({ type: "hashReply", to: from, request, objectHash: copies.hash(place, key) });
    const reply = (object: Uint8Array | undefined): void => send({ type: "readReply", to: from, request, object });
    if (custody.kind === "own") return reply(copies.bytes(place, key));
    const fail = (): void => send({ type: "readFailed", to: from, request });
    if (custody.to.length === 0) return fail();
    this.#relay.read(place, key, custody.to, (found) => {
      if (found === undefined) return fail();
      const own = custody.kind === "handedOver" ? copies.bytes(place, key) : undefined;
      const together = this.#together(key, own === undefined ? found : [own, ...found], custody.to);
      if (together === "failed") fail();
      else reply(together);
    });
  }

  /** Whether a write is for this node to take; else it is passed on, or refused. */
  takes({ from, request, place, key, object, wanted }: WriteMessage): boolean {
    const custody = this.#custodyOf(place);
    if (custody.kind !== "none") return true;
    if (wanted === "nothing") return false;
    const reply = (isDurable: boolean): void =>
      this.#options.around.send({ type: "writeReply", to: from, request, result: isDurable ? "durable" : "failed" });
    if (custody.to.length === 0 || wanted === "kept") reply(false);
    else this.#relay.write(place, key, object, custody.to, reply);
    return false;
  }

  /** Acts once a copy counts as kept: it is on this node's disk, and wherever else it has to be; false: it is not there. */
  afterKept(place: Place, key: string, kept: Kept, act: (isKept: boolean) => void): void {
    const { durable } = this.#options.around;
    const custody = this.#custodyOf(place);
    const actOnceDurable = (): void => durable.after(kept.writeNumber, () => act(true));
    this.#transfers.afterSent(place, key, () => {
      if (custody.kind !== "handedOver") return actOnceDurable();
      this.#relay.write(place, key, kept.bytes, custody.to, (isDurable) => (isDurable ? actOnceDurable() : act(false)));
    });
  }

  /** One who is to give up copies asks what this node has of them: it is told what is on the disk. */
  holds({ from, request, place, ask }: HoldsMessage): void {
    const { storage, around } = this.#options;
    const { copies, durable, send } = around;
    // who is to give them up as well may ask back
    const missing = this.#custodyOf(place).kind === "none" ? allOf(ask) : missingOf(ask, place, storage);
    durable.after(copies.lastWrite, () => send({ type: "held", to: from, request, missing }));
  }

  held(from: string, request: number, missing: readonly number[]): void {
    this.#strays.answered(from, request, missing);
  }

  readReplied(from: string, request: number, object: Uint8Array | undefined): void {
    this.#relay.replied(from, request, true, object);
  }

  readFailed(from: string, request: number): void {
    this.#relay.replied(from, request, false);
  }

  writeReplied(from: string, request: number, isDurable: boolean): void {
    this.#relay.replied(from, request, isDurable);
    this.#transfers.replied(from, request, isDurable);
    this.#strays.replied(from, request, isDurable);
  }

  #custodyOf(place: Place): Custody {
    return place.kind === "hint" ? { kind: "own" } : this.#custodian.of(place.partition, place.n);
  }

  /** `from`: whom some of them are of. One copy is passed on as it is: who asked looks at it. */
  #together(key: string, copies: readonly Uint8Array[], from: readonly string[]): Uint8Array | undefined | "failed" {
    if (copies.length <= 1) return copies[0];
    const { propertiesOf, rulesOf } = this.#options.around;
    const properties = propertiesOf(objectName(key));
    if (properties === undefined) return "failed";
    try {
      return encodeObject(mergeAll(copies.map(decodeObject), rulesOf(properties)));
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
      this.#options.tell({ type: "refused", from: from.join(), why: error.message });
      return "failed";
    }
  }

  #whither(place: Place): readonly Destination[] | undefined {
    const { cluster, around } = this.#options;
    const { partition, n } = place;
    const { owners, receivers } = cluster.transition.replicas(partition, n);
    const home = { kind: "home", partition, n } as const;
    const toOwners = owners.map(({ member }) => ({ member, place: home }));
    if (place.kind === "hint") {
      const isOwner = receivers.includes(place.member) || owners.some(({ member }) => member === place.member);
      if (!isOwner) return toOwners;
      return this.#isExiting() && !cluster.isReachable(place.member) ? this.#standIn(place) : undefined;
    }
    const custody = this.#custodian.of(partition, n);
    if (custody.kind !== "none" || cluster.transition.isChanging(partition)) return undefined;
    if (custody.to.length > 0) {
      const heirs = toOwners.filter(({ member }) => custody.to.includes(member));
      return heirs.length === custody.to.length ? heirs : toOwners;
    }
    const isSettled = cluster.state.ring.plan === undefined && around.nowMs() - this.#changedAtMs >= strayAfterMs;
    return isSettled ? toOwners : undefined;
  }

  #isExiting(): boolean {
    const { cluster, around } = this.#options;
    return memberStatus(cluster.state.ring, around.self) === "exiting";
  }

  /** Who keeps a hint when this node is no more. */
  #standIn(place: Extract<Place, { readonly kind: "hint" }>): Destination[] | undefined {
    const { cluster } = this.#options;
    const member = cluster.transition.walk(place.partition).find((each) => cluster.isReachable(each));
    return member === undefined ? undefined : [{ member, place }];
  }
}
