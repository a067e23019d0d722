/**
 * A member's state, and what it does with it whatever its role: how its terms and roles change, what it may say when, what is committed, and
 * what goes to disk. What moves it is in the files beside this one (see raft.ts), which are the only ones to touch it.
 */
import { invariant } from "../../core/invariant.js";
import type { Prng } from "../../core/prng.js";
import { isNew } from "./bootstrap.js";
import { changeConf, membersOf } from "./conf-change.js";
import { decodeConfChange, encodeConfChange } from "./conf-codec.js";
import { ConfHistory } from "./conf-history.js";
import { Divergence, mayDiverge } from "./divergence.js";
import { Durability } from "./durability.js";
import { RaftLog } from "./log.js";
import { emptyOutbox, type Outbox } from "./outbox.js";
import { trackMembers, type Leading, type RoleState, type Tracking } from "./roles.js";
import {
  none,
  type ConfState,
  type DropReason,
  type Entry,
  type MemberId,
  type Message,
  type Persist,
  type PlantedBugs,
  type RaftOptions,
  type Recovered,
  type Role,
  type SnapshotData,
} from "./types.js";

const noBytes = new Uint8Array(0);

export class Machine {
  readonly id: MemberId;
  readonly options: RaftOptions;
  readonly prng: Prng;
  readonly bugs: PlantedBugs;
  readonly log: RaftLog;
  readonly durability: Durability;
  term: number;
  vote: MemberId;
  leader: MemberId = none;
  state: RoleState = { role: "follower" };
  conf: ConfState;
  readonly confHistory = new ConfHistory();
  electionElapsed = 0;
  electionTimeout = 0;
  /** What the driver's clock last showed. */
  nowMs = 0;
  /** With leases: ticks for which this member still owes its leader not to vote for another. */
  promisedTicks = 0;
  readonly divergence: Divergence;
  private reportedRole: Role;
  /** The hard state as last handed out. */
  private handedOut: { term: number; vote: MemberId; commit: number };
  out: Outbox = emptyOutbox();

  constructor({ hardState, snapshot, entries }: Recovered, options: RaftOptions, prng: Prng, bugs: PlantedBugs) {
    this.id = options.id;
    this.options = options;
    this.prng = prng;
    this.bugs = bugs;
    this.log = new RaftLog(snapshot, entries);
    const { meta } = snapshot;
    invariant(meta.index > 0 || membersOf(meta.conf).length === 0, "a configuration stands at index 0: see bootstrap.ts");
    // a disk that is new holds a snapshot and no hard state
    this.term = Math.max(hardState.term, meta.term);
    this.vote = this.term > hardState.term || bugs.forgetVote === true ? none : hardState.vote;
    invariant(this.term >= this.log.lastTerm, `the log's term ${this.log.lastTerm} is above the recorded term ${this.term}`);
    this.durability = new Durability(hardState, this.log.lastIndex);
    this.handedOut = { ...hardState };
    this.conf = meta.conf;
    this.confHistory.restart(meta.index, meta.conf);
    this.reportedRole = this.role;
    this.divergence = new Divergence(mayDiverge(options));
    // who was here before may have promised a leader not to vote
    if (options.leaseMs > 0 && !isNew({ hardState, snapshot, entries })) this.promisedTicks = options.electionTicks;
    this.drawElectionTimeout();
    // a torn write may have kept the hard state and lost entries that came with it: those were never acknowledged
    this.commitTo(Math.min(hardState.commit, this.log.lastIndex));
  }

  private drawElectionTimeout(): void {
    this.electionTimeout = this.prng.int(this.options.electionTicks, 2 * this.options.electionTicks - 1);
  }

  /** The role as seen from outside. */
  get role(): Role {
    return this.state.role === "follower" && this.conf.learners.includes(this.id) ? "learner" : this.state.role;
  }

  get tracking(): Tracking {
    return { self: this.id, conf: this.conf, next: this.log.lastIndex + 1, inflightAppendsMax: this.options.inflightAppendsMax };
  }

  private reportRole(): void {
    if (this.role === this.reportedRole) return;
    this.reportedRole = this.role;
    const leads = this.state.role === "leader" && { knowsFrom: this.state.knowsFrom };
    this.out.events.push({ event: "role-changed", role: this.role, term: this.term, ...leads });
  }

  /** Takes on a role; the time that its election timeout counts begins anew. */
  become(state: RoleState): void {
    this.state = state;
    this.electionElapsed = 0;
    this.drawElectionTimeout();
    this.reportRole();
  }

  enterTerm(term: number, vote: MemberId): void {
    invariant(term > this.term, `term ${this.term} cannot go back to ${term}`);
    this.out.events.push({ event: "term-changed", term, from: this.term });
    this.term = term;
    this.vote = vote;
    // of another leader nothing is known
    this.divergence.newTerm();
  }

