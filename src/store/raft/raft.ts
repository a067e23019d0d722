/**
 * The Raft machine: Ongaro, "Consensus: Bridging Theory and Practice" (2014), in the shape of etcd-io/raft. Inputs in, effects out;
 * no clock, no disk, no network.
 *
 * Two rules run through all of it. What a member promises (votes, acknowledged entries) leaves only when it is on disk, and so does any
 * message of a term that is not. And a step decides first and speaks last: handlers move the state, `finish` says once what follows.
 */
import { invariant, unreachable } from "../../core/invariant.js";
import type { Prng } from "../../core/prng.js";
import { isNew } from "./bootstrap.js";
import { commitIndex } from "./committing.js";
import { changeConf, isJoint, isVoter, membersOf } from "./conf-change.js";
import { decodeConfChange, encodeConfChange } from "./conf-codec.js";
import { ConfHistory } from "./conf-history.js";
import { Divergence, mayDiverge } from "./divergence.js";
import { Durability } from "./durability.js";
import { RaftLog } from "./log.js";
import { emptyOutbox, type Outbox } from "./outbox.js";
import {
  becomeProbe,
  becomeReplicate,
  becomeSnapshot,
  forgetMatch,
  heardFrom,
  isPaused,
  maybeDecrease,
  maybeUpdate,
  needsNoAnswer,
  noteHeartbeat,
  sentEntries,
  snapshotFailed,
  type Progress,
} from "./progress.js";
import { committedIndex, voteResult } from "./quorum.js";
import { leadingWith, trackMembers, type Leading, type RoleState, type Standing, type Tracking } from "./roles.js";
import { serveReads } from "./serving.js";
import {
  none,
  type ConfChange,
  type ConfState,
  type DropReason,
  type Effects,
  type Entry,
  type Input,
  type MemberId,
  type Message,
  type Persist,
  type PlantedBugs,
  type Raft,
  type RaftOptions,
  type RaftStatus,
  type Recovered,
  type Role,
  type Snapshot,
  type SnapshotData,
} from "./types.js";

/** Check-quorum rounds after which a snapshot that nobody answered for is taken for lost. */
const snapshotRoundsMax = 10;

const noBytes = new Uint8Array(0);

/** A machine that goes on from what was found on disk. `prng` draws its election timeouts. */
export function createRaft(recovered: Recovered, options: RaftOptions, prng: Prng, bugs: PlantedBugs = {}): Raft {
  return new Machine(recovered, options, prng, bugs);
}

type Of<T extends Message["type"]> = Extract<Message, { readonly type: T }>;
type VoteRequest = Of<"preVote" | "vote">;
type VoteReply = Of<"preVoteReply" | "voteReply">;

class Machine implements Raft {
  private readonly id: MemberId;
  private readonly options: RaftOptions;
  private readonly prng: Prng;
  private readonly bugs: PlantedBugs;
  private readonly log: RaftLog;
  private readonly durability: Durability;
  private term: number;
  private vote: MemberId;
  private leader: MemberId = none;
  private state: RoleState = { role: "follower" };
  private conf: ConfState;
  private readonly confHistory = new ConfHistory();
  private electionElapsed = 0;
  private electionTimeout = 0;
  /** What the driver's clock last showed. */
  private nowMs = 0;
  /** With leases: ticks for which this member still owes its leader not to vote for another. */
  private promisedTicks = 0;
  private readonly divergence: Divergence;
  private reportedRole: Role;
  /** The hard state as last handed out. */
  private handedOut: { term: number; vote: MemberId; commit: number };
  private out: Outbox = emptyOutbox();

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

  step(inputs: readonly Input[]): Effects {
    for (const input of inputs) this.take(input);
    return this.finish();
  }

  status(): RaftStatus {
    const { state, log } = this;
    return {
      id: this.id,
      role: this.role,
      term: this.term,
      vote: this.vote,
      leader: this.leader,
      commit: log.commit,
      applied: log.commit,
      lastIndex: log.lastIndex,
      firstIndex: log.firstIndex,
      conf: this.conf,
      match: new Map(state.role === "leader" ? membersOf(this.conf).map((member) => [member, this.matchOf(state, member)]) : []),
    };
  }

