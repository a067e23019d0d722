import { createHash } from "node:crypto";
import type { Log } from "../core/log-line.js";
import { unreachable } from "../core/invariant.js";
import type { Prng } from "../core/prng.js";
import { RequestFailed } from "./ask.js";
import type { Answer, Ask, Done, MemberChange } from "./ask.js";
import type { Clock, TroubledClock } from "./clock.js";
import { Driver } from "./driver.js";
import { Hooks } from "./hooks.js";
import { Admin } from "./io/admin.js";
import { BitFlip } from "./io/bit-flip.js";
import { Gateway } from "./io/gateway.js";
import type { Store } from "./io/gateway.js";
import type { Header, MemberView } from "./io/etcd-json.js";
import { createLogFile } from "./io/log-file.js";
import { realTime } from "./io/real-time.js";
import { Transport } from "./io/transport.js";
import { TroubledDisk } from "./io/troubled-disk.js";
import { Wal } from "./io/wal.js";
import type { RangeRequest, RangeResult } from "./kv.js";
import { planMemberChange } from "./member-change.js";
import type { Leadership } from "./member-change.js";
import type { NodeOptions } from "./node-options.js";
import { Proposals } from "./proposals.js";
import { describeConfChange, describeEvent } from "./raft-events.js";
import type { Sentence } from "./raft-events.js";
import { bootstrapSnapshot, joinerSnapshot } from "./raft/bootstrap.js";
import { createRaft } from "./raft/raft.js";
import { none } from "./raft/types.js";
import type {
  ConfChange,
  ConfState,
  DropReason,
  Entry,
  MemberId,
  Raft,
  RaftEvent,
  Recovered,
  Role,
  Snapshot,
} from "./raft/types.js";
import { Replica } from "./replica.js";
import type { Applied, Member } from "./replica.js";
import { Router } from "./router.js";
import type { Op } from "./router.js";
import { storeVersion } from "./version.js";

/** The world as a node needs it; the real one is made in main.ts. */
export interface NodePorts {
  readonly log: Log;
  readonly clock: TroubledClock;
  readonly prng: Prng;
  /** The disk failed: what it holds is unknown, so the process must end at once. */
  readonly onFatal: (error: unknown) => void;
}

export interface RunningNode {
  readonly clientPort: number;
  readonly peerPort: number;
  readonly adminPort: number;
  /** Takes no more requests, hands leadership over, makes what was taken durable, closes everything; well below a second. */
  stop(): Promise<void>;
}

const requestsWaitingMax = 10_000;
const sweepEveryMs = 50;
const segmentBytesMax = 64 * 2 ** 20;
const appendBytesMax = 2 ** 20;
const inflightAppendsMax = 64;
const uncommittedBytesMax = 64 * 2 ** 20;
const slowSyncMs = 100;
const slowSyncMentionEveryMs = 5000;
const handOverMsMax = 300;
/** Whoever joins is told the configuration as soon as a leader reaches it; a longer wait is worth a word. */
const mentionWaitingAfterMs = 5000;

/** Starts a member on what its disk holds. Rejects with `WalDamaged` where the disk lost what it had promised to keep. */
export async function startNode(options: NodeOptions, ports: NodePorts): Promise<RunningNode> {
  const { log, clock, prng, onFatal } = ports;
  let node: Node | undefined = undefined;
  const disk = new TroubledDisk({ createFile: createLogFile, time: realTime, prng: prng.fork() });
  const bitFlip = new BitFlip({ ranges: () => wal.settled(), prng: prng.fork(), log });
  const mentionSlowSync = slowSyncMention(log, clock);
  const { wal, recovered, tornTail } = Wal.open({
    dir: options.dataDir,
    createFile: disk.createFile,
    segmentBytesMax,
    newSalt: () => prng.int(0, 2 ** 32 - 1),
    nowMs: clock.monotonicMs,
    onDurable: (persistNumber) => node?.driver.onDurable(persistNumber),
    onSnapshotSaved: ({ index, term }, bytes) =>
      log("info", "snapshot-saved", `saved a snapshot up to entry ${index}`, { index, term, bytes }),
    onSync: (durationMs) => {
      mentionSlowSync(durationMs);
      bitFlip.tryAgain();
    },
    onFatal,
  });
  if (tornTail !== undefined) {
    log("warn", "wal-torn-tail", "removed the rest of a write that a crash had cut off; nobody had been told of it", tornTail);
  }
  // before the ports that others wait for: whoever finds the node ready can hurt it
  const admin = new Admin(new Hooks({ disk, bitFlip, clock, log }));
  const adminPort = await admin.listen(options.adminAddress.host, options.adminAddress.port);
  node = new Node(options, ports, wal, recovered ?? (await found(options, wal)), recovered === undefined);
  const running = await node.listen();
  const stop = async (): Promise<void> => {
    await running.stop();
    admin.close();
  };
  return { ...running, adminPort, stop };
}

