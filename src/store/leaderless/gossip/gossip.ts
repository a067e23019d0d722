import type { Prng } from "../../../core/prng.js";
import { ringName } from "../ring/ring.js";
import type { Change } from "../ring/staged-plan.js";
import { acknowledgeTypes, typeStatus } from "./bucket-types.js";
import { compareCanonical, digestOf } from "./canonical.js";
import { mergeStates, type ClusterState } from "./cluster-state.js";
import { markBack, memberStatus, presentMembers, settle, stagedChanges, type MemberStatus } from "./membership.js";
import { sections, type Digest, type GossipMessage, type Section } from "./messages.js";

export interface GossipOptions {
  readonly self: string;
  readonly prng: Prng;
  readonly state: ClusterState;
  /** Who is worth a message; now and then others get one all the same. */
  readonly isReachable: (member: string) => boolean;
  /** One other member is asked whether it knows the same every so many ticks. */
  readonly intervalTicks?: number;
}

export type GossipInput =
  | { readonly type: "tick" }
  | { readonly type: "receive"; readonly message: GossipMessage }
  /** Somebody whom this node does not know as a member: the first of a cluster that it is to join. */
  | { readonly type: "meet"; readonly member: string }
  /** This node changed the state itself: staged, committed, created a type. */
  | { readonly type: "change"; readonly change: (state: ClusterState) => ClusterState };

export type GossipEvent =
  /** Something of the state is new: it is to be kept on the disk. */
  | { readonly type: "changed" }
  /** Changes that wait for a commit are others now: these. */
  | { readonly type: "staged"; readonly changes: readonly Change[] }
  /** A plan is being carried out; is carried out. */
  | { readonly type: "committed" | "settled"; readonly ring: string; readonly changes: readonly Change[] }
  /**
   * A plan gave way to one committed elsewhere at the same time, and its changes have to be staged again. None are told where it was settled already:
   * then the members that joined by it are seen to leave.
   */
  | { readonly type: "overruled"; readonly ring: string; readonly by: string; readonly changes: readonly Change[] }
  | {
      readonly type: "member";
      readonly member: string;
      readonly from: MemberStatus | undefined;
      readonly to: MemberStatus | undefined;
    }
  | { readonly type: "bucketTypeActive"; readonly name: string };

export interface GossipEffects {
  readonly send: readonly GossipMessage[];
  readonly events: readonly GossipEvent[];
}

/** To so many others a node tells at once that it has something new. */
const fanOut = 2;
/** What clients set. */
const settings = ["types", "buckets"] as const satisfies readonly Section[];
/** How often somebody is asked who is not held to be reachable. */
const strayChance = 0.1;

/**
 * Spreads what all members have to know (Demers et al., "Epidemic algorithms", 1987): by rumours while it is new, by comparing with somebody at random
 * for ever. Nodes that know the same exchange three hashes and no more. Nobody is special: states merge, and end equal.
 */
export class Gossip {
  readonly #self: string;
  readonly #prng: Prng;
  readonly #isReachable: (member: string) => boolean;
  readonly #intervalTicks: number;
  #state: ClusterState;
  #digest: Digest;
  /** Members that have said to know what this node knows of the ring. */
  readonly #agreeing = new Set<string>();
  /** And of bucket types and buckets. */
  readonly #knowingSettings = new Set<string>();
  #ticks: number;
  #send: GossipMessage[] = [];
  #events: GossipEvent[] = [];

  constructor({ self, prng, state, isReachable, intervalTicks = 10 }: GossipOptions) {
    this.#self = self;
    this.#prng = prng;
    this.#isReachable = isReachable;
    this.#intervalTicks = intervalTicks;
    this.#ticks = prng.int(0, intervalTicks - 1);
    this.#state = state;
    this.#digest = digestsOf(state);
  }

  get state(): ClusterState {
    return this.#state;
  }

  /** To ride on messages of others, such as pings: who gets one that differs gives it to {@link step} as a message. */
  get digest(): Digest {
    return this.#digest;
  }