  private take(input: Input): void {
    switch (input.type) {
      case "tick":
        return this.tick();
      case "clock":
        this.nowMs = input.nowMs;
        return;
      case "receive":
        return this.receive(input.message);
      case "propose":
        return this.propose(input.id, "normal", input.data);
      case "proposeConf":
        return this.proposeConf(input.id, input.change);
      case "readIndex":
        return this.readIndex(input.id);
      case "persisted":
        return this.persisted(input.persistNumber);
      case "compact":
        return this.compact(input.index, input.data, input.keep);
      case "campaign":
        return this.campaign();
      case "transferLeader":
        return this.transferLeader(input.member);
      case "unreachable":
        return this.unreachable(input.member);
      case "leaderGone":
        return this.leaderGone(input.member);
      default:
        return unreachable(input);
    }
  }

  // ---- time ----------------------------------------------------------------------------------------------------------------

  private tick(): void {
    this.electionElapsed++;
    if (this.promisedTicks > 0) this.promisedTicks--;
    if (this.state.role === "leader") this.tickLeader(this.state);
    // who may not stand lets the time run on: its lease on the last leader must end
    else if (this.electionElapsed >= this.electionTimeout && isVoter(this.conf, this.id)) {
      this.electionElapsed = 0;
      this.campaign();
    }
  }

  private tickLeader(leading: Leading): void {
    leading.heartbeatElapsed++;
    if (leading.heartbeatElapsed >= this.options.heartbeatTicks) {
      leading.heartbeatElapsed = 0;
      leading.heartbeatDue = true;
      for (const pr of leading.progress.values()) noteHeartbeat(pr);
    }
    if (this.electionElapsed < this.options.electionTicks) return;
    this.electionElapsed = 0;
    leading.transferee = none;
    this.checkQuorum(leading);
  }

  /** A leader cut off from its quorum steps down, so that its clients look elsewhere and followers may answer candidates (thesis §6.2). */
  private checkQuorum(leading: Leading): void {
    const heard = voteResult(this.conf, (voter) => voter === this.id || leading.progress.get(voter)?.recentActive === true);
    for (const pr of leading.progress.values()) {
      pr.recentActive = false;
      if (pr.state === "snapshot" && ++pr.snapshotRounds >= snapshotRoundsMax) snapshotFailed(pr);
    }
    if (heard === "won" || !this.options.checkQuorum) return;
    this.out.events.push({ event: "quorum-lost", term: this.term });
    this.becomeFollower(this.term, none, "no-quorum");
  }

  private drawElectionTimeout(): void {
    this.electionTimeout = this.prng.int(this.options.electionTicks, 2 * this.options.electionTicks - 1);
  }

  // ---- terms and roles -----------------------------------------------------------------------------------------------------

  /** The role as seen from outside. */
  private get role(): Role {
    return this.state.role === "follower" && this.conf.learners.includes(this.id) ? "learner" : this.state.role;
  }

  private get tracking(): Tracking {
    return { self: this.id, conf: this.conf, next: this.log.lastIndex + 1, inflightAppendsMax: this.options.inflightAppendsMax };
  }

  private reportRole(): void {
    if (this.role === this.reportedRole) return;
    this.reportedRole = this.role;
    const leads = this.state.role === "leader" && { knowsFrom: this.state.knowsFrom };
    this.out.events.push({ event: "role-changed", role: this.role, term: this.term, ...leads });
  }

  private become(state: RoleState): void {
    this.state = state;
    this.electionElapsed = 0;
    this.drawElectionTimeout();
    this.reportRole();
  }