/** Says that the disk is slow, but not each time. */
function slowSyncMention(log: Log, clock: Clock): (durationMs: number) => void {
  let mentionedMs = -Infinity;
  return (durationMs) => {
    if (durationMs < slowSyncMs || clock.monotonicMs() - mentionedMs < slowSyncMentionEveryMs) return;
    mentionedMs = clock.monotonicMs();
    log("warn", "slow-fsync", `the disk took ${Math.round(durationMs)} ms to sync the log`, {
      durationMs: Math.round(durationMs),
    });
  };
}

/** What an empty disk starts from: the founders as voters, or nobody yet. */
async function found({ members, clusterState }: NodeOptions, wal: Wal): Promise<Recovered> {
  const data = Replica.create(members).snapshot();
  const voters = members.map(({ id }) => id).sort((a, b) => a - b);
  const snapshot = clusterState === "new" ? bootstrapSnapshot(voters, data) : { ...joinerSnapshot, data };
  const hardState = { term: snapshot.meta.term, vote: none, commit: snapshot.meta.index };
  const start: Recovered = { hardState, snapshot, entries: [] };
  await wal.bootstrap(start);
  return start;
}

/** What waits until an index is applied here. */
interface Reader {
  readonly index: number;
  readonly deadlineMs: number;
  readonly serve: () => void;
  /** It is not, in time. */
  readonly fail: () => void;
}

class Node implements Store {
  readonly driver: Driver;
  readonly #options: NodeOptions;
  readonly #ports: NodePorts;
  readonly #startedMs: number;
  readonly #clusterId: string;
  readonly #electionTicks: number;
  readonly #wal: Wal;
  readonly #raft: Raft;
  readonly #transport: Transport;
  readonly #gateway: Gateway;
  readonly #router: Router;
  readonly #proposals = new Proposals<Op>();
  readonly #stopTimers: (() => void)[] = [];

  // What the machine last said; its whole status is too much to copy on every request.
  #role: Role;
  #leader: MemberId;
  #term: number;
  #conf: ConfState;

  #replica: Replica;
  #applied: number;
  #appliedTerm: number;
  #snapshotIndex: number;
  #savingSnapshot = false;
  #readers: Reader[] = [];
  /** True while the founder with the lowest number has not seen a leader. */
  #founding: boolean;
  #stoodAtMs = -Infinity;
  #stopping = false;
  #saidWaiting = false;

