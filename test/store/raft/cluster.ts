/**
 * A cluster of machines in one process, for tests: messages wait until `settle`, links can be cut, disks can be held back and lose what
 * was not yet written when a member crashes.
 */
import { safeSwitches } from "../../../src/core/store-switches.js";
import { createPrng } from "../../../src/core/prng.js";
import { bootstrapSnapshot, joinerSnapshot } from "../../../src/store/raft/bootstrap.js";
import { createRaft } from "../../../src/store/raft/raft.js";
import type {
  ConfChange,
  ConfState,
  DropReason,
  Effects,
  Entry,
  HardState,
  Input,
  MemberId,
  Message,
  Persist,
  PlantedBugs,
  Raft,
  RaftEvent,
  RaftOptions,
  RaftStatus,
  Snapshot,
} from "../../../src/store/raft/types.js";

export interface ClusterOptions {
  readonly voters: readonly MemberId[];
  readonly raft?: Partial<RaftOptions>;
  readonly bugs?: PlantedBugs;
}

interface Write {
  readonly persist: Persist | undefined;
  readonly messages: readonly Message[];
}

interface Member {
  raft: Raft;
  hardState: HardState;
  snapshot: Snapshot;
  entries: readonly Entry[];
  writes: Write[];
  diskHeld: boolean;
  /** The state machine: the texts applied so far. */
  state: string[];
  applied: number;
  reads: { id: number; index: number }[];
  proposed: { id: number; index: number; term: number }[];
  dropped: { id: number; reason: DropReason }[];
  events: RaftEvent[];
}

export const electionTicks = 10;

const nothing: HardState = { term: 0, vote: 0, commit: 0 };

export function conf(voters: readonly MemberId[], rest: Partial<ConfState> = {}): ConfState {
  return { voters, votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false, ...rest };
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}

export function confChange(...changes: ConfChange["changes"]): ConfChange {
  return { changes, context: new Uint8Array() };
}

export class Cluster {
  private readonly members = new Map<MemberId, Member>();
  private readonly options: ClusterOptions;
  /** Everything that left and did not arrive yet, oldest first. */
  wire: Message[] = [];
  /** Messages for which this is true are lost. */
  lose: (message: Message) => boolean = () => false;
  private nextId = 1;

  constructor(options: ClusterOptions) {
    this.options = options;
    for (const id of options.voters) this.boot(id, nothing, bootstrapSnapshot(options.voters), []);
  }

  /** Starts a member with an empty disk that is to join. */
  add(id: MemberId): void {
    this.boot(id, nothing, joinerSnapshot, []);
  }

  private boot(id: MemberId, hardState: HardState, snapshot: Snapshot, entries: readonly Entry[]): void {
    const options: RaftOptions = {
      id,
      electionTicks,
      heartbeatTicks: 1,
      appendBytesMax: 64 * 1024,
      inflightAppendsMax: 8,
      uncommittedBytesMax: 1024 * 1024,
      leaseMs: 0,
      ...safeSwitches,
      ...this.options.raft,
    };
    const raft = createRaft({ hardState, snapshot, entries }, options, createPrng(id), this.options.bugs);
    const fresh = { state: [], applied: 0, reads: [], proposed: [], dropped: [], events: [], writes: [], diskHeld: false };
    this.members.set(id, { raft, hardState, snapshot, entries, ...fresh });
    this.install(this.of(id), snapshot);
    this.input(id);
  }