  private enterTerm(term: number, vote: MemberId): void {
    invariant(term > this.term, `term ${this.term} cannot go back to ${term}`);
    this.out.events.push({ event: "term-changed", term, from: this.term });
    this.term = term;
    this.vote = vote;
    // of another leader nothing is known
    this.divergence.newTerm();
  }

  private setLeader(leader: MemberId): void {
    if (this.leader === leader) return;
    this.leader = leader;
    this.out.events.push({ event: "leader-changed", leader, term: this.term });
  }

  private becomeFollower(term: number, leader: MemberId, why: DropReason = "not-leader"): void {
    if (this.state.role === "leader") {
      for (const id of this.state.reads.abandon()) this.out.dropped.push({ id, reason: why });
    }
    if (term !== this.term) this.enterTerm(term, none);
    this.become({ role: "follower" });
    this.setLeader(leader);
  }

  private becomeLeader(): void {
    const leading = leadingWith(this.log, this.options.commitRule);
    trackMembers(leading, this.tracking, false);
    this.become(leading);
    this.setLeader(this.id);
    // earlier terms' entries are committed only through one of this term (thesis §3.6.2); who counts them as they are needs none
    if (this.options.commitRule === "currentTerm") this.append(leading, "normal", noBytes);
    else this.leaveJoint(leading);
  }

  // ---- elections -----------------------------------------------------------------------------------------------------------

  private campaign(): void {
    if (this.state.role === "leader" || !isVoter(this.conf, this.id)) return;
    this.stand(this.options.preVote ? "preCandidate" : "candidate", false);
  }

  /** Stands within a heartbeat or two, not at once: the others hear of it at the same moment, and two who stand together both fail. */
  private leaderGone(member: MemberId): void {
    const { leaseMs, preVote, heartbeatTicks } = this.options;
    // leases rest on nobody standing early, and without pre-votes whoever stands deposes a leader that is well
    if (leaseMs > 0 || !preVote || this.leader !== member || this.state.role !== "follower") return;
    this.setLeader(none);
    this.electionElapsed = 0;
    this.electionTimeout = this.prng.int(1, heartbeatTicks + 1);
  }

  /** Asks for pre-votes (thesis §9.6), which cost nobody anything, or for votes. A `transfer` is wanted by the leader, so leases do not hold. */
  private stand(role: Standing["role"], transfer: boolean): void {
    const votes = new Map<MemberId, boolean>();
    // a pre-vote promises nothing; our own vote counts once it is on disk, see `persisted`
    if (role === "preCandidate") votes.set(this.id, true);
    else this.enterTerm(this.term + 1, this.id);
    this.become({ role, votes });
    this.setLeader(none);
    const { lastIndex, lastTerm } = this.log;
    const ask =
      role === "preCandidate"
        ? ({ type: "preVote", term: this.term + 1 } as const)
        : ({ type: "vote", term: this.term } as const);
    for (const to of new Set([...this.conf.voters, ...this.conf.votersOutgoing])) {
      if (to !== this.id) this.send({ ...ask, from: this.id, to, lastIndex, lastTerm, transfer });
    }
    this.tally();
  }

  private tally(): void {
    const { state } = this;
    if (state.role !== "preCandidate" && state.role !== "candidate") return;
    const result = voteResult(this.conf, (voter) => state.votes.get(voter));
    switch (result) {
      case "won":
        return state.role === "preCandidate" ? this.stand("candidate", false) : this.becomeLeader();
      case "lost":
        return this.becomeFollower(this.term, none);
      case "pending":
        return;
      default:
        return unreachable(result);
    }
  }

  private handleVoteRequest(m: VoteRequest): void {
    const preVote = m.type === "preVote";
    const free = this.vote === m.from || (this.vote === none && this.leader === none) || (preVote && m.term > this.term);
    const granted = free && (m.transfer || this.promisedTicks === 0) && this.log.isUpToDate(m.lastIndex, m.lastTerm);
    if (granted && !preVote) {
      this.electionElapsed = 0;
      this.vote = m.from;
    }
    this.out.events.push({ event: "vote-cast", candidate: m.from, term: m.term, granted, preVote });
    // a granted pre-vote speaks of the candidate's coming term, a refusal of ours
    const reply: Message = {
      type: preVote ? "preVoteReply" : "voteReply",
      from: this.id,
      to: m.from,
      term: granted ? m.term : this.term,
      granted,
    };
    if (granted && !preVote) this.promise(reply);
    else this.send(reply);
  }