  constructor(options: NodeOptions, ports: NodePorts, wal: Wal, recovered: Recovered, isFresh: boolean) {
    const { member, cluster, timing } = options;
    const { log, clock, prng } = ports;
    const nowMs = clock.monotonicMs;
    this.#options = options;
    this.#ports = ports;
    this.#startedMs = nowMs();
    this.#clusterId = clusterId(cluster);
    this.#wal = wal;
    const { meta, data } = recovered.snapshot;
    this.#replica = Replica.restore(data);
    this.#applied = this.#snapshotIndex = meta.index;
    this.#appliedTerm = meta.term;
    this.#founding = isFresh && meta.conf.voters[0] === member;
    this.#electionTicks = Math.round(timing.electionTimeoutMs / timing.heartbeatIntervalMs);
    const bounds = { appendBytesMax, inflightAppendsMax, uncommittedBytesMax };
    this.#raft = createRaft(
      recovered,
      { id: member, electionTicks: this.#electionTicks, heartbeatTicks: 1, ...bounds },
      prng.fork(),
    );
    const status = this.#raft.status();
    this.#role = status.role;
    this.#leader = status.leader;
    this.#term = status.term;
    this.#conf = status.conf;
    this.#transport = new Transport({
      cluster,
      self: member,
      clock,
      log,
      onMessage: (message) => this.driver.input({ type: "receive", message }),
      onUnreachable: (peer) => this.driver.input({ type: "unreachable", member: peer }),
      onReady: () => this.#standIfFounding(),
      onAsk: (_from, body, answer) => this.#router.submitForPeer(body as Ask, answer),
    });
    this.driver = new Driver(this.#raft, wal, this.#transport, {
      beforeStep: () => this.#router.flushReads(),
      onEvent: (event) => this.#onEvent(event),
      onProposed: ({ id, index, term }) => this.#proposals.place(id, index, term),
      onDropped: ({ id, reason }) => this.#onDropped(id, reason),
      onReadable: ({ id, index }) => this.#onReadable(id, index),
      onRestore: (snapshot) => this.#onRestore(snapshot),
      onApply: (entries) => this.#onApply(entries),
    });
    this.#router = new Router({
      self: member,
      nowMs,
      timeoutMs: timing.requestTimeoutMs,
      waitingMax: requestsWaitingMax,
      leader: () => this.#leader,
      lead: (op) => this.#lead(op),
      forward: (leader, ask, onForwarded) =>
        this.#transport.ask(leader, ask, (reply) =>
          onForwarded(reply.type === "answered" ? { type: "answered", answer: reply.body as Answer } : reply),
        ),
      onRead: () => this.driver.schedule(),
    });
    this.#gateway = new Gateway(this);
  }

  async listen(): Promise<Omit<RunningNode, "adminPort">> {
    const { timing, member, node, clientAddress, peerAddress } = this.#options;
    const peerPort = await this.#transport.listen(peerAddress.host, peerAddress.port);
    const clientPort = await this.#gateway.listen(clientAddress.host, clientAddress.port);
    const { term, lastIndex } = this.#raft.status();
    const facts = { member, clientPort, peerPort, term, lastIndex, applied: this.#applied, version: storeVersion };
    this.#ports.log("info", "node-started", `${node} is up as member ${member}`, facts);
    this.#transport.setPeers(this.#peers());
    const { clock } = this.#ports;
    this.#stopTimers.push(clock.every(timing.heartbeatIntervalMs, (ticks) => this.#tick(ticks)));
    this.#stopTimers.push(clock.every(sweepEveryMs, () => this.#sweep()));
    this.driver.schedule();
    this.#standIfFounding();
    return { clientPort, peerPort, stop: () => this.#stop() };
  }

  async #stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#ports.log("info", "node-stopping", `${this.#options.node} stops`, { role: this.#role, term: this.#term });
    this.#gateway.stopAccepting();
    await this.#handOver();
    for (const stopTimer of this.#stopTimers) stopTimer();
    this.#router.close();
    this.#failReaders(() => true);
    this.driver.stop();
    await this.#wal.close();
    this.#transport.close();
    this.#gateway.close();
  }

  /** Spares the others an election timeout where somebody can take over at once. */
  async #handOver(): Promise<void> {
    const { match } = this.#raft.status();
    const reachable = this.#conf.voters.filter((id) => id !== this.#options.member && this.#transport.isUp(id));
    const [successor] = reachable.sort((a, b) => (match.get(b) ?? 0) - (match.get(a) ?? 0));
    if (this.#role !== "leader" || successor === undefined) return;
    this.driver.input({ type: "transferLeader", member: successor });
    const untilMs = this.#ports.clock.monotonicMs() + handOverMsMax;
    while (this.#leader !== successor && this.#ports.clock.monotonicMs() < untilMs)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  #tick(ticks: number): void {
    // after so many, whoever leads has missed all others, and whoever follows stands for election: more change nothing
    const enough = Math.min(ticks, 2 * this.#electionTicks);
    for (let i = 0; i < enough; i++) this.driver.input({ type: "tick" });
    this.#standIfFounding();
  }

  /** In a new cluster nobody has to wait out an election timeout: the lowest number stands as soon as it can win. */
  #standIfFounding(): void {
    if (!this.#founding) return;
    const nowMs = this.#ports.clock.monotonicMs();
    if (nowMs - this.#stoodAtMs < this.#options.timing.electionTimeoutMs / 2) return;
    const { voters } = this.#conf;
    const reachable = voters.filter((id) => id === this.#options.member || this.#transport.hears(id));
    if (reachable.length * 2 <= voters.length) return;
    this.#stoodAtMs = nowMs;
    this.driver.input({ type: "campaign" });
  }

  // ---- for the gateway ----

  write(command: Uint8Array, wantPrevious: boolean): Promise<Extract<Done, { type: "written" }>> {
    return this.#request({ type: "write", command, wantPrevious }, "written");
  }

  async changeMembers(change: MemberChange): Promise<MemberId> {
    const deadlineMs = this.#deadlineMs();
    const { member, index } = await this.#request({ type: "member", change }, "memberChanged");
    // A member that leaves may never hear that it has. Any other shows the change to whoever asks it next, or answers late: it is made.
    const leaves = change.kind === "remove" && member === this.#options.member;
    if (!leaves) await new Promise<void>((done) => this.#whenApplied({ index, deadlineMs, serve: done, fail: done }));
    return member;
  }

  range(request: RangeRequest, serializable: boolean): Promise<RangeResult> {
    if (serializable) return Promise.resolve(this.#replica.kv.range(request));
    const deadlineMs = this.#deadlineMs();
    return new Promise((resolve, reject) => {
      const serve = (): void => resolve(this.#replica.kv.range(request));
      const fail = (): void =>
        reject(new RequestFailed({ kind: "unavailable", message: "this member lags behind; try another" }));
      this.#router.submitRead((answer) => {
        if (answer.type === "failed") reject(new RequestFailed(answer.failure));
        else if (answer.type !== "readable") reject(unexpected(answer));
        else this.#whenApplied({ index: answer.index, deadlineMs, serve, fail });
      });
    });
  }

  #deadlineMs(): number {
    return this.#ports.clock.monotonicMs() + this.#options.timing.requestTimeoutMs;
  }

  #whenApplied(reader: Reader): void {
    if (reader.index <= this.#applied) reader.serve();
    else this.#readers.push(reader);
  }

  #request<T extends Done["type"]>(ask: Ask, type: T): Promise<Extract<Done, { type: T }>> {
    return new Promise((resolve, reject) => {
      this.#router.submit(ask, (answer) => {
        if (answer.type === "failed") reject(new RequestFailed(answer.failure));
        else if (answer.type === type) resolve(answer as Extract<Done, { type: T }>);
        else reject(unexpected(answer));
      });
    });
  }

  members(): readonly MemberView[] {
    const { voters, learners } = this.#conf;
    return [...this.#replica.members.values()]
      .filter(({ id }) => voters.includes(id) || learners.includes(id))
      .map(({ id, name, host, peerPort }) => ({
        id,
        name,
        peerUrl: `http://${host}:${peerPort}`,
        isLearner: learners.includes(id),
      }));
  }

  header(): Header {
    return {
      cluster: this.#clusterId,
      member: String(this.#options.member),
      revision: this.#replica.kv.revision,
      term: this.#term,
    };
  }

  unhealthy(): string | undefined {
    if (this.#stopping) return "the node is stopping";
    if (this.#conf.voters.length === 0) return "waiting to be told the cluster's configuration";
    if (this.#leader === none) return "no leader is known";
    const toLeader = this.#leader === this.#options.member || this.#transport.isUp(this.#leader);
    return toLeader ? undefined : `the leader ${this.#nameOf(this.#leader)} cannot be reached`;
  }

  status(withHash: boolean): unknown {
    const { cluster, node, member } = this.#options;
    const { role, term, leader, commit, applied, lastIndex, firstIndex, conf } = this.#raft.status();
    const { kv } = this.#replica;
    return {
      node,
      member,
      cluster,
      role,
      term,
      leader: leader === none ? null : this.#nameOf(leader),
      commit,
      applied,
      lastIndex,
      firstIndex,
      revision: kv.revision,
      keys: kv.size,
      voters: conf.voters.map((id) => this.#nameOf(id)),
      learners: conf.learners.map((id) => this.#nameOf(id)),
      uptimeMs: Math.round(this.#ports.clock.monotonicMs() - this.#startedMs),
      version: storeVersion,
      ...(withHash ? { hash: createHash("sha256").update(kv.snapshot()).digest("hex") } : {}),
    };
  }

  // ---- requests that this member leads ----

  #lead(op: Op): void {
    switch (op.ask.type) {
      case "write":
        this.driver.input({ type: "propose", id: this.#proposals.handIn(op), data: op.ask.command });
        return;
      case "readIndex":
        this.driver.input({ type: "readIndex", id: this.#proposals.handIn(op) });
        return;
      case "member": {
        const plan = planMemberChange(op.ask.change, this.#leadership());
        if (plan.type === "refused") this.#router.fail(op, plan.failure);
        else this.driver.input({ type: "proposeConf", id: this.#proposals.handIn(op), change: plan.change });
        return;
      }
      default:
        unreachable(op.ask);
    }
  }

  #leadership(): Leadership {
    const { match, lastIndex } = this.#raft.status();
    const { members, nextMember } = this.#replica;
    return { members, nextMember, conf: this.#conf, match, lastIndex, knowsAllBefore: this.#appliedTerm === this.#term };
  }

  #onDropped(id: number, reason: DropReason): void {
    const op = this.#proposals.take(id);
    if (op === undefined) return;
    switch (reason) {
      case "not-leader":
      case "no-quorum":
        this.#router.moved(op);
        return;
      case "overloaded":
        this.#router.fail(op, { kind: "unavailable", message: "the leader has too much uncommitted work; try again later" });
        return;
      case "conf-pending":
        this.#router.fail(op, {
          kind: "unavailable",
          message: "an earlier change of members is not finished; nothing was changed, try again",
        });
        return;
      case "conf-invalid":
        this.#router.fail(op, { kind: "invalid", message: "the change would leave no legal set of members" });
        return;
      default:
        unreachable(reason);
    }
  }

  #onReadable(id: number, index: number): void {
    const op = this.#proposals.take(id);
    if (op !== undefined) this.#router.settle(op, { type: "readable", index });
  }

  // ---- the state machine ----

  #onApply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const applied = this.#replica.apply(entry);
      this.#applied = entry.index;
      this.#appliedTerm = entry.term;
      if (applied.type === "conf") this.#onMembersChanged(applied.change);
      const { own, lost } = this.#proposals.committed(entry.index, entry.term);
      for (const op of lost) this.#router.moved(op);
      if (own !== undefined) this.#settleApplied(own, entry, applied);
    }
    this.#serveReaders();
    this.#snapshotIfDue();
  }

  #settleApplied(op: Op, { index, term }: Entry, applied: Applied): void {
    if (applied.type === "command" && op.ask.type === "write") {
      const { revision, previous } = applied.outcome;
      const shown = op.ask.wantPrevious ? previous : [];
      this.#router.settle(op, { type: "written", revision, term, changed: previous.length, previous: shown });
    } else if (applied.type === "conf") {
      this.#router.settle(op, { type: "memberChanged", member: applied.change.changes[0]?.member ?? none, index });
    }
  }

  #onMembersChanged(change: ConfChange): void {
    this.#transport.setPeers(this.#peers());
    this.#say(describeConfChange(change, (id) => this.#nameOf(id)));
  }

  #onRestore(snapshot: Snapshot): void {
    const { index, term, conf } = snapshot.meta;
    this.#replica = Replica.restore(snapshot.data);
    this.#applied = this.#snapshotIndex = index;
    this.#appliedTerm = term;
    this.#conf = conf;
    this.#transport.setPeers(this.#peers());
    for (const op of this.#proposals.skipTo(index)) {
      this.#router.fail(op, {
        kind: "indefinite",
        message: "a snapshot replaced the log; whether the request is in it cannot be told",
      });
    }
    this.#serveReaders();
  }

  #serveReaders(): void {
    if (this.#readers.length === 0) return;
    const readers = this.#readers;
    this.#readers = readers.filter(({ index }) => index > this.#applied);
    for (const { index, serve } of readers) if (index <= this.#applied) serve();
  }

  #failReaders(isDue: (reader: Reader) => boolean): void {
    const due = this.#readers.filter(isDue);
    if (due.length === 0) return;
    this.#readers = this.#readers.filter((reader) => !isDue(reader));
    for (const { fail } of due) fail();
  }

  #sweep(): void {
    this.#router.sweep();
    const nowMs = this.#ports.clock.monotonicMs();
    this.#failReaders(({ deadlineMs }) => deadlineMs <= nowMs);
    this.#mentionWaiting(nowMs);
  }

  #mentionWaiting(nowMs: number): void {
    const waitedMs = Math.round(nowMs - this.#startedMs);
    if (this.#saidWaiting || this.#conf.voters.length > 0 || waitedMs < mentionWaitingAfterMs) return;
    this.#saidWaiting = true;
    const msg = "still waiting to be told the cluster's configuration: no leader has sent it yet";
    this.#ports.log("warn", "waiting-for-leader", msg, { waitedMs });
  }

  /** The file is written while the log goes on; only then is the machine told, so that its persist costs a marker. */
  #snapshotIfDue(): void {
    const index = this.#applied;
    if (this.#savingSnapshot || index - this.#snapshotIndex < this.#options.timing.snapshotEntries) return;
    this.#savingSnapshot = true;
    const data = this.#replica.snapshot();
    void this.#wal.saveAhead({ meta: { index, term: this.#appliedTerm, conf: this.#conf }, data }).then(() => {
      this.#savingSnapshot = false;
      // a leader's snapshot may have come in between
      if (index <= this.#snapshotIndex) return;
      this.#snapshotIndex = index;
      this.driver.input({ type: "compact", index, data, keep: this.#options.timing.keepEntries });
    });
  }

  // ---- what the machine says ----

  #onEvent(event: RaftEvent): void {
    switch (event.event) {
      case "role-changed":
        this.#role = event.role;
        break;
      case "term-changed":
        this.#term = event.term;
        break;
      case "leader-changed":
        this.#leader = event.leader;
        this.#founding = false;
        // what waited for a leader need not wait for the next sweep
        setImmediate(() => this.#router.sweep());
        break;
      case "conf-changed":
        this.#conf = event.conf;
        break;
      default:
        break;
    }
    this.#say(describeEvent(event, (id) => this.#nameOf(id)));
  }

  #say(sentences: readonly Sentence[]): void {
    for (const { level, event, msg, fields } of sentences) this.#ports.log(level, event, msg, fields);
  }

  #nameOf(id: MemberId): string {
    const known = this.#replica.members.get(id) ?? this.#options.members.find((member) => member.id === id);
    return known?.name ?? `member ${id}`;
  }

  /** The addresses given at the start, then what the log knows: whoever joins has to answer its leader before it holds any log. */
  #peers(): Iterable<Member> {
    const peers = new Map(this.#options.members.map((member) => [member.id, member]));
    if (this.#applied > 0) peers.clear();
    for (const [id, member] of this.#replica.members) peers.set(id, member);
    return peers.values();
  }
}

function unexpected(answer: Answer): Error {
  return new Error(`the leader answered another question: ${answer.type}`);
}

/** etcd's clusters have a number: ours is made from the name. */
function clusterId(cluster: string): string {
  return createHash("sha256").update(cluster).digest().readBigUInt64BE().toString();
}