  of(id: MemberId): Member {
    const member = this.members.get(id);
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  status(id: MemberId): RaftStatus {
    return this.of(id).raft.status();
  }

  get ids(): MemberId[] {
    return [...this.members.keys()];
  }

  /** Feeds `inputs` in one step and carries out what follows, but for what waits for a held disk. */
  input(id: MemberId, ...inputs: Input[]): Effects {
    const member = this.of(id);
    const effects = member.raft.step(inputs);
    this.wire.push(...effects.send);
    member.writes.push({ persist: effects.persist, messages: effects.sendAfterPersist });
    if (effects.restore !== undefined) this.install(member, effects.restore);
    for (const entry of effects.apply) {
      if (entry.index !== member.applied + 1) throw new Error(`member ${id} applied ${entry.index} after ${member.applied}`);
      member.applied = entry.index;
      if (entry.kind === "normal" && entry.data.length > 0) member.state.push(text(entry.data));
    }
    member.reads.push(...effects.reads);
    member.proposed.push(...effects.proposed);
    member.dropped.push(...effects.dropped);
    member.events.push(...effects.events);
    if (!member.diskHeld) this.writeAll(id);
    return effects;
  }

  private install(member: Member, snapshot: Snapshot): void {
    const state = text(snapshot.data as Uint8Array);
    member.state = state === "" ? [] : state.split(" ");
    member.applied = snapshot.meta.index;
  }

  holdDisk(id: MemberId): void {
    this.of(id).diskHeld = true;
  }

  releaseDisk(id: MemberId): void {
    this.of(id).diskHeld = false;
    this.writeAll(id);
  }

  private writeAll(id: MemberId): void {
    const member = this.of(id);
    for (let write = member.writes.shift(); write !== undefined; write = member.writes.shift()) {
      this.wire.push(...write.messages);
      if (write.persist === undefined) continue;
      this.write(member, write.persist);
      this.input(id, { type: "persisted", persistNumber: write.persist.persistNumber });
    }
  }

  private write(member: Member, { hardState, snapshot, discardLog, entries }: Persist): void {
    member.hardState = hardState ?? member.hardState;
    if (snapshot !== undefined) {
      member.snapshot = snapshot;
      member.entries = discardLog ? [] : member.entries.filter((entry) => entry.index > snapshot.meta.index);
    }
    const first = entries[0]?.index ?? Infinity;
    const kept = entries.filter((entry) => entry.index > member.snapshot.meta.index);
    member.entries = [...member.entries.filter((entry) => entry.index < first), ...kept];
  }

  /** Kills a member and starts it again from what its disk holds. */
  restart(id: MemberId): void {
    const { hardState, snapshot, entries } = this.of(id);
    this.boot(id, hardState, snapshot, entries);
  }

  tick(count: number, ...ids: MemberId[]): void {
    for (let i = 0; i < count; i++) {
      for (const id of ids.length > 0 ? ids : this.ids) this.input(id, { type: "tick" });
      this.settle();
    }
  }

  /** Delivers until nothing is on the wire. */
  settle(): void {
    for (let rounds = 0; this.wire.length > 0; rounds++) {
      if (rounds > 1000) throw new Error("the cluster never stops talking");
      const due = this.wire;
      this.wire = [];
      for (const message of due) this.deliver(message);
    }
  }

  deliver(message: Message): void {
    if (this.lose(message) || !this.members.has(message.to)) return;
    this.input(message.to, { type: "receive", message });
  }

  /** Nothing gets to or from these members any more. */
  isolate(...ids: MemberId[]): void {
    this.lose = ({ from, to }) => ids.includes(from) || ids.includes(to);
  }

  /** Messages pass within a group only. */
  partition(...groups: MemberId[][]): void {
    this.lose = ({ from, to }) => !groups.some((group) => group.includes(from) && group.includes(to));
  }

  heal(): void {
    this.lose = () => false;
  }

  elect(id: MemberId): void {
    this.input(id, { type: "campaign" });
    this.settle();
    if (this.status(id).role !== "leader") throw new Error(`member ${id} was not elected`);
  }

  /** Lets `id` win an election among `group` only, whoever else leads; `lose` on top of that. */
  electAmong(id: MemberId, group: readonly MemberId[], lose: (message: Message) => boolean = () => false): void {
    this.lose = (m) => !group.includes(m.from) || !group.includes(m.to) || lose(m);
    // leases run out first; only `id` ever stands
    for (const other of group) if (other !== id) for (let i = 0; i < electionTicks; i++) this.input(other, { type: "tick" });
    this.wire = [];
    // a first attempt may only find out how far the terms have gone
    for (let attempts = 0; attempts < 2 && this.status(id).role !== "leader"; attempts++) {
      this.input(id, { type: "campaign" });
      this.settle();
    }
    if (this.status(id).role !== "leader") throw new Error(`member ${id} was not elected`);
  }

  propose(id: MemberId, ...texts: string[]): Effects {
    return this.input(id, ...texts.map((it) => ({ type: "propose" as const, id: this.nextId++, data: bytes(it) })));
  }

  changeConf(id: MemberId, change: ConfChange): Effects {
    return this.input(id, { type: "proposeConf", id: this.nextId++, change });
  }

  /** Snapshots the state as it is now and drops the log before it. */
  compact(id: MemberId, keep = 0): void {
    const { applied, state } = this.of(id);
    this.input(id, { type: "compact", index: applied, data: bytes(state.join(" ")), keep });
  }

  /** Terms of the log from its first entry in memory on disk, e.g. `1 1 2`. */
  terms(id: MemberId): string {
    return this.of(id)
      .entries.map((entry) => entry.term)
      .join(" ");
  }

  leaders(): MemberId[] {
    return this.ids.filter((id) => this.status(id).role === "leader");
  }
}