  private handleVoteReply(m: VoteReply): void {
    const { state } = this;
    if (m.type === "preVoteReply" ? state.role !== "preCandidate" : state.role !== "candidate") return;
    // a pre-vote granted for an earlier attempt says nothing of this one
    if (m.type === "preVoteReply" && m.granted && m.term !== this.term + 1) return;
    const { votes } = state as Standing;
    if (!votes.has(m.from)) votes.set(m.from, m.granted);
    this.tally();
  }

  /** True while a leader was heard of within an election timeout: then nobody else need stand (thesis §4.2.3). */
  private get leaseHolds(): boolean {
    if (!this.options.checkQuorum) return false;
    if (this.promisedTicks > 0) return true;
    return this.leader !== none && this.electionElapsed < this.options.electionTicks;
  }

  private transferLeader(member: MemberId): void {
    if (this.state.role !== "leader" || member === this.id || !isVoter(this.conf, member)) return;
    const pr = this.state.progress.get(member);
    if (pr === undefined) return;
    this.state.transferee = member;
    this.electionElapsed = 0;
    if (pr.match < this.log.lastIndex) pr.appendDue = true;
    this.finishTransfer(this.state, member, pr);
  }

  private finishTransfer(leading: Leading, member: MemberId, pr: Progress): void {
    if (leading.transferee !== member || pr.match !== this.log.lastIndex) return;
    leading.leaseGivenUp = true;
    this.send({ type: "timeoutNow", from: this.id, to: member, term: this.term });
  }

  // ---- messages ------------------------------------------------------------------------------------------------------------

  private receive(m: Message): void {
    if (m.term < this.term) return this.answerOlderTerm(m);
    if (m.term > this.term && !this.meetNewerTerm(m)) return;
    switch (m.type) {
      case "preVote":
      case "vote":
        return this.handleVoteRequest(m);
      case "preVoteReply":
      case "voteReply":
        return this.handleVoteReply(m);
      case "append":
        this.followLeader(m.from);
        return this.handleAppend(m);
      case "heartbeat":
        this.followLeader(m.from);
        return this.handleHeartbeat(m);
      case "snapshot":
        this.followLeader(m.from);
        return this.handleSnapshot(m);
      case "appendReply":
        return this.withProgress(m.from, (leading, pr) => this.handleAppendReply(leading, pr, m));
      case "heartbeatReply":
        return this.withProgress(m.from, (_, pr) => this.handleHeartbeatReply(pr, m));
      case "timeoutNow":
        if (this.state.role !== "leader" && isVoter(this.conf, this.id)) this.stand("candidate", true);
        return;
      case "snapshotWanted":
        return this.withProgress(m.from, (_, pr) => this.handleSnapshotWanted(m.from, pr));
      default:
        return unreachable(m);
    }
  }

  /** Goes to the newer term where the message calls for it. False: the message is to be ignored. */
  private meetNewerTerm(m: Message): boolean {
    switch (m.type) {
      case "preVote":
        return m.transfer || !this.leaseHolds;
      case "vote":
        if (!m.transfer && this.leaseHolds) return false;
        this.becomeFollower(m.term, none);
        return true;
      case "preVoteReply":
        // granted for the term we would enter, so not a term anybody is in
        if (!m.granted) this.becomeFollower(m.term, none);
        return true;
      case "append":
      case "heartbeat":
      case "snapshot":
        this.becomeFollower(m.term, m.from);
        return true;
      case "voteReply":
      case "appendReply":
      case "heartbeatReply":
      case "timeoutNow":
      case "snapshotWanted":
        this.becomeFollower(m.term, none);
        return true;
      default:
        return unreachable(m);
    }
  }

