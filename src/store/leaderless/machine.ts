import type { Prng } from "../../core/prng.js";
import { unreachable } from "../../core/invariant.js";
import type { Answer, Bucket, BucketProperties, ObjectName, Request } from "./api.js";
import { defaultProperties, type StoreDefaults } from "./buckets/properties.js";
import { Copies, type Writers } from "./copies.js";
import { Reads, repairOf, type Gathered } from "./coordinator/reads.js";
import { placeOf, type Surroundings } from "./coordinator/surroundings.js";
import { Writes } from "./coordinator/writes.js";
import { DurableQueue } from "./durable-queue.js";
import { propsOf } from "./gossip/bucket-types.js";
import type { ClusterState } from "./gossip/cluster-state.js";
import { Gossip, type GossipEffects, type GossipEvent, type GossipInput } from "./gossip/gossip.js";
import { presentMembers } from "./gossip/membership.js";
import { Hints } from "./handoff/hints.js";
import type { Message, Outgoing } from "./messages.js";
import { conflictRules, type ConflictRules } from "./objects/conflict.js";
import { decodeObject } from "./objects/object-codec.js";
import { reapDecision, type DeleteMode } from "./objects/tombstones.js";
import { Questions } from "./questions.js";
import { homePartition } from "./ring/place.js";
import { preferenceList, sloppyList, type Replica } from "./ring/preference-list.js";
import { Transition } from "./ring/transfers.js";
import { objectName } from "./storage-key.js";
import type { Storage } from "./storage.js";
import type { SwimEvent, SwimInput } from "./swim/steps.js";
import { Swim } from "./swim/swim.js";
import { namedActor } from "./versions/actor.js";
import type { Epochs } from "./versions/epochs.js";

/** What happens to a node. */
export type Input =
  /** What the clocks show, first in each step. `wallMs` may be wrong. */
  | { readonly type: "clock"; readonly nowMs: number; readonly wallMs: number }
  /** Some ten times a second. */
  | { readonly type: "tick" }
  | { readonly type: "receive"; readonly message: Message }
  /** The transport could not deliver to this member. */
  | { readonly type: "unreachable"; readonly member: string }
  /** All writes of the storage up to this number are. */
  | { readonly type: "durable"; readonly writeNumber: number }
  /** `id` comes back in `answers`. */
  | { readonly type: "ask"; readonly id: number; readonly request: Request };

export type LeaderlessEvent =
  | SwimEvent
  | GossipEvent
  /** Replicas that had less of an object than others, or nothing. */
  | { readonly type: "repaired"; readonly name: ObjectName; readonly members: readonly string[] };

export interface Effects {
  readonly send: readonly Message[];
  readonly answers: readonly { readonly id: number; readonly answer: Answer<Request["type"]> }[];
  readonly events: readonly LeaderlessEvent[];
}

/** Mistakes that can be made on purpose are among these. */
export interface LeaderlessOptions {
  readonly self: string;
  readonly state: ClusterState;
  readonly storage: Storage;
  /** Undefined is a mistake: this node then counts under its name, whatever its disk has forgotten (Riak's kv#679). */
  readonly epochs: Epochs | undefined;
  readonly prng: Prng;
  readonly nowMs: number;
  readonly defaults: StoreDefaults;
  readonly quorum: "sloppy" | "strict";
  readonly readRepair: boolean;
  readonly hintedHandoff: boolean;
  readonly deleteMode: DeleteMode;
}

/**
 * A node of the leaderless store, after "Dynamo: Amazon's highly available key-value store" (DeCandia et al., 2007) and Riak: inputs in, effects out;
 * no clock, no network, and of the disk no more than {@link Storage}.
 */
export class Leaderless {
  readonly #options: LeaderlessOptions;
  readonly #copies: Copies;
  readonly #durable = new DurableQueue();
  readonly #reads: Reads;
  readonly #writes: Writes;
  readonly #questions: Questions;
  readonly #hints: Hints;
  readonly #swim: Swim;
  readonly #gossip: Gossip;
  readonly #defaults: BucketProperties;
  #transition: Transition;
  #nowMs: number;
  #wallMs = 0;
  #lastRequest: number;
  #send: Message[] = [];
  #answers: Effects["answers"][number][] = [];
  #events: LeaderlessEvent[] = [];