  /** Whether most of the other members have said to know what this node knows of the ring. */
  get isHeard(): boolean {
    const others = presentMembers(this.#state.ring).filter((member) => member !== this.#self);
    return others.filter((member) => this.#agreeing.has(member)).length >= others.length / 2;
  }

  /** Whether this member has said to know what this node knows of bucket types and buckets. */
  knowsSettings(member: string): boolean {
    return this.#knowingSettings.has(member);
  }

  step(inputs: readonly GossipInput[]): GossipEffects {
    for (const input of inputs) this.#take(input);
    const effects = { send: this.#send, events: this.#events };
    this.#send = [];
    this.#events = [];
    return effects;
  }

  #take(input: GossipInput): void {
    switch (input.type) {
      case "tick":
        this.#ticks++;
        if (this.#ticks % this.#intervalTicks === 0) this.#askAround(1);
        return;
      case "meet":
        return this.#sendDigest(input.member);
      case "change":
        return this.#change(input.change(this.#state));
      case "receive":
        return this.#receive(input.message);
    }
  }

  /** Clients ask any node, so what they have set is told to all that can be reached, and not left to rumours. */
  #change(next: ClusterState): void {
    const before = this.#digest;
    this.#become(next);
    const changed = settings.filter((section) => this.#digest[section] !== before[section]);
    if (changed.length === 0) return;
    const others = presentMembers(this.#state.ring).filter((member) => member !== this.#self && this.#isReachable(member));
    for (const to of others) this.#tell(to, changed, false);
  }

  #receive(message: GossipMessage): void {
    if (message.type === "state") this.#become(mergeStates(this.#state, { ...this.#state, ...message.state }));
    const { from } = message;
    const differing = sections.filter((section) => this.#digest[section] !== message.digest[section]);
    if (!differing.includes("ring")) this.#agreeing.add(from);
    if (!settings.some((section) => differing.includes(section))) this.#knowingSettings.add(from);
    const isAnswer = message.type === "state" && message.isAnswer;
    if (differing.length > 0 && !isAnswer) return this.#tell(from, differing, message.type === "state");
    // who has told something waits to hear that it is known; and nobody compares with who is gone, which would wait for that in vain
    const isWaiting = message.type === "state" ? !isAnswer : this.#isGone(from) && !this.#isGone(this.#self);
    if (differing.length === 0 && isWaiting) this.#sendDigest(from);
  }

  #isGone(member: string): boolean {
    return memberStatus(this.#state.ring, member) === "gone";
  }

  #tell(to: string, wanted: readonly Section[], isAnswer: boolean): void {
    this.#send.push({ type: "state", from: this.#self, to, digest: this.#digest, state: this.#pick(wanted), isAnswer });
  }

  #sendDigest(to: string): void {
    this.#send.push({ type: "digest", from: this.#self, to, digest: this.#digest });
  }

  #pick(wanted: readonly Section[]): Partial<ClusterState> {
    return Object.fromEntries(wanted.map((section) => [section, this.#state[section]]));
  }

  #askAround(howMany: number): void {
    const others = presentMembers(this.#state.ring).filter((member) => member !== this.#self);
    const reachable = others.filter(this.#isReachable);
    const candidates = reachable.length === 0 || this.#prng.chance(strayChance) ? others : reachable;
    for (const to of this.#prng.shuffle(candidates).slice(0, howMany)) this.#sendDigest(to);
  }

  /** Takes a state on: what follows from it is drawn, what is new is told. */
  #become(next: ClusterState): void {
    const before = this.#state;
    const state = acknowledgeTypes({ ...next, ring: settle(markBack(next.ring, this.#self)) }, this.#self);
    const digest = digestsOf(state);
    if (sections.every((section) => digest[section] === this.#digest[section])) return;
    if (digest.ring !== this.#digest.ring) this.#agreeing.clear();
    if (settings.some((section) => digest[section] !== this.#digest[section])) this.#knowingSettings.clear();
    this.#state = state;
    this.#digest = digest;
    this.#events.push(
      { type: "changed" },
      ...ringEvents(before, state),
      ...memberEvents(before, state),
      ...typeEvents(before, state),
    );
    this.#askAround(fanOut);
  }
}

function digestsOf(state: ClusterState): Digest {
  return { ring: digestOf(state.ring), types: digestOf(state.types), buckets: digestOf(state.buckets) };
}

function ringEvents({ ring: before }: ClusterState, { ring: after }: ClusterState): GossipEvent[] {
  const events: GossipEvent[] = [];
  const latest = after.plan ?? after.ring;
  const ring = ringName(before.plan ?? before.ring);
  const changes = before.plan?.changes ?? [];
  const isKept = ringName(latest) === ring || latest.lineage.includes(ring);
  if (!isKept) events.push({ type: "overruled", ring, by: ringName(latest), changes });
  else if (before.plan !== undefined && ringName(after.ring) === ring) events.push({ type: "settled", ring, changes });
  if (after.plan !== undefined && (before.plan === undefined || ringName(before.plan) !== ringName(after.plan))) {
    events.push({ type: "committed", ring: ringName(after.plan), changes: after.plan.changes });
  }
  const staged = stagedChanges(after);
  if (compareCanonical(stagedChanges(before), staged) !== 0) events.push({ type: "staged", changes: staged });
  return events;
}

function memberEvents({ ring: before }: ClusterState, { ring: after }: ClusterState): GossipEvent[] {
  return Object.keys(after.members).flatMap((member): GossipEvent[] => {
    const [from, to] = [memberStatus(before, member), memberStatus(after, member)];
    return from === to ? [] : [{ type: "member", member, from, to }];
  });
}

function typeEvents(before: ClusterState, after: ClusterState): GossipEvent[] {
  const isNew = (name: string): boolean => typeStatus(after, name) === "active" && typeStatus(before, name) !== "active";
  return Object.keys(after.types).flatMap((name): GossipEvent[] => (isNew(name) ? [{ type: "bucketTypeActive", name }] : []));
}