  /**
   * Old messages are ignored, with two exceptions. An old leader must learn the newer term, or it would go on for ever asking a
   * member that, with pre-vote and check-quorum, never makes it step down. And an old pre-candidate must learn why nobody answers.
   */
  private answerOlderTerm(m: Message): void {
    const { id: from, term } = this;
    if (m.type === "append" || m.type === "heartbeat") {
      this.send({ type: "appendReply", from, to: m.from, term, index: 0, rejected: false, hintIndex: 0, hintTerm: 0 });
    } else if (m.type === "preVote") {
      this.send({ type: "preVoteReply", from, to: m.from, term, granted: false });
    }
  }

  private withProgress(member: MemberId, handle: (leading: Leading, pr: Progress) => void): void {
    const pr = this.state.role === "leader" ? this.state.progress.get(member) : undefined;
    if (this.state.role !== "leader" || pr === undefined) return;
    pr.recentActive = true;
    handle(this.state, pr);
  }

  /** Leaves now, unless it would tell of a term that is not on disk. */
  private send(message: Message): void {
    const early = message.term !== this.term || this.durability.term === this.term;
    (early ? this.out.send : this.out.sendAfterPersist).push(message);
  }

  /** Leaves once everything that this step and earlier ones wrote is durable. */
  private promise(message: Message): void {
    if (this.bugs.ackBeforePersist === true && message.type === "appendReply") this.out.send.push(message);
    else this.out.sendAfterPersist.push(message);
  }

  // ---- following -----------------------------------------------------------------------------------------------------------

  private followLeader(leader: MemberId): void {
    invariant(this.state.role !== "leader", `two leaders in term ${this.term}: ${this.id} and ${leader}`);
    if (this.state.role !== "follower") this.becomeFollower(this.term, leader);
    this.electionElapsed = 0;
    this.setLeader(leader);
  }

  private accept(to: MemberId, index: number): void {
    this.promise({ type: "appendReply", from: this.id, to, term: this.term, index, rejected: false, hintIndex: 0, hintTerm: 0 });
  }

  private get agreed(): number {
    return this.divergence.agreed(this.log.commit);
  }

  private handleAppend(m: Of<"append">): void {
    const { log } = this;
    if (this.divergence.isFound) return this.wantSnapshot(m.from);
    if (m.prevIndex < this.agreed) return this.accept(m.from, this.agreed);
    if (!log.matches(m.prevIndex, m.prevTerm)) {
      const hint = log.findConflictByTerm(Math.min(m.prevIndex, log.lastIndex), m.prevTerm);
      // the logs do not even meet where ours begins
      if (this.divergence.isPossible && hint.index < log.firstIndex - 1) return this.diverge(m.from, log.firstIndex - 1);
      return this.send({
        type: "appendReply",
        from: this.id,
        to: m.from,
        term: this.term,
        index: m.prevIndex,
        rejected: true,
        hintIndex: hint.index,
        hintTerm: hint.term,
      });
    }
    const missing = log.firstMissing(m.entries);
    if (missing !== undefined) {
      if (this.divergence.isPossible && missing.index <= log.commit) return this.diverge(m.from, missing.index - 1);
      if (missing.index <= log.lastIndex) {
        this.out.events.push({ event: "log-truncated", fromIndex: missing.index, lastIndex: log.lastIndex });
        log.truncate(missing.index);
        this.durability.cut(missing.index);
      }
      log.append(missing.index === m.prevIndex + 1 ? m.entries : m.entries.slice(missing.index - m.prevIndex - 1));
    }
    const lastNew = m.prevIndex + m.entries.length;
    this.divergence.matchedUpTo(lastNew);
    if (m.unanswered !== true) this.accept(m.from, lastNew);
    // beyond the entries of this message our log may hold others than the leader's
    this.commitTo(Math.min(m.commit, lastNew));
  }

