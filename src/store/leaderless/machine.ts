import type { Prng } from "../../core/prng.js";
import { unreachable } from "../../core/invariant.js";
import type { RingCopies, RingView } from "../../core/ring-contract.js";
import type { Bucket, BucketProperties } from "./api.js";
import { currentNVals, KnownProperties, nValsOfBucket } from "./buckets/known.js";
import { defaultProperties, type StoreDefaults } from "./buckets/properties.js";
import { ClusterView } from "./cluster-view.js";
import { Copies, type Writers } from "./copies.js";
import { ReadRepair } from "./coordinator/read-repair.js";
import { Reads } from "./coordinator/reads.js";
import type { Surroundings } from "./coordinator/surroundings.js";
import type { WriteResult } from "./coordinator/write-tally.js";
import { Writes } from "./coordinator/writes.js";
import { AntiEntropy, type Exchanged } from "./exchange/anti-entropy.js";
import { ownedPlaces } from "./exchange/places.js";
import type { ExchangeLag } from "./exchange/schedule.js";
import { DurableQueue } from "./durable-queue.js";
import type { ClusterState } from "./gossip/cluster-state.js";
import { serializeState } from "./gossip/parse.js";
import { Handoff } from "./handoff/handoff.js";
import { IndexedStorage } from "./listing/indexed-storage.js";
import { Listings } from "./listing/listings.js";
import { Hints } from "./handoff/hints.js";
import { Relocation } from "./handoff/relocation.js";
import { sentBy, type Message, type Outgoing } from "./messages.js";
import { conflictRules, type ConflictRules } from "./objects/conflict.js";
import type { SiblingHistogram } from "./objects/sibling-counts.js";
import type { DeleteMode } from "./objects/tombstones.js";
import { heldCopies } from "./operator/held-copies.js";
import { nValsOf } from "./operator/ring-view.js";
import { Questions } from "./questions.js";
import { Replica } from "./replica.js";
import { RunTime } from "./run-time.js";
import { objectName } from "./storage-key.js";
import type { Place, Storage } from "./storage.js";
import type { Effects, Input, LeaderlessEvent } from "./steps.js";
import { namedActor } from "./versions/actor.js";
import type { Epochs } from "./versions/epochs.js";

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
  readonly antiEntropy: boolean;
  /** How often two owners compare what they have; a default where it is undefined. */
  readonly exchangeIntervalMs?: number | undefined;
  /** How often all that is on the disk is read anew; a default where it is undefined. */
  readonly rebuildIntervalMs?: number | undefined;
  readonly deleteMode: DeleteMode;
  /** Members of the cluster that this node is to join, where its state is that of a node alone (`aloneRing`). */
  readonly meets?: readonly string[];
}

/**
 * A node of the leaderless store, after "Dynamo: Amazon's highly available key-value store" (DeCandia et al., 2007) and Riak: inputs in, effects out;
 * no clock, no network, and of the disk no more than {@link Storage}.
 */
export class Leaderless {
  readonly #options: LeaderlessOptions;
  readonly #copies: Copies;
  readonly #replica: Replica;
  readonly #runTime: RunTime;
  readonly #durable = new DurableQueue();
  readonly #reads: Reads;
  readonly #writes: Writes;
  readonly #questions: Questions;
  readonly #listings: Listings;
  readonly #readRepair: ReadRepair;
  readonly #hints: Hints;
  readonly #antiEntropy: AntiEntropy | undefined;
  readonly #handoff: Handoff;
  readonly #relocation: Relocation;
  readonly #cluster: ClusterView;
  readonly #defaults: BucketProperties;
  readonly #properties: KnownProperties;
  #nowMs: number;
  #wallMs = 0;
  #lastRequest: number;
  /** What gossip has told is kept by this write. */
  #stateWrite = 0;
  /** Questions of clients that are not answered yet. */
  readonly #open = new Set<number>();
  #send: Outgoing[] = [];
  #answers: Effects["answers"][number][] = [];
  #outcomes: Effects["outcomes"][number][] = [];
  #events: LeaderlessEvent[] = [];