  setLeader(leader: MemberId): void {
    if (this.leader === leader) return;
    this.leader = leader;
    this.out.events.push({ event: "leader-changed", leader, term: this.term });
  }

  becomeFollower(term: number, leader: MemberId, why: DropReason = "not-leader"): void {
    if (this.state.role === "leader") {
      for (const id of this.state.reads.abandon()) this.out.dropped.push({ id, reason: why });
    }
    if (term !== this.term) this.enterTerm(term, none);
    this.become({ role: "follower" });
    this.setLeader(leader);
  }

  /** Leaves now, unless it would tell of a term that is not on disk. */
  send(message: Message): void {
    const early = message.term !== this.term || this.durability.term === this.term;
    (early ? this.out.send : this.out.sendAfterPersist).push(message);
  }

  /** Leaves once everything that this step and earlier ones wrote is durable. */
  promise(message: Message): void {
    if (this.bugs.ackBeforePersist === true && message.type === "appendReply") this.out.send.push(message);
    else this.out.sendAfterPersist.push(message);
  }

  /** Adds an entry of the present term to a leader's log; returns its index. */
  append(leading: Leading, kind: Entry["kind"], data: Uint8Array = noBytes): number {
    const index = this.log.lastIndex + 1;
    this.log.append([{ index, term: this.term, kind, data }]);
    leading.uncommittedBytes += data.length;
    return index;
  }

  /** Moves the commit index up and hands the entries out; the machine applies changes of configuration to itself as it does. */
  commitTo(commit: number): void {
    const { log } = this;
    if (commit <= log.commit) return;
    invariant(commit <= log.lastIndex, `index ${commit} is committed, but the log ends at ${log.lastIndex}: it has lost entries`);
    const leading = this.state.role === "leader" ? this.state : undefined;
    while (log.commit < commit) {
      const entry = log.at(log.commit + 1);
      log.commit = entry.index;
      this.out.apply.push(entry);
      if (leading !== undefined) leading.uncommittedBytes -= entry.data.length;
      if (entry.kind === "conf") this.applyConf(entry);
    }
    if (leading !== undefined) this.leaveJoint(leading);
  }

  /** A joint configuration is left by itself once all that led to it is applied (thesis §4.3). */
  leaveJoint(leading: Leading): void {
    if (!this.conf.autoLeave || this.log.commit < leading.pendingConfIndex) return;
    leading.pendingConfIndex = this.append(leading, "conf", encodeConfChange({ changes: [], context: noBytes }));
  }

  private applyConf(entry: Entry): void {
    const result = changeConf(this.conf, decodeConfChange(entry.data));
    invariant(result.ok, `the change of configuration at ${entry.index} is illegal: ${result.ok ? "" : result.why}`);
    this.confHistory.add(entry.index, result.conf);
    this.useConf(result.conf, entry.index);
  }

  useConf(conf: ConfState, index: number): void {
    this.conf = conf;
    this.out.events.push({ event: "conf-changed", conf, index });
    // a newcomer gets an election timeout to show up, so that a new voter does not cost the leader its quorum
    if (this.state.role === "leader") trackMembers(this.state, this.tracking, true);
    this.reportRole();
  }

  compact(index: number, data: SnapshotData, keep: number): void {
    // a leader's snapshot in the same step may have taken back the state that this one is of
    if (index <= this.log.snapshot.meta.index || this.out.restore !== undefined) return;
    this.log.compact(index, this.confHistory.at(index), data, keep);
    this.confHistory.forgetBefore(index);
    this.out.compacted = this.log.snapshot;
  }

  /** What is to go to disk since this was asked last. */
  takePersist(): Persist | undefined {
    const { log, durability, handedOut, term, vote } = this;
    const snapshot = this.out.restore ?? this.out.compacted;
    const entries = durability.handedOut < log.lastIndex ? log.slice(durability.handedOut + 1, Infinity) : [];
    const strict = term !== handedOut.term || vote !== handedOut.vote;
    if (!strict && snapshot === undefined && entries.length === 0) return undefined;
    // The commit index needs no write of its own, but it must ride along with entries: a member that acknowledges one change of
    // configuration then remembers that the one before is committed, so that after a restart its quorums still meet everybody's.
    const changed = strict || log.commit !== handedOut.commit;
    this.handedOut = { term, vote, commit: log.commit };
    return {
      persistNumber: durability.handOut(log.lastIndex, term, vote),
      hardState: changed ? { ...this.handedOut } : undefined,
      snapshot,
      discardLog: this.out.restore !== undefined,
      entries,
    };
  }
}