  /** What we applied beyond `index` is not in the leader's log. Ours stays as it is until the leader's state is here: it may yet lead. */
  private diverge(leader: MemberId, index: number): void {
    this.divergence.find(this.log, index);
    this.wantSnapshot(leader);
  }

  private wantSnapshot(leader: MemberId): void {
    this.send({ type: "snapshotWanted", from: this.id, to: leader, term: this.term });
  }

  private handleHeartbeat(m: Of<"heartbeat">): void {
    // whoever may have lost entries does not hold all that it once acknowledged
    this.commitTo(this.divergence.isPossible ? Math.min(m.commit, this.agreed) : m.commit);
    if (this.options.leaseMs > 0) this.promisedTicks = this.options.electionTicks;
    this.send({ type: "heartbeatReply", from: this.id, to: m.from, term: this.term, context: m.context });
  }

  private handleSnapshot(m: Of<"snapshot">): void {
    const { log } = this;
    const { meta } = m.snapshot;
    if (!this.divergence.isFound && log.matches(meta.index, meta.term)) {
      // the log already holds what the snapshot stands for
      this.commitTo(meta.index);
    } else if (meta.index > this.agreed) {
      const taken = this.divergence.resolve();
      if (taken !== undefined) this.out.events.push({ event: "rolled-back", ...taken });
      this.restore(m.snapshot);
      this.out.events.push({ event: "snapshot-received", from: m.from, index: meta.index });
    }
    this.divergence.matchedUpTo(meta.index);
    this.accept(m.from, this.agreed);
  }

  private restore(snapshot: Snapshot): void {
    const { index, conf } = snapshot.meta;
    this.durability.replacedBy(index, this.divergence.isPossible ? 0 : this.log.commit);
    this.log.restore(snapshot);
    this.out.restore = snapshot;
    this.out.compacted = undefined;
    // the snapshot holds their outcome, and comes first
    this.out.apply = [];
    this.confHistory.restart(index, conf);
    this.useConf(conf, index);
  }

  // ---- leading -------------------------------------------------------------------------------------------------------------

  private propose(id: number, kind: Entry["kind"], data: Uint8Array): void {
    const leading = this.state;
    if (leading.role !== "leader" || leading.transferee !== none) {
      this.out.dropped.push({ id, reason: "not-leader" });
      return;
    }
    // one proposal always fits, however large: else it never would
    if (leading.uncommittedBytes > 0 && leading.uncommittedBytes + data.length > this.options.uncommittedBytesMax) {
      this.out.dropped.push({ id, reason: "overloaded" });
      return;
    }
    const index = this.append(leading, kind, data);
    if (kind === "conf") leading.pendingConfIndex = index;
    this.out.proposed.push({ id, index, term: this.term });
  }

  private proposeConf(id: number, change: ConfChange): void {
    const { state, conf } = this;
    if (state.role === "leader") {
      const leaving = change.changes.length === 0;
      if (state.pendingConfIndex > this.log.commit || (isJoint(conf) && !leaving)) {
        this.out.dropped.push({ id, reason: "conf-pending" });
        return;
      }
      // nothing changes the configuration before this entry is applied, so what is legal now is legal then
      if (!changeConf(conf, change).ok) {
        this.out.dropped.push({ id, reason: "conf-invalid" });
        return;
      }
    }
    this.propose(id, "conf", encodeConfChange(change));
  }

  private append(leading: Leading, kind: Entry["kind"], data: Uint8Array): number {
    const index = this.log.lastIndex + 1;
    this.log.append([{ index, term: this.term, kind, data }]);
    leading.uncommittedBytes += data.length;
    return index;
  }

  private readIndex(id: number): void {
    if (this.state.role !== "leader") this.out.dropped.push({ id, reason: "not-leader" });
    else if (this.bugs.readWithoutQuorum === true) this.out.reads.push({ id, index: this.log.commit });
    else this.state.reads.add(id);
  }

