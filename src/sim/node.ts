import type { KvInput, KvOutput } from "../check/models/kv.js";
import type { Prng } from "../core/prng.js";
import { createRaft } from "../store/raft/raft.js";
import type {
  ConfChange,
  Effects,
  Entry,
  Input,
  MemberId,
  Message,
  PlantedBugs,
  Raft,
  RaftOptions,
  RaftStatus,
} from "../store/raft/types.js";
import type { SimDisk } from "./disk.js";
import type { Invariants } from "./invariants.js";
import { answerOf, encodeWrite, SimStateMachine, type Write } from "./state-machine.js";
import type { Timeline } from "./timeline.js";
import type { Trace } from "./trace.js";

/** What a client hears of its operation. No answer at all is possible too. */
export type Answer =
  | { readonly type: "ok"; readonly output: KvOutput }
  /** Definitely without effect; with the member that may know better. */
  | { readonly type: "fail"; readonly hint: MemberId }
  | { readonly type: "info" };

export interface NodeOptions {
  readonly tickMs: number;
  /** Longest time from an input's arrival to the step that takes it: what comes in meanwhile is taken in the same step. */
  readonly busyMsMax: number;
  readonly raft: Omit<RaftOptions, "id">;
  /** Applied entries after which a snapshot is taken, and entries kept behind it. */
  readonly snapshotEvery: number;
  readonly keepEntries: number;
  readonly bugs: PlantedBugs;
}

/** What all nodes of a run share. */
export interface NodeWorld {
  readonly timeline: Timeline;
  readonly prng: Prng;
  readonly trace: Trace;
  readonly invariants: Invariants;
  readonly send: (message: Message) => void;
  readonly saw: (effects: Effects) => void;
}

interface Waiting {
  readonly input: KvInput;
  readonly answer: (answer: Answer) => void;
}

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
  readonly waiting: Map<number, Waiting>;
  /** Writes that stand in the log, by index. */
  readonly proposed: Map<number, { readonly id: number; readonly term: number }>;
  /** Reads that wait for their index to be applied. */
  reads: { readonly id: number; readonly index: number }[];
  isPaused: boolean;
  /** Whether all ticks missed in a pause fire at its end, or one for all. */
  catchesUp: boolean;
  stepScheduled: boolean;
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
    const { prng, invariants, trace } = this.#world;
    const recovered = this.disk.recover();
    const raft = createRaft(recovered, { ...this.#options.raft, id: this.id }, prng.fork(), this.#options.bugs);
    const { index } = recovered.snapshot.meta;
    const life: Life = {
      raft,
      machine: new SimStateMachine(),
      applied: index,
      compacted: index,
      inbox: [],
      durable: [],
      held: [],
      written: 0,
      confirmed: 0,
      waiting: new Map(),
      proposed: new Map(),
      reads: [],
      isPaused: false,
      catchesUp: false,
      stepScheduled: false,
    };
    this.#life = life;
    life.machine.restore(recovered.snapshot.data);
    trace.note(
      () => `n${this.id} starts: term ${recovered.hardState.term}, snapshot ${index}, log to ${index + recovered.entries.length}`,
    );
    invariants.started(this.id, recovered, raft.status());
    if (index > 0) invariants.restored(this.id, recovered.snapshot.meta, life.machine.chain);
    this.#tickLater(life);
    this.#wake(life);
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

  deliver(input: Input): void {
    if (this.#life === undefined) return;
    this.#life.inbox.push(input);
    this.#wake(this.#life);
  }

  /** A client's request. A node that is down refuses the connection. */
  request(id: number, input: KvInput, answer: (answer: Answer) => void): void {
    if (this.#life === undefined) return answer({ type: "fail", hint: 0 });
    this.#life.waiting.set(id, { input, answer });
    this.deliver(input.op === "get" ? { type: "readIndex", id } : { type: "propose", id, data: encodeWrite(input) });
  }

  /** An operator's request; whether it worked shows in the configuration. */
  changeConf(id: number, change: ConfChange): void {
    this.deliver({ type: "proposeConf", id, change });
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
    const inputs = life.inbox;
    life.inbox = [];
    const effects = life.raft.step(inputs);
    this.#traceStep(effects);
    saw(effects);
    invariants.stepped(this.id, effects, life.raft.status());
    for (const message of effects.send) this.#send(message);
    this.#persist(life, effects);
    this.#apply(life, effects);
    this.#answer(life, effects);
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

  #apply(life: Life, { restore, apply, proposed }: Effects): void {
    const { invariants } = this.#world;
    for (const { id, index, term } of proposed) life.proposed.set(index, { id, term });
    if (restore !== undefined) {
      life.machine.restore(restore.data);
      life.applied = life.compacted = restore.meta.index;
      invariants.restored(this.id, restore.meta, life.machine.chain);
      // whether writes that the snapshot skips over are in it cannot be told
      for (const index of [...life.proposed.keys()].filter((index) => index <= life.applied))
        this.#settle(life, index, { type: "info" });
    }
    for (const entry of apply) {
      const applied = life.machine.apply(entry);
      life.applied = entry.index;
      invariants.applied(this.id, entry, life.machine.chain);
      this.#settleApplied(life, entry, applied);
    }
  }

  #settleApplied(life: Life, { index, term }: Entry, applied: KvOutput): void {
    const proposal = life.proposed.get(index);
    if (proposal === undefined) return;
    const write = life.waiting.get(proposal.id)?.input as Write | undefined;
    const isOurs = proposal.term === term && write !== undefined;
    this.#settle(life, index, isOurs ? { type: "ok", output: answerOf(write, applied) } : { type: "fail", hint: 0 });
  }

  #settle(life: Life, index: number, answer: Answer): void {
    const proposal = life.proposed.get(index);
    life.proposed.delete(index);
    if (proposal !== undefined) this.#reply(life, proposal.id, answer);
  }

  #answer(life: Life, { dropped, reads }: Effects): void {
    if (dropped.length > 0) {
      const hint = life.raft.status().leader;
      for (const { id } of dropped) this.#reply(life, id, { type: "fail", hint });
    }
    if (reads.length > 0) life.reads.push(...reads);
    const isReady = (read: { index: number }): boolean => read.index <= life.applied;
    for (const { id } of life.reads.filter(isReady)) {
      const read = life.waiting.get(id);
      if (read?.input.op === "get") this.#reply(life, id, { type: "ok", output: life.machine.get(read.input.key) });
    }
    life.reads = life.reads.filter((read) => !isReady(read));
  }

  #reply(life: Life, id: number, answer: Answer): void {
    life.waiting.get(id)?.answer(answer);
    life.waiting.delete(id);
  }

  #compactWhenDue(life: Life): void {
    if (life.applied - life.compacted < this.#options.snapshotEvery) return;
    life.compacted = life.applied;
    this.deliver({ type: "compact", index: life.applied, data: life.machine.snapshot(), keep: this.#options.keepEntries });
  }

  #traceStep({ events, apply }: Effects): void {
    const { trace } = this.#world;
    for (const event of events) trace.note(() => `n${this.id} ${JSON.stringify(event)}`);
    const last = apply.at(-1);
    if (last !== undefined) trace.note(() => `n${this.id} applies to ${last.index} (term ${last.term})`);
  }
}