  constructor(options: LeaderlessOptions) {
    const { self, state, storage, epochs, prng, nowMs, defaults } = options;
    this.#options = options;
    this.#nowMs = nowMs;
    // answers to what a former life asked are nobody's
    this.#lastRequest = prng.int(0, 2 ** 30) * 2 ** 22;
    this.#defaults = defaultProperties(defaults);
    this.#copies = new Copies(storage, epochs ?? byName(self));
    this.#transition = transitionOf(state);
    this.#swim = new Swim({ self, prng: prng.fork(), nowMs });
    this.#gossip = new Gossip({ self, prng: prng.fork(), state, isReachable: (member) => this.#swim.isReachable(member) });
    const around = this.#surroundings();
    this.#reads = new Reads(around, (gathered) => this.#gathered(gathered));
    this.#writes = new Writes(around);
    this.#questions = new Questions(around, this.#reads, this.#writes);
    const isReachable = (member: string): boolean => this.#swim.isReachable(member);
    this.#hints = new Hints({ storage, send: around.send, newRequest: around.newRequest, isReachable, nowMs: around.nowMs });
    this.#swimSteps([{ type: "members", members: presentMembers(state.ring) }]);
    this.#leaseEpochs();
  }

  /** Whether it may write for clients. A new life waits until its first epochs are durable. */
  get isReady(): boolean {
    return this.#options.epochs === undefined || this.#options.epochs.available > 0;
  }

  /** Takes all inputs in order, then says once what follows. */
  step(inputs: readonly Input[]): Effects {
    for (const input of inputs) this.#take(input);
    this.#leaseEpochs();
    const effects = { send: this.#send, answers: this.#answers, events: this.#events };
    this.#send = [];
    this.#answers = [];
    this.#events = [];
    return effects;
  }

  /** Keys that wait for their owners, by owner. */
  get hints(): ReadonlyMap<string, number> {
    return this.#hints.waiting();
  }

  #take(input: Input): void {
    switch (input.type) {
      case "clock":
        this.#nowMs = input.nowMs;
        this.#wallMs = input.wallMs;
        return;
      case "tick":
        return this.#tick();
      case "receive":
        return this.#receive(input.message);
      case "unreachable":
        return this.#swimSteps([{ type: "requestFailed", member: input.member }]);
      case "durable":
        return this.#durable.confirm(input.writeNumber);
      case "ask":
        return this.#questions.ask(input.request, (answer) => this.#answers.push({ id: input.id, answer }));
      default:
        return unreachable(input);
    }
  }

