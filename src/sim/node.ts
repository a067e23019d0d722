import type { KvInput } from "../check/models/kv.js";
import type { Prng } from "../core/prng.js";
import type { Answer as StoreAnswer, MemberChange } from "../store/ask.js";
import type { LeaseId } from "../store/mvcc/key-value.js";
import { createRaft } from "../store/raft/raft.js";
import type {
  ConfChange,
  Effects,
  Input,
  MemberId,
  Message,
  PlantedBugs,
  Raft,
  RaftOptions,
  RaftStatus,
  Snapshot,
} from "../store/raft/types.js";
import type { Member } from "../store/replica.js";
import type { StoreSwitches } from "../core/store-switches.js";
import type { WatchHub } from "../store/watch/hub.js";
import type { WatchSink, WatchStream } from "../store/watch/watch-stream.js";
import type { SimDisk } from "./disk.js";
import type { EventHistory } from "./event-history.js";
import { createHub } from "./hub.js";
import { LeaderPatience } from "./leader-patience.js";
import type { LeasePromises } from "./lease-promises.js";
import type { Invariants } from "./invariants.js";
import { SimRequests } from "./requests.js";
import type { Answer, RequestMail } from "./requests.js";
import { SimStateMachine } from "./state-machine.js";
import type { Timeline } from "./timeline.js";
import type { Trace } from "./trace.js";

/** What can be planted: in the machine, and in what its driver makes of it. */
export interface SimBugs extends PlantedBugs {
  /** Tell a client that its write failed because the leader that took it leads no more: see hasty-router.ts. */
  readonly goesWithLeader?: boolean;
  /** Come back under the old number with an empty disk: see replacements.ts. */
  readonly wipedKeepsNumber?: boolean;
  /** Apply a request as often as the log has it. */
  readonly forgetsRequests?: boolean;
  /** Renew leases as a leader that asks nobody: see lonely-leading.ts. */
  readonly renewsAlone?: boolean;
  /** Begin to lead with what would be left of the leases if nobody had renewed them. */
  readonly keepsOldDeadlines?: boolean;
  /** Take what a leader said of a lease for one that was granted the same id later. */
  readonly confusesLeases?: boolean;
  /** Let watchers miss what a snapshot skipped: see hub.ts. */
  readonly skipsSnapshots?: boolean;
}

export interface NodeOptions {
  readonly tickMs: number;
  /** Longest time from an input's arrival to the step that takes it: what comes in meanwhile is taken in the same step. */
  readonly busyMsMax: number;
  readonly raft: Omit<RaftOptions, "id">;
  /** Applied entries after which a snapshot is taken, and entries kept behind it. */
  readonly snapshotEvery: number;
  readonly keepEntries: number;
  readonly reads: StoreSwitches["reads"];
  /** From a request's arrival to its answer. */
  readonly requestTimeoutMs: number;
  readonly bugs: SimBugs;
}

/** What goes from member to member. */
export type Cargo = Message | RequestMail;

/** What all nodes of a run share. */
export interface NodeWorld {
  readonly timeline: Timeline;
  readonly prng: Prng;
  readonly trace: Trace;
  /** With whom the cluster began. */
  readonly founders: readonly Member[];
  readonly invariants: Invariants;
  readonly promises: LeasePromises;
  readonly history: EventHistory;
  readonly send: (cargo: Cargo) => void;
  readonly saw: (effects: Effects) => void;
  /** A leader that stops is followed by the one that it chose. */
  readonly handedOver: () => void;
}

/** In the box, what stands for a state is its bytes. */
function bytesOf({ data }: Snapshot): Uint8Array {
  return data as Uint8Array;
}

/** As in store/node.ts and store/upkeep.ts. */
const handOverMsMax = 300;
const handOverLookMs = 5;

const refusedConnection: StoreAnswer = {
  type: "failed",
  failure: { kind: "unavailable", message: "the node is down" },
};

/** One life of a member, from start to crash. */
interface Life {
  readonly raft: Raft;
  readonly machine: SimStateMachine;
  applied: number;
  compacted: number;
  inbox: Input[];
  /** Numbers of the writes that became durable since the last step. */
  durable: number[];
  /** Messages that wait for a write. */
  held: { readonly persistNumber: number; readonly message: Message }[];
  /** The last write handed to the disk, and the last one known durable. */
  written: number;
  confirmed: number;
  readonly requests: SimRequests;
  readonly hub: WatchHub;
  /** What clients and other members have to say about requests, until the next step. */
  mail: (() => void)[];
  isPaused: boolean;
  /** Whether all ticks missed in a pause fire at its end, or one for all. */
  catchesUp: boolean;
  stepScheduled: boolean;
  hubScheduled: boolean;
  /** It takes no more requests. */
  isStopping: boolean;
  readonly patience: LeaderPatience;
}

