import type { Prng } from "../../core/prng.js";
import type { RingCommand, RingView } from "../../core/ring-contract.js";
import type { ObjectName } from "./api.js";
import { entryOf, type ClusterState, type RingState } from "./gossip/cluster-state.js";
import { Gossip, type GossipEvent, type GossipInput } from "./gossip/gossip.js";
import { join, memberStatus, presentMembers, stage } from "./gossip/membership.js";
import { patienceMs } from "./coordinator/patience.js";
import type { Asked, PlacedReplica } from "./coordinator/surroundings.js";
import type { Outgoing } from "./messages.js";
import { obey } from "./operator/commands.js";
import { ringViewOf, type Viewer } from "./operator/ring-view.js";
import { placed, ReplicaLists, type Receiver } from "./replica-lists.js";
import type { Replica } from "./ring/preference-list.js";
import { Transition } from "./ring/transfers.js";
import type { SwimEvent, SwimInput } from "./swim/steps.js";
import { Swim } from "./swim/swim.js";

export interface ClusterViewOptions {
  readonly self: string;
  readonly prng: Prng;
  readonly state: ClusterState;
  /** A mistake for some, a promise for others: nobody stands in for owners. */
  readonly isStrict: boolean;
  readonly nowMs: () => number;
  readonly send: (message: Outgoing) => void;
  readonly tell: (event: SwimEvent | GossipEvent) => void;
  /** What was asked of this member will not be answered. */
  readonly onLost: (member: string) => void;
  readonly onBack: (member: string) => void;
  /** To be kept on the disk. */
  readonly onChanged: (state: ClusterState) => void;
  /** Members of the cluster that this node is to join, while it knows of none itself. */
  readonly meets: readonly string[];
}

/** While it has not met its cluster, a node tries so often. */
const meetTicks = 10;

/** Nobody is waited for longer, however slow the way to them is. */
const patienceMaxMs = 400;

/** Of a member that dies, those writes are in doubt that it is given in this time. */
const freshMs = 10;

/** What became of a command: `why` is one sentence. */
export type RingOutcome = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** What a node knows of its cluster, and holds to be so: who is a member and owns what (gossip), and who answers (SWIM). */
export class ClusterView {
  readonly #options: ClusterViewOptions;
  readonly #swim: Swim;
  readonly #gossip: Gossip;
  readonly #prng: Prng;
  #transition: Transition;
  readonly #lists: ReplicaLists;
  /** When each member last said something. */
  readonly #noticedAtMs = new Map<string, number>();
  #ticks = 0;