  #leaseEpochs(): void {
    const { epochs, storage } = this.#options;
    const lease = epochs?.lease();
    if (lease !== undefined) this.#durable.after(storage.putMeta(epochsName, lease), () => epochs?.leased());
  }

  #tick(): void {
    this.#swimSteps([{ type: "tick" }]);
    this.#gossipSteps([{ type: "tick" }]);
    this.#reads.tick();
    this.#writes.tick();
    this.#questions.tick();
    if (this.#options.hintedHandoff) this.#hints.tick();
  }

  #receive(message: Message): void {
    const { from } = message;
    switch (message.type) {
      case "read":
        return this.#post({
          type: "readReply",
          to: from,
          request: message.request,
          object: this.#copies.bytes(message.place, message.key),
        });
      case "readReply":
        this.#swimSteps([{ type: "requestSucceeded", member: from }]);
        return this.#reads.replied(from, message.request, message.object);
      case "write":
        return this.#replicate(message);
      case "writeReply":
        this.#swimSteps([{ type: "requestSucceeded", member: from }]);
        this.#hints.replied(from, message.request, message.result === "durable");
        return this.#writes.replied(from, message.request, message.result);
      case "forward":
        return this.#questions.coordinate(message.asked, (answer) =>
          this.#post({ type: "forwardReply", to: from, request: message.request, answer }),
        );
      case "forwardReply":
        return this.#questions.forwarded(from, message.request, message.answer);
      case "reap":
        return this.#copies.removeIf(message.place, message.key, message.objectHash);
      case "swim":
        return this.#swimSteps([{ type: "receive", message: message.message }]);
      case "gossip":
        return this.#gossipSteps([{ type: "receive", message: message.message }]);
      default:
        return unreachable(message);
    }
  }

  #replicate({ from, request, place, key, object, wanted }: Extract<Message, { readonly type: "write" }>): void {
    const reply = (result: "taken" | "durable" | "failed"): void => this.#post({ type: "writeReply", to: from, request, result });
    const properties = this.#propertiesOf(objectName(key)) ?? this.#defaults;
    const kept = this.#copies.take(place, key, decodeObject(object), this.#rulesOf(properties));
    if (wanted === "nothing") return;
    if (wanted === "both") reply("taken");
    this.#durable.after(kept.writeNumber, () => reply("durable"));
  }

  /** Read repair (Dynamo §5), and the end of deletions that all owners have. */
  #gathered(gathered: Gathered): void {
    const { name, home, copies, object, isComplete } = gathered;
    const repair = this.#options.readRepair ? repairOf(gathered) : undefined;
    if (repair !== undefined && object !== undefined) {
      for (const replica of repair.to) this.#repair(gathered, replica, repair.bytes);
      this.#events.push({ type: "repaired", name, members: repair.to.map(({ member }) => member) });
      return;
    }
    const isOwned = isComplete && copies.every(({ replica }) => replica.hintFor === undefined);
    if (object === undefined || !isOwned) return;
    const decision = reapDecision(
      copies.map(({ objectHash }) => (objectHash === undefined ? undefined : { object, objectHash })),
      this.#options.deleteMode,
    );
    if (decision.kind === "reap")
      this.#questions.reap(
        name,
        home,
        copies.map(({ replica }) => replica),
        decision,
      );
  }

  #repair({ home, properties, name, object }: Gathered, replica: Replica, bytes: Uint8Array): void {
    const place = placeOf(home, replica);
    const key = this.#questions.keyOf(name);
    if (replica.member === this.#options.self) {
      if (object !== undefined) this.#copies.take(place, key, object, this.#rulesOf(properties));
      return;
    }
    this.#post({ type: "write", to: replica.member, request: 0, place, key, object: bytes, wanted: "nothing" });
  }

  #swimSteps(inputs: readonly SwimInput[]): void {
    const { send, events } = this.#swim.step(this.#nowMs, inputs);
    for (const message of send) this.#post({ type: "swim", to: message.to, message });
    for (const event of events) {
      if (event.type !== "reachability") this.#events.push(event);
      else this.#reachability(event);
    }
  }

  #reachability(event: Extract<SwimEvent, { readonly type: "reachability" }>): void {
    this.#events.push(event);
    if (event.isReachable) {
      if (this.#options.hintedHandoff) this.#hints.tick();
      return;
    }
    this.#reads.lost(event.member);
    this.#writes.lost(event.member);
    this.#questions.lost(event.member);
  }

  #gossipSteps(inputs: readonly GossipInput[]): void {
    const { send, events }: GossipEffects = this.#gossip.step(inputs);
    for (const message of send) this.#post({ type: "gossip", to: message.to, message });
    this.#events.push(...events);
    if (!events.some(({ type }) => type === "changed")) return;
    this.#transition = transitionOf(this.#gossip.state);
    this.#swimSteps([{ type: "members", members: presentMembers(this.#gossip.state.ring) }]);
  }

  #propertiesOf({ type, bucket }: Bucket): BucketProperties | undefined {
    const set = propsOf(this.#gossip.state, type, bucket);
    return set === undefined ? undefined : { ...this.#defaults, ...(set as Partial<BucketProperties>) };
  }

  #rulesOf(properties: BucketProperties): ConflictRules {
    return conflictRules(properties, this.#options.defaults.clock);
  }

  #replicas(home: number, n: number, sloppy: boolean): readonly Replica[] {
    const isReachable = (member: string): boolean => this.#swim.isReachable(member);
    const walk = this.#transition.walk(home);
    if (sloppy && this.#options.quorum === "sloppy") return sloppyList(walk, n, isReachable);
    return preferenceList(walk, n).filter(({ member }) => isReachable(member));
  }

  #post(message: Outgoing): void {
    this.#send.push({ ...message, from: this.#options.self } as Message);
  }

  #surroundings(): Surroundings {
    return {
      self: this.#options.self,
      copies: this.#copies,
      durable: this.#durable,
      nowMs: () => this.#nowMs,
      wallMs: () => this.#wallMs,
      isReady: () => this.isReady,
      send: (message) => this.#post(message),
      newRequest: () => ++this.#lastRequest,
      homeOf: (name) => homePartition(name, this.#gossip.state.ring.ring.owners.length),
      replicas: (home, n, sloppy) => this.#replicas(home, n, sloppy),
      propertiesOf: (bucket) => this.#propertiesOf(bucket),
      rulesOf: (properties) => this.#rulesOf(properties),
    };
  }
}

/** What {@link Epochs} is made from again, in the storage's metadata. */
export const epochsName = "epochs";

function byName(self: string): Writers {
  return { of: () => namedActor(self), arrived: () => undefined };
}

function transitionOf({ ring: { ring, plan, progress } }: ClusterState): Transition {
  return new Transition(ring, plan, progress);
}