/** The second driver of the raft machine (the first is store/node.ts): carries its effects out in the order of the contract. */
export class SimNode {
  readonly id: MemberId;
  readonly disk: SimDisk;
  /** How fast this node's clock runs. */
  tickRate = 1;
  readonly #options: NodeOptions;
  readonly #world: NodeWorld;
  #life: Life | undefined;
  #isRetired = false;
  #lives = 0;

  constructor(id: MemberId, disk: SimDisk, options: NodeOptions, world: NodeWorld) {
    this.id = id;
    this.disk = disk;
    this.#options = options;
    this.#world = world;
  }

  get isUp(): boolean {
    return this.#life !== undefined;
  }

  get isPaused(): boolean {
    return this.#life?.isPaused ?? false;
  }

  /** Undefined while it is down. */
  status(): RaftStatus | undefined {
    return this.#life?.raft.status();
  }

  /** Applied index and state, for comparing nodes; undefined while it is down. */
  state(): { readonly applied: number; readonly chain: number } | undefined {
    return this.#life && { applied: this.#life.applied, chain: this.#life.machine.chain };
  }

  start(): void {
    if (this.#isRetired) return;
    const { prng, invariants, trace } = this.#world;
    const recovered = this.disk.recover();
    const { bugs } = this.#options;
    const raft = createRaft(recovered, { ...this.#options.raft, id: this.id }, prng.fork(), bugs);
    const { index } = recovered.snapshot.meta;
    const machine = new SimStateMachine(this.#world.founders);
    machine.restore(bytesOf(recovered.snapshot));
    const life: Life = {
      raft,
      machine,
      applied: index,
      compacted: index,
      inbox: [],
      durable: [],
      held: [],
      written: 0,
      confirmed: 0,
      requests: this.#createRequests(raft, index, (act) => this.#post(life, act)),
      hub: createHub(
        { store: () => machine.kv, wake: () => this.#catchUp(life), random: () => prng.next() },
        bugs.skipsSnapshots === true,
      ),
      mail: [],
      isPaused: false,
      catchesUp: false,
      stepScheduled: false,
      hubScheduled: false,
      isStopping: false,
      patience: new LeaderPatience(),
    };
    this.#life = life;
    trace.note(
      () => `n${this.id} starts: term ${recovered.hardState.term}, snapshot ${index}, log to ${index + recovered.entries.length}`,
    );
    invariants.started(this.id, recovered, raft.status());
    if (index > 0) invariants.restored(this.id, recovered.snapshot.meta, life.machine.chain);
    this.#tickLater(life);
    this.#wake(life);
  }

  #createRequests(raft: Raft, applied: number, post: (act: () => void) => void): SimRequests {
    const { timeline, send } = this.#world;
    const { requestTimeoutMs: timeoutMs, bugs, tickMs, raft: raftOptions } = this.#options;
    return new SimRequests(
      {
        self: this.id,
        incarnation: ++this.#lives,
        nowMs: timeline.nowMs,
        clockMs: () => this.#clockMs(),
        electionTimeoutMs: raftOptions.electionTicks * tickMs,
        timeoutMs,
        after: (delayMs, act) => timeline.after(delayMs, () => post(act)),
        input: (input) => this.input(input),
        send,
        get: (key) => this.#life?.machine.get(key) ?? null,
        leases: () => (this.#life as Life).machine.leases,
        leadership: (knowsAllBefore) => {
          const { match, lastIndex, conf } = raft.status();
          const { members: known, nextMember } = (this.#life as Life).machine.members;
          // all count as started and up: what is risky must be safe as well, only less often useful
          const members = new Map([...known].map(([id, member]) => [id, { ...member, clientUrls: [] }]));
          const isUp = (): boolean => true;
          return { members, nextMember, conf, match, lastIndex, isUp, knowsAllBefore };
        },
        bugs,
      },
      applied,
    );
  }

  #clockMs(): number {
    return this.#world.timeline.nowMs() / this.tickRate;
  }

  /** As on SIGTERM: hands leadership to the voter that has most, waits until it follows it or for a while, and is down. */
  stop(): void {
    const life = this.#life;
    const status = life?.raft.status();
    if (life === undefined || status === undefined) return;
    const { match, conf } = status;
    const [successor] = conf.voters.filter((id) => id !== this.id).sort((a, b) => (match.get(b) ?? 0) - (match.get(a) ?? 0));
    if (status.role !== "leader" || successor === undefined) return this.crash();
    this.#world.trace.note(() => `n${this.id} stops, and hands over to n${successor}`);
    life.isStopping = true;
    this.input({ type: "transferLeader", member: successor });
    this.#stopOnce(life, successor, this.#world.timeline.nowMs() + handOverMsMax);
  }

  #stopOnce(life: Life, successor: MemberId, endMs: number): void {
    this.#world.timeline.after(handOverLookMs, () => {
      if (this.#life !== life) return;
      const hasHandedOver = life.raft.status().leader === successor;
      if (hasHandedOver) this.#world.handedOver();
      if (hasHandedOver || this.#world.timeline.nowMs() >= endMs) this.crash();
      else this.#stopOnce(life, successor, endMs);
    });
  }

  /** Its disk is lost: this node never runs again. */
  retire(): void {
    this.crash();
    this.#isRetired = true;
  }

  /** All that was only in memory is gone, and what the disk had not finished may be. */
  crash(): void {
    if (this.#life === undefined) return;
    this.#life = undefined;
    const frame = this.disk.crash();
    this.#world.trace.note(() => `n${this.id} crashes; its disk's last frame: ${frame}`);
  }

  /** Freezes: nothing is read, no tick fires, what arrives piles up. */
  pause(catchesUp: boolean): void {
    if (this.#life === undefined) return;
    this.#life.isPaused = true;
    this.#life.catchesUp = catchesUp;
    this.#world.trace.note(() => `n${this.id} pauses`);
  }

  resume(): void {
    if (this.#life?.isPaused !== true) return;
    this.#life.isPaused = false;
    this.#world.trace.note(() => `n${this.id} resumes`);
    this.#wake(this.#life);
  }

  deliver(cargo: Cargo): void {
    const life = this.#life;
    if (life === undefined) return;
    if (cargo.type === "ask" || cargo.type === "answer") this.#post(life, () => life.requests.receive(cargo));
    else this.input({ type: "receive", message: cargo });
  }

  /** For the machine. */
  input(input: Input): void {
    if (this.#life === undefined) return;
    this.#life.inbox.push(input);
    this.#wake(this.#life);
  }

  /** A client's request. A node that is down refuses the connection. */
  request(input: KvInput, answer: (answer: Answer) => void): void {
    const life = this.#life;
    if (life === undefined || life.isStopping) return answer({ type: "fail", hint: 0 });
    if (input.op === "get" && this.#options.reads === "local") {
      return answer({ type: "ok", output: life.machine.get(input.key) });
    }
    this.#post(life, () => life.requests.request(input, answer));
  }

  /** A client's write, as it stands in the log. */
  write(command: Uint8Array, answer: (told: StoreAnswer) => void): void {
    const life = this.#life;
    if (life === undefined || life.isStopping) return answer(refusedConnection);
    this.#post(life, () => life.requests.write(command, answer));
  }

  /** A client's. */
  keepAlive(id: LeaseId, answer: (told: StoreAnswer) => void): void {
    const life = this.#life;
    if (life === undefined || life.isStopping) return answer(refusedConnection);
    this.#post(life, () => life.requests.keepAlive(id, answer));
  }

  /** An operator's, by the rules of the API. */
  changeMembers(change: MemberChange, answer: (told: StoreAnswer) => void): void {
    const life = this.#life;
    if (life === undefined || life.isStopping) return answer(refusedConnection);
    this.#post(life, () => life.requests.changeMembers(change, answer));
  }

  /** Undefined while it is down. */
  watch(sink: WatchSink): WatchStream | undefined {
    return this.#life?.hub.open(sink);
  }

  /** Counts its lives: a connection ends with the one in which it was made. */
  get lives(): number {
    return this.#lives;
  }

  /** Undefined while it is down. */
  get machine(): SimStateMachine | undefined {
    return this.#life?.machine;
  }

  /** An operator's request; whether it worked shows in the configuration, so nobody waits for an answer. */
  changeConf(change: ConfChange): void {
    this.input({ type: "proposeConf", id: 0, change });
  }

  /** Done at the beginning of its next step. */
  #post(life: Life, act: () => void): void {
    if (this.#life !== life) return;
    life.mail.push(act);
    this.#wake(life);
  }

  #tickLater(life: Life): void {
    const { timeline, prng } = this.#world;
    timeline.after(this.#options.tickMs * this.tickRate * (0.95 + 0.1 * prng.next()), () => {
      if (this.#life !== life) return;
      const isCoalesced = life.isPaused && !life.catchesUp && life.inbox.some((input) => input.type === "tick");
      if (!isCoalesced) life.inbox.push({ type: "tick" });
      this.#wake(life);
      this.#tickLater(life);
    });
  }

  /** Steps a little later, so that what comes in together is taken together. */
  #wake(life: Life): void {
    if (life.stepScheduled || life.isPaused) return;
    life.stepScheduled = true;
    this.#world.timeline.after(this.#world.prng.next() * this.#options.busyMsMax, () => {
      life.stepScheduled = false;
      if (this.#life === life && !life.isPaused) this.#step(life);
    });
  }

  #step(life: Life): void {
    const { invariants, saw } = this.#world;
    for (const persistNumber of life.durable) {
      life.confirmed = persistNumber;
      life.inbox.push({ type: "persisted", persistNumber });
    }
    life.durable = [];
    this.#sendHeld(life);
    const { mail } = life;
    life.mail = [];
    for (const act of mail) act();
    const inputs: Input[] = [{ type: "clock", nowMs: this.#clockMs() }, ...life.inbox];
    life.inbox = [];
    const effects = life.raft.step(inputs);
    this.#traceStep(effects);
    saw(effects);
    const status = life.raft.status();
    invariants.stepped(this.id, effects, status);
    invariants.led(this.id, life.patience.isHeard(inputs, status, this.#options.raft.electionTicks));
    for (const message of effects.send) this.#send(message);
    this.#persist(life, effects);
    life.requests.stepped(effects, status);
    this.#apply(life, effects, status);
    this.#compactWhenDue(life);
  }

  #persist(life: Life, { persist, sendAfterPersist }: Effects): void {
    if (persist !== undefined) {
      life.written = persist.persistNumber;
      this.disk.write(persist, () => {
        if (this.#life !== life) return;
        life.durable.push(persist.persistNumber);
        this.#wake(life);
      });
    }
    for (const message of sendAfterPersist) life.held.push({ persistNumber: life.written, message });
    this.#sendHeld(life);
  }

  #sendHeld(life: Life): void {
    for (let first = life.held[0]; first !== undefined && first.persistNumber <= life.confirmed; first = life.held[0]) {
      life.held.shift();
      this.#send(first.message);
    }
  }

  #send(message: Message): void {
    this.#world.invariants.sent(message);
    this.#world.send(message);
  }

  #apply(life: Life, { restore, apply }: Effects, status: RaftStatus): void {
    const { invariants, promises, history } = this.#world;
    const { machine, requests, hub } = life;
    if (restore !== undefined) {
      const { index, term } = restore.meta;
      machine.restore(bytesOf(restore));
      life.applied = life.compacted = index;
      invariants.restored(this.id, restore.meta, machine.chain);
      promises.holds(index, machine.leases);
      requests.restored(index, term, machine.sessions);
      hub.restored();
    }
    for (const entry of apply) {
      const { revision } = machine.kv;
      const { forgetsRequests, confusesLeases } = this.#options.bugs;
      const applied = machine.apply(entry, forgetsRequests, confusesLeases);
      life.applied = entry.index;
      invariants.applied(this.id, entry, machine.chain);
      history.grew(machine.kv, revision);
      promises.applied(entry.index, applied);
      promises.holds(entry.index, machine.leases);
      requests.applied(entry, applied);
    }
    requests.appliedAll(life.applied, status);
    if (apply.length > 0) hub.applied();
  }

  /** Lets watchers that are behind read on, one after the other. */
  #catchUp(life: Life): void {
    if (life.hubScheduled) return;
    life.hubScheduled = true;
    this.#world.timeline.after(this.#world.prng.next() * this.#options.busyMsMax, () => {
      this.#post(life, () => {
        life.hubScheduled = false;
        if (life.hub.catchUp(() => false)) this.#catchUp(life);
      });
    });
  }

  #compactWhenDue(life: Life): void {
    if (life.applied - life.compacted < this.#options.snapshotEvery) return;
    life.compacted = life.applied;
    this.input({ type: "compact", index: life.applied, data: life.machine.snapshot(), keep: this.#options.keepEntries });
  }

  #traceStep({ events, apply }: Effects): void {
    const { trace } = this.#world;
    for (const event of events) trace.note(() => `n${this.id} ${JSON.stringify(event)}`);
    const last = apply.at(-1);
    if (last !== undefined) trace.note(() => `n${this.id} applies to ${last.index} (term ${last.term})`);
  }
}