  constructor(options: ClusterViewOptions) {
    const { self, prng, state, nowMs } = options;
    this.#options = options;
    this.#prng = prng.fork();
    this.#swim = new Swim({ self, prng: prng.fork(), nowMs: nowMs() });
    this.#gossip = new Gossip({ self, prng: prng.fork(), state, isReachable: (member) => this.isReachable(member) });
    this.#transition = transitionOf(state);
    this.#lists = new ReplicaLists({
      self,
      transition: () => this.#transition,
      ringSize: () => this.state.ring.ring.owners.length,
      isReachable: (member) => this.isReachable(member),
      isDead: (member) => this.isDead(member),
    });
    this.swim([{ type: "members", members: presentMembers(state.ring) }]);
  }

  get state(): ClusterState {
    return this.#gossip.state;
  }

  /** The way from the ring to the next one, where there is one. */
  get transition(): Transition {
    return this.#transition;
  }

  /** A local notion: others may see it otherwise. */
  isReachable(member: string): boolean {
    return this.#swim.isReachable(member);
  }

  /** Whether nobody has reached it for long. */
  isDead(member: string): boolean {
    return this.#swim.isDead(member);
  }

  /**
   * Who is to be asked for an object now. Owners who cannot be reached have stand-ins where it is `sloppy`; where there are none they are asked
   * themselves, unless they are held to be dead: that they did not answer this node lately may mean little.
   */
  replicas(name: ObjectName, { n, nVal, sloppy }: Asked): readonly PlacedReplica[] {
    return this.#lists.replicas(this.#lists.partitionOf(name), { n, nVal, sloppy: this.#isSloppy(sloppy) });
  }

  /** Those of them who may coordinate a write, the best first. */
  coordinators(name: ObjectName, { n, nVal, sloppy }: Asked): readonly string[] {
    return this.#lists.coordinators(this.#lists.partitionOf(name), { n, nVal, sloppy: this.#isSloppy(sloppy) });
  }

  /** Who is to be asked instead of one of them that is lost: the next member of the walk that can be reached and was not asked. */
  standIn(
    name: ObjectName,
    { nVal, sloppy }: Asked,
    { member: lost, hintFor = lost, positions }: Replica,
    isAsked: (member: string) => boolean,
  ): PlacedReplica | undefined {
    if (!this.#isSloppy(sloppy)) return undefined;
    const partition = this.#lists.partitionOf(name);
    const walk = this.#transition.walk(partition);
    const next = walk.find((member) => member !== lost && !isAsked(member) && this.isReachable(member));
    if (next === undefined) return undefined;
    return placed({ member: next, positions, hintFor }, partition, nVal);
  }

  #isSloppy(sloppy: boolean): boolean {
    return sloppy && !this.#options.isStrict;
  }

  /** How long this member may be silent while it is asked something. */
  patienceMs(member: string): number {
    return Math.min(patienceMaxMs, Math.max(patienceMs, 1.5 * (this.#swim.answerMs(member) ?? 0)));
  }

  /** A request to this member was not answered in time, or could not be delivered. */
  failed(member: string): void {
    this.swim([{ type: "requestFailed", member }]);
  }

  /** The member said something. */
  noticed(member: string): void {
    this.#noticedAtMs.set(member, this.#options.nowMs());
  }

  /** Whether it said something a moment ago. */
  isFresh(member: string): boolean {
    const sinceMs = this.#options.nowMs() - (this.#noticedAtMs.get(member) ?? -Infinity);
    return sinceMs <= freshMs && this.isReachable(member);
  }

  /** The member answered a request. */
  heard(member: string): void {
    if (this.#swim.isDoubted(member)) this.swim([{ type: "requestSucceeded", member }]);
  }

  /** Who owns each partition, as it counts for keys of this home partition. */
  partitionOwners(home: number): readonly string[] {
    const { ring, plan } = this.state.ring;
    return plan !== undefined && this.#transition.isMoved(home) ? plan.owners : ring.owners;
  }

  /** Who takes every write to an object besides, as its owners change. */
  receivers(name: ObjectName, n: number): readonly Receiver[] {
    return this.#lists.receivers(this.#lists.partitionOf(name), n);
  }

  /** Whether it knows the ring of a cluster. A node that is to join one knows none until it has met a member. */
  get hasRing(): boolean {
    return this.state.ring.ring.version > 0;
  }

  /** Whether most others have said to know the ring as this node does. */
  get isHeard(): boolean {
    return this.#gossip.isHeard;
  }

  /** Whether all others that can be reached have said to know what this node knows of bucket types and buckets. */
  get areSettingsKnown(): boolean {
    const { self } = this.#options;
    const others = presentMembers(this.state.ring).filter((member) => member !== self && this.isReachable(member));
    return others.every((member) => this.#gossip.knowsSettings(member));
  }

  /** Time has passed. */
  tick(): void {
    const { meets } = this.#options;
    this.swim([{ type: "tick" }]);
    this.gossip([{ type: "tick" }]);
    this.#ticks++;
    if (this.hasRing || meets.length === 0 || this.#ticks % meetTicks !== 1) return;
    this.gossip([{ type: "meet", member: this.#prng.pick(meets) }]);
  }

  /** Tells all nodes of another ring, or of something new of it. */
  changeRing(change: (ring: RingState) => RingState): void {
    this.gossip([{ type: "change", change: (state) => ({ ...state, ring: change(state.ring) }) }]);
  }

  /** What an operator asks of the ring. `nVals`: all N that keys of the cluster have. */
  obey(command: RingCommand, nVals: readonly number[]): RingOutcome {
    const obeyed = obey(this.state.ring, command, { self: this.#options.self, nVals });
    if (!obeyed.ok) return obeyed;
    this.changeRing(() => obeyed.state);
    return { ok: true };
  }

  view(viewer: Pick<Viewer, "cluster" | "n" | "nVals" | "hints">): RingView {
    const isReachable = (member: string): boolean => this.isReachable(member);
    return ringViewOf(this.state, { ...viewer, node: this.#options.self, transition: this.#transition, isReachable });
  }

  swim(inputs: readonly SwimInput[]): void {
    const { nowMs, send, tell, onLost, onBack } = this.#options;
    const effects = this.#swim.step(nowMs(), inputs);
    // whatever changes who can be reached is told, but for who is a member
    if (effects.events.length > 0 || inputs.some(({ type }) => type === "members")) this.#lists.forget();
    for (const message of effects.send) send({ type: "swim", to: message.to, message });
    for (const event of effects.events) {
      tell(event);
      if (event.type !== "reachability") continue;
      if (event.isReachable) onBack(event.member);
      else onLost(event.member);
    }
  }

  gossip(inputs: readonly GossipInput[]): void {
    const { self, send, tell, onChanged } = this.#options;
    const { hasRing: hadRing } = this;
    const addressBefore = entryOf(this.state.ring.members, self)?.address ?? "";
    const { send: messages, events } = this.#gossip.step(inputs);
    for (const message of messages) send({ type: "gossip", to: message.to, message });
    for (const event of events) tell(event);
    if (!events.some(({ type }) => type === "changed")) return;
    this.#transition = transitionOf(this.state);
    this.#lists.forget();
    onChanged(this.state);
    this.swim([{ type: "members", members: presentMembers(this.state.ring) }]);
    for (const event of events) if (event.type === "overruled") this.#stageAgain(event);
    if (!hadRing && memberStatus(this.state.ring, self) === "gone") this.changeRing((ring) => join(ring, self, addressBefore));
  }

  /** Whoever committed the plan that gave way stages its changes again: an operator looks at them and commits once more. */
  #stageAgain({ ring, changes }: Extract<GossipEvent, { readonly type: "overruled" }>): void {
    const { self } = this.#options;
    if (ring.slice(ring.indexOf("@") + 1) !== self || changes.length === 0) return;
    this.changeRing((state) => changes.reduce((next, change) => stage(next, change, self), state));
  }
}

function transitionOf({ ring: { ring, plan, progress } }: ClusterState): Transition {
  return new Transition(ring, plan, progress);
}
