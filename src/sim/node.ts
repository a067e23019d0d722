import type { KvInput, KvOutput } from "../check/models/kv.js";
import type { Prng } from "../core/prng.js";
import { Proposals } from "../store/proposals.js";
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
import type { StoreSwitches } from "../core/store-switches.js";
import { LeaderPatience } from "./leader-patience.js";
import type { SimDisk } from "./disk.js";
import type { Invariants } from "./invariants.js";
import { HastyProposals } from "./hasty-proposals.js";
import { answerOf, encodeWrite, SimStateMachine, type Write } from "./state-machine.js";
import type { Timeline } from "./timeline.js";
import type { Trace } from "./trace.js";

/** What a client hears of its operation. No answer at all is possible too. */
export type Answer =
  | { readonly type: "ok"; readonly output: KvOutput }
  /** Definitely without effect; with the member that may know better. */
  | { readonly type: "fail"; readonly hint: MemberId }
  | { readonly type: "info" };

/** What can be planted: in the machine, and in what its driver makes of it. */
export interface SimBugs extends PlantedBugs {
  /** Tell a client that its write failed because this member's own log holds another at its index: see hasty-proposals.ts. */
  readonly placeIsLost?: boolean;
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
  readonly bugs: SimBugs;
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

/** What a client asked of this node. */
interface Asked {
  readonly input: KvInput;
  readonly answer: (answer: Answer) => void;
}

/** In the box, what stands for a state is its bytes. */
function bytesOf({ data }: Snapshot): Uint8Array {
  return data as Uint8Array;
}

function fail({ answer }: Asked): void {
  answer({ type: "fail", hint: 0 });
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
  readonly proposals: Proposals<Asked>;
  /** Reads that wait for their index to be applied. */
  reads: { readonly asked: Asked; readonly index: number }[];
  isPaused: boolean;
  /** Whether all ticks missed in a pause fire at its end, or one for all. */
  catchesUp: boolean;
  stepScheduled: boolean;
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
    const { bugs } = this.#options;
    const raft = createRaft(recovered, { ...this.#options.raft, id: this.id }, prng.fork(), bugs);
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
      proposals: bugs.placeIsLost === true ? new HastyProposals(fail) : new Proposals(),
      reads: [],
      isPaused: false,
      catchesUp: false,
      stepScheduled: false,
      patience: new LeaderPatience(),
    };
    this.#life = life;
    life.machine.restore(bytesOf(recovered.snapshot));
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
  request(input: KvInput, answer: (answer: Answer) => void): void {
    if (this.#life === undefined) return answer({ type: "fail", hint: 0 });
    if (input.op === "get" && this.#options.reads === "local") {
      return answer({ type: "ok", output: this.#life.machine.get(input.key) });
    }
    const id = this.#life.proposals.handIn({ input, answer });
    this.deliver(input.op === "get" ? { type: "readIndex", id } : { type: "propose", id, data: encodeWrite(input) });
  }

  /** An operator's request; whether it worked shows in the configuration, so nobody waits for an answer. */
  changeConf(change: ConfChange): void {
    this.deliver({ type: "proposeConf", id: 0, change });
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
    const inputs: Input[] = [{ type: "clock", nowMs: this.#world.timeline.nowMs() / this.tickRate }, ...life.inbox];
    life.inbox = [];
    const effects = life.raft.step(inputs);
    this.#traceStep(effects);
    saw(effects);
    const status = life.raft.status();
    invariants.stepped(this.id, effects, status);
    invariants.led(this.id, life.patience.isHeard(inputs, status, this.#options.raft.electionTicks));
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
    for (const { id, index, term } of proposed) {
      const asked = life.proposals.take(id);
      if (asked !== undefined) life.proposals.place(asked, index, term);
    }
    if (restore !== undefined) {
      life.machine.restore(bytesOf(restore));
      life.applied = life.compacted = restore.meta.index;
      invariants.restored(this.id, restore.meta, life.machine.chain);
      for (const { answer } of life.proposals.skipTo(life.applied)) answer({ type: "info" });
    }
    for (const entry of apply) {
      const output = life.machine.apply(entry);
      life.applied = entry.index;
      invariants.applied(this.id, entry, life.machine.chain);
      const { own, lost } = life.proposals.committed(entry.index, entry.term);
      lost.forEach(fail);
      own?.answer({ type: "ok", output: answerOf(own.input as Write, output) });
    }
  }

  #answer(life: Life, { dropped, reads }: Effects): void {
    if (dropped.length > 0) {
      const hint = life.raft.status().leader;
      for (const { id } of dropped) life.proposals.take(id)?.answer({ type: "fail", hint });
    }
    for (const { id, index } of reads) {
      const asked = life.proposals.take(id);
      if (asked !== undefined) life.reads.push({ asked, index });
    }
    const isReady = (read: { index: number }): boolean => read.index <= life.applied;
    for (const { asked } of life.reads.filter(isReady)) {
      if (asked.input.op === "get") asked.answer({ type: "ok", output: life.machine.get(asked.input.key) });
    }
    life.reads = life.reads.filter((read) => !isReady(read));
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