  private handleAppendReply(leading: Leading, pr: Progress, m: Of<"appendReply">): void {
    if (m.rejected) {
      // the follower's hint says where its terms are low enough for us; ours say where they are low enough for it
      const hint = m.hintTerm > 0 ? this.log.findConflictByTerm(m.hintIndex, m.hintTerm).index : m.hintIndex;
      const hasLost = this.divergence.isPossible && m.hintIndex < pr.match;
      if (hasLost) forgetMatch(pr, hint + 1);
      if (hasLost || maybeDecrease(pr, m.index, hint)) pr.appendDue = true;
      return;
    }
    const moved = maybeUpdate(pr, m.index);
    if (!moved && !(pr.state === "probe" && pr.match === m.index)) return;
    switch (pr.state) {
      case "probe":
        becomeReplicate(pr);
        break;
      case "snapshot":
        // anything that meets our log will do, be it another snapshot than the one on its way
        if (pr.match + 1 >= this.log.firstIndex) becomeReplicate(pr);
        break;
      case "replicate":
        pr.inflight.freeTo(m.index);
        break;
      default:
        unreachable(pr.state);
    }
    this.finishTransfer(leading, m.from, pr);
  }

  /** A reply that comes late has another snapshot sent, which does no harm. */
  private handleSnapshotWanted(from: MemberId, pr: Progress): void {
    if (!this.divergence.isPossible || pr.state === "snapshot") return;
    forgetMatch(pr, 1);
    this.sendSnapshot(from, pr);
  }

  private handleHeartbeatReply(pr: Progress, m: Of<"heartbeatReply">): void {
    pr.readAck = Math.max(pr.readAck, m.context);
    heardFrom(pr, this.log.lastIndex);
  }

  private unreachable(member: MemberId): void {
    const pr = this.state.role === "leader" ? this.state.progress.get(member) : undefined;
    if (pr === undefined) return;
    // what was sent ahead is probably lost
    if (pr.state === "replicate") becomeProbe(pr);
    else if (pr.state === "snapshot") snapshotFailed(pr);
  }

  /** The last index of `member`'s log known to be on its disk. */
  private matchOf(leading: Leading, member: MemberId): number {
    if (member !== this.id) return leading.progress.get(member)?.match ?? 0;
    return this.bugs.ackBeforePersist === true ? this.log.lastIndex : this.durability.index;
  }

  private advanceCommit(leading: Leading): void {
    for (;;) {
      const { id: self, log, conf, term, options } = this;
      const index = commitIndex({ log, conf, self, term, options, matchOf: (member) => this.matchOf(leading, member) });
      if (index <= log.commit) return;
      // may change the configuration, and with it what a quorum is
      this.commitTo(index);
    }
  }

  // ---- committing and applying ---------------------------------------------------------------------------------------------