  constructor(options: LeaderlessOptions) {
    const { self, state, epochs, prng, nowMs, defaults } = options;
    const storage = new IndexedStorage(options.storage, () => this.#nowMs);
    this.#options = { ...options, storage };
    this.#nowMs = nowMs;
    this.#runTime = new RunTime(nowMs);
    // answers to what a former life asked are nobody's
    this.#lastRequest = prng.int(0, 2 ** 30) * 2 ** 22;
    this.#defaults = defaultProperties(defaults);
    this.#properties = new KnownProperties(this.#defaults);
    this.#copies = new Copies({
      storage,
      writers: epochs ?? byName(self),
      durable: this.#durable,
      rulesOf: (key) => this.#rulesOf(this.#propertiesOf(objectName(key))),
      watcher: {
        copyChanged: (place, key) => this.#handoff.copyChanged(place, key),
        deleted: (place, key) => this.#antiEntropy?.deleted(place, key),
        mayForget: (place) => this.#handoff.mayForget(place),
      },
    });
    this.#cluster = new ClusterView({
      self,
      prng,
      state,
      meets: options.meets ?? [],
      isStrict: options.quorum === "strict",
      nowMs: () => this.#nowMs,
      send: (message) => this.#post(message),
      tell: (event) => this.#events.push(event),
      onLost: (member) => this.#lost(member),
      onBack: (member) => this.#back(member),
      onChanged: (changed) => this.#keepState(changed),
    });
    const around = this.#surroundings();
    this.#reads = new Reads(around, (gathered) => this.#readRepair.gathered(gathered));
    this.#writes = new Writes(around);
    this.#listings = this.#lister(around, storage);
    this.#questions = new Questions(around, this.#reads, this.#writes, this.#listings);
    this.#readRepair = new ReadRepair({
      around,
      reads: () => this.#reads,
      isOn: options.readRepair,
      deleteMode: options.deleteMode,
      tell: (event) => this.#events.push(event),
    });
    const isReachable = (member: string): boolean => this.#cluster.isReachable(member);
    const isStray = (place: Place): boolean => this.#handoff.isStray(place);
    const { send, newRequest } = around;
    this.#hints = new Hints({
      storage,
      send,
      newRequest,
      isReachable,
      isStray,
      clientsWaiting: () => this.#open.size,
      nowMs: around.nowMs,
    });
    this.#handoff = new Handoff({
      around,
      storage,
      cluster: this.#cluster,
      askedAtMs: () => this.#questions.askedAtMs,
      tell: (event) => this.#events.push(event),
    });
    this.#replica = new Replica({
      ...around,
      handoff: this.#handoff,
      rulesOf: (properties) => this.#rulesOf(properties),
      tell: (event) => this.#events.push(event),
    });
    this.#relocation = this.#relocator();
    this.#antiEntropy = options.antiEntropy ? this.#repairer(around) : undefined;
    this.#leaseEpochs();
  }

  /** Whether it may answer clients. A new life waits until its first epochs are durable; a node that is to join a cluster, until it has met it; one that has left
   * may not any more. */
  get isReady(): boolean {
    if (!this.#cluster.hasRing || this.#handoff.isOut) return false;
    return this.#options.epochs === undefined || this.#options.epochs.available > 0;
  }

  /** Whether it has left its cluster, or was removed from it, and has nothing left to do. */
  get hasLeft(): boolean {
    return this.#handoff.hasLeft;
  }

  /** What this node knows of its cluster. */
  get view(): Pick<ClusterView, "state" | "isReachable" | "transition"> {
    return this.#cluster;
  }

  /** Takes all inputs in order, then says once what follows. */
  step(inputs: readonly Input[]): Effects {
    for (const input of inputs) this.#take(input);
    this.#lookForSilent();
    this.#leaseEpochs();
    const effects = {
      send: this.#send,
      answers: this.#answers,
      outcomes: this.#outcomes,
      events: this.#events,
      isBusy: this.#listings.isBusy,
    };
    this.#send = [];
    this.#answers = [];
    this.#outcomes = [];
    this.#events = [];
    return effects;
  }

  /** What this node tells of its ring. */
  ringView(cluster: string): RingView {
    return this.#cluster.view({ cluster, n: this.#defaults.nVal, nVals: this.#nVals(), hints: this.hints });
  }

  /** What this node tells of the copies that it has. */
  get ringCopies(): RingCopies {
    const { self: node, storage } = this.#options;
    const { state, transition } = this.#cluster;
    return heldCopies({
      node,
      storage,
      transition,
      partitions: state.ring.ring.owners.length,
      nVals: this.#nVals(),
      hints: this.hints,
    });
  }

  /** Keys that wait for their owners, by owner. */
  get hints(): ReadonlyMap<string, number> {
    return this.#hints.waiting();
  }

  /** What reads that this node coordinated have found. */
  get siblings(): SiblingHistogram {
    return this.#readRepair.siblings;
  }

  /** How many copies were asked of this node and changed on it so far. */
  get replicated(): Copies["counted"] {
    return this.#copies.counted;
  }

  /** What anti-entropy came to; undefined: it is switched off. */
  get exchanged(): Exchanged | undefined {
    return this.#antiEntropy?.exchanged;
  }

  /** How long it is that each place was compared with each of its other owners. */
  get exchangeLags(): readonly ExchangeLag[] {
    return this.#antiEntropy?.lags ?? [];
  }

  #take(input: Input): void {
    switch (input.type) {
      case "clock":
        this.#nowMs = input.nowMs;
        this.#runTime.step(input.nowMs);
        this.#wallMs = input.wallMs;
        return;
      case "tick":
        return this.#tick();
      case "work":
        return this.#listings.work();
      case "receive":
        this.#cluster.noticed(input.message.from);
        return this.#receive(input.message);
      case "unreachable":
        return this.#cluster.failed(input.member);
      case "durable":
        return this.#durable.confirm(input.writeNumber);
      case "damaged":
        return this.#antiEntropy?.damaged(input.place);
      case "ask":
        this.#open.add(input.id);
        return this.#questions.ask(input.id, input.request, (answer) => {
          this.#open.delete(input.id);
          this.#answers.push({ id: input.id, answer });
        });
      case "cancel":
        this.#open.delete(input.id);
        return this.#questions.cancel(input.id);
      case "command": {
        const outcome = this.#cluster.obey(input.command, this.#nVals());
        const tell = (): void => void this.#outcomes.push({ id: input.id, outcome });
        // what an operator was told is not forgotten, whatever becomes of this node
        return outcome.ok ? this.#durable.after(this.#stateWrite, tell) : tell();
      }
      default:
        return unreachable(input);
    }
  }

  /** At every step, since ticks are too far apart for it. */
  #lookForSilent(): void {
    this.#reads.lookForSilent();
    this.#writes.lookForSilent();
    this.#questions.lookForSilent();
  }

  #nVals(): readonly number[] {
    return nValsOf(this.#cluster.state, this.#defaults.nVal, this.#options.storage.places());
  }

  #leaseEpochs(): void {
    const { epochs, storage } = this.#options;
    const lease = epochs?.lease();
    if (lease !== undefined) this.#durable.after(storage.putMeta(epochsName, lease), () => epochs?.leased());
  }

  #tick(): void {
    this.#cluster.tick();
    this.#handoff.tick();
    this.#relocation.tick();
    this.#replica.tick();
    this.#reads.tick();
    this.#writes.tick();
    this.#questions.tick();
    this.#listings.tick();
    this.#readRepair.tick();
    if (this.#options.hintedHandoff) this.#hints.tick();
    this.#antiEntropy?.tick();
  }

  #receive(message: Message): void {
    const { from } = message;
    switch (message.type) {
      case "read":
        return this.#handoff.read(message);
      case "readFailed":
        this.#handoff.readFailed(from, message.request);
        return this.#reads.failed(from, message.request);
      case "hashReply":
        this.#cluster.heard(from);
        return this.#reads.hashReplied(from, message.request, message.objectHash);
      case "compare":
        return this.#readRepair.compared(message.entries);
      case "readReply":
        this.#cluster.heard(from);
        this.#handoff.readReplied(from, message.request, message.object);
        return this.#reads.replied(from, message.request, message.object);
      case "write":
        return this.#replica.write(message);
      case "writeReply":
        this.#cluster.heard(from);
        this.#written(from, message.request, message.result);
        return this.#writes.replied(from, message.request, message.result);
      case "forward":
        return this.#questions.received(message);
      case "offer":
        return this.#questions.offered(from, message.request);
      case "ready":
        this.#cluster.heard(from);
        return this.#questions.ready(from, message.request, message.isReady);
      case "forwardReply":
        this.#cluster.heard(from);
        return this.#questions.forwarded(from, message.request, message.answer);
      case "holds":
        return this.#handoff.holds(message);
      case "held":
        this.#cluster.heard(from);
        return this.#handoff.held(from, message.request, message.missing);
      case "reap":
        return this.#copies.forget(message.place, message.key, message.objectHash);
      case "list":
        return this.#listings.asked(from, message.request, message.ask);
      case "listReply":
        this.#cluster.heard(from);
        return this.#listings.replied(from, message.request, message.answer);
      case "exchange":
        return this.#antiEntropy?.asked(from, message.request, message.place, message.ask);
      case "exchangeReply":
        this.#cluster.heard(from);
        return this.#antiEntropy?.answered(from, message.request, message.answer);
      case "swim":
        return this.#cluster.swim([{ type: "receive", message: message.message }]);
      case "gossip":
        this.#cluster.gossip([{ type: "receive", message: message.message }]);
        return this.#questions.settingsHeard();
      default:
        return unreachable(message);
    }
  }

  /** What this node wrote elsewhere of itself, for no client. */
  #written(from: string, request: number, result: WriteResult): void {
    if (result === "taken") return;
    const isDurable = result === "durable";
    this.#hints.replied(from, request, isDurable);
    this.#antiEntropy?.written(from, request, isDurable);
    this.#handoff.writeReplied(from, request, isDurable);
  }

  #keepState(state: ClusterState): void {
    this.#stateWrite = this.#options.storage.putMeta(clusterStateName, Buffer.from(serializeState(state), "latin1"));
    this.#handoff.changed();
    this.#relocation.changed(state);
  }

  #back(member: string): void {
    if (this.#options.hintedHandoff) this.#hints.tick();
    this.#antiEntropy?.back(member);
  }

  #lost(member: string): void {
    this.#reads.lost(member);
    this.#writes.lost(member);
    this.#questions.lost(member);
    this.#listings.lost(member);
    this.#antiEntropy?.lost(member);
    this.#handoff.lost(member);
  }

  #propertiesOf(bucket: Bucket): BucketProperties | undefined {
    return this.#properties.of(this.#cluster.state, bucket);
  }

  #rulesOf(properties: BucketProperties = this.#defaults): ConflictRules {
    return conflictRules(properties, this.#options.defaults.clock);
  }

  #post(outgoing: Outgoing): void {
    const { self } = this.#options;
    if (outgoing.to === self) this.#receive(sentBy(self, outgoing));
    else this.#send.push(outgoing);
  }

  #repairer({ self, send, newRequest, nowMs }: Surroundings): AntiEntropy {
    const { storage, prng, deleteMode, exchangeIntervalMs, rebuildIntervalMs } = this.#options;
    return new AntiEntropy({
      storage,
      prng: prng.fork(),
      nowMs,
      send,
      newRequest,
      isReachable: (member) => this.#cluster.isReachable(member),
      ownedPlaces: () => ownedPlaces(self, this.#cluster.state.ring.ring.owners.length, this.#cluster.transition, this.#nVals()),
      clientsWaiting: () => this.#open.size,
      take: (place, key, object) => this.#replica.merge(place, key, object)?.bytes,
      look: (_place, key) => this.#readRepair.look(key),
      mayForget: (place) => this.#handoff.mayForget(place),
      keepsDeletions: deleteMode.kind === "keep",
      tell: (event) => this.#events.push(event),
      intervalMs: exchangeIntervalMs,
      rebuildIntervalMs,
    });
  }

  #relocator(): Relocation {
    return new Relocation({
      storage: this.#options.storage,
      nowMs: () => this.#nowMs,
      nVals: () => currentNVals(this.#cluster.state, this.#defaults.nVal),
      nValOf: (key) => this.#propertiesOf(objectName(key))?.nVal,
      isChanging: (partition) => this.#cluster.transition.isChanging(partition),
      move: (place, key, object) => this.#replica.merge(place, key, object) !== undefined,
    });
  }

  #lister(around: Surroundings, storage: IndexedStorage): Listings {
    return new Listings({
      around,
      storage,
      partitions: () => this.#cluster.state.ring.ring.owners.length,
      nVals: (bucket) => (bucket === undefined ? this.#nVals() : nValsOfBucket(this.#cluster.state, this.#defaults, bucket)),
      owners: (partition, n) => this.#cluster.transition.replicas(partition, n).owners.map(({ member }) => member),
      isReachable: (member) => this.#cluster.isReachable(member),
    });
  }

  #surroundings(): Surroundings {
    return {
      self: this.#options.self,
      copies: this.#copies,
      durable: this.#durable,
      nowMs: () => this.#nowMs,
      awakeMs: () => this.#runTime.awakeMs,
      isDrowsy: () => this.#runTime.isDrowsy,
      wallMs: () => this.#wallMs,
      isReady: () => this.isReady,
      send: (message) => this.#post(message),
      newRequest: () => ++this.#lastRequest,
      isReachable: (member) => this.#cluster.isReachable(member),
      isFresh: (member) => this.#cluster.isFresh(member),
      replicas: (name, asked) => this.#cluster.replicas(name, asked),
      coordinators: (name, asked) => this.#cluster.coordinators(name, asked),
      standIn: (name, asked, lost, isAsked) => this.#cluster.standIn(name, asked, lost, isAsked),
      silent: (member) => this.#cluster.failed(member),
      patienceMs: (member) => this.#cluster.patienceMs(member),
      receivers: (name, n) => this.#cluster.receivers(name, n),
      isAlone: (place) => this.#handoff.isAlone(place),
      propertiesOf: (bucket) => this.#propertiesOf(bucket),
      clusterState: () => this.#cluster.state,
      partitionOwners: (home) => this.#cluster.partitionOwners(home),
      changeState: (state) => {
        this.#cluster.gossip([{ type: "change", change: () => state }]);
        return this.#stateWrite;
      },
      areSettingsKnown: () => this.#cluster.areSettingsKnown,
      defaults: this.#defaults,
      rulesOf: (properties) => this.#rulesOf(properties),
    };
  }
}

/** What {@link Epochs} is made from again, in the storage's metadata. */
export const epochsName = "epochs";

/** What the next life of this node begins with of what gossip had told it, in the storage's metadata. */
export const clusterStateName = "cluster";

function byName(self: string): Writers {
  return { of: () => namedActor(self), arrived: () => undefined };
}