  /** Moves the commit index up and hands the entries out; the machine applies changes of configuration to itself as it does. */
  private commitTo(commit: number): void {
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

  private leaveJoint(leading: Leading): void {
    if (!this.conf.autoLeave || this.log.commit < leading.pendingConfIndex) return;
    leading.pendingConfIndex = this.append(leading, "conf", encodeConfChange({ changes: [], context: noBytes }));
  }

  private applyConf(entry: Entry): void {
    const result = changeConf(this.conf, decodeConfChange(entry.data));
    invariant(result.ok, `the change of configuration at ${entry.index} is illegal: ${result.ok ? "" : result.why}`);
    this.confHistory.add(entry.index, result.conf);
    this.useConf(result.conf, entry.index);
  }

  private useConf(conf: ConfState, index: number): void {
    this.conf = conf;
    this.out.events.push({ event: "conf-changed", conf, index });
    // a newcomer gets an election timeout to show up, so that a new voter does not cost the leader its quorum
    if (this.state.role === "leader") trackMembers(this.state, this.tracking, true);
    this.reportRole();
  }

  private compact(index: number, data: SnapshotData, keep: number): void {
    // a leader's snapshot in the same step may have taken back the state that this one is of
    if (index <= this.log.snapshot.meta.index || this.out.restore !== undefined) return;
    this.log.compact(index, this.confHistory.at(index), data, keep);
    this.confHistory.forgetBefore(index);
    this.out.compacted = this.log.snapshot;
  }

  // ---- the disk ------------------------------------------------------------------------------------------------------------

  private persisted(persistNumber: number): void {
    this.durability.confirm(persistNumber);
    const { state, durability } = this;
    if (state.role === "candidate" && durability.term === this.term && durability.vote === this.id && !state.votes.has(this.id)) {
      state.votes.set(this.id, true);
      this.tally();
    }
  }

  private takePersist(): Persist | undefined {
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

  // ---- the end of a step ---------------------------------------------------------------------------------------------------

  private finish(): Effects {
    if (this.state.role === "leader") this.speakAsLeader(this.state);
    const persist = this.takePersist();
    const { send, sendAfterPersist, restore, apply, reads, proposed, dropped, events } = this.out;
    this.out = emptyOutbox();
    return { send, persist, sendAfterPersist, restore, apply, reads, proposed, dropped, events };
  }

  private speakAsLeader(leading: Leading): void {
    this.advanceCommit(leading);
    this.serveReads(leading);
    if (leading.heartbeatDue) this.sendHeartbeats(leading);
    for (const [member, pr] of leading.progress) this.sendAppends(member, pr);
    // a removed leader's last word is the commit index that removes it (thesis §4.2.2)
    if (!isVoter(this.conf, this.id)) this.becomeFollower(this.term, none);
  }

  private serveReads(leading: Leading): void {
    const { log, options, nowMs } = this;
    const served = serveReads(leading, {
      commit: log.commit,
      isSure: log.commit >= leading.knowsFrom,
      leaseMs: options.leaseMs,
      nowMs,
      confirmedRound: () =>
        committedIndex(this.conf, (voter) => (voter === this.id ? leading.reads.context : leading.progress.get(voter)?.readAck)),
    });
    this.out.reads.push(...served);
  }

  private sendHeartbeats(leading: Leading): void {
    leading.heartbeatDue = false;
    const context = leading.reads.pendingContext;
    for (const [to, { match }] of leading.progress) {
      // never beyond what the follower is known to hold: its further entries may differ from ours
      this.send({ type: "heartbeat", from: this.id, to, term: this.term, commit: Math.min(match, this.log.commit), context });
    }
  }

  /** Everything the follower lacks and may get now: entries, the commit index, or a snapshot. */
  private sendAppends(to: MemberId, pr: Progress): void {
    const { log } = this;
    for (;;) {
      const owed = pr.appendDue || (log.commit > pr.sentCommit && pr.sentCommit < pr.next - 1);
      if (isPaused(pr) || (!owed && pr.next > log.lastIndex)) return;
      const prevIndex = pr.next - 1;
      const prevTerm = log.term(prevIndex);
      if (prevTerm === undefined) return this.sendSnapshot(to, pr);
      // what is there is sent ahead of the answers while the window has room
      const entries = pr.next <= log.lastIndex && !pr.inflight.full ? log.slice(pr.next, this.options.appendBytesMax) : [];
      const unanswered = entries.length === 0 && needsNoAnswer(pr);
      this.send({
        type: "append",
        from: this.id,
        to,
        term: this.term,
        prevIndex,
        prevTerm,
        entries,
        commit: log.commit,
        unanswered,
      });
      sentEntries(pr, entries.length, prevIndex + entries.length, log.commit);
      if (entries.length === 0) return;
    }
  }

  private sendSnapshot(to: MemberId, pr: Progress): void {
    // a member that is down would never answer
    if (!pr.recentActive) return;
    const { snapshot } = this.log;
    becomeSnapshot(pr, snapshot.meta.index);
    this.send({ type: "snapshot", from: this.id, to, term: this.term, snapshot });
    this.out.events.push({ event: "snapshot-sent", to, index: snapshot.meta.index });
  }
}
