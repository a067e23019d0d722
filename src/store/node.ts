import { createHash, randomBytes } from "node:crypto";
import { unsafeSwitches } from "../core/store-switches.js";
import type { Log } from "../core/log-line.js";
import type { Prng } from "../core/prng.js";
import { NodeAccess } from "./access.js";
import type { Answer, Ask, MemberChange } from "./ask.js";
import type { NodeStart } from "./begin.js";
import { ClientRequests } from "./client-requests.js";
import type { Written } from "./client-requests.js";
import type { Causality } from "./causality.js";
import type { Clock } from "./clock.js";
import { Driver } from "./driver.js";
import { FrontDoor } from "./io/front-door.js";
import { Gateway } from "./io/gateway.js";
import { GrpcServer } from "./io/grpc-server.js";
import type { Header, MemberView, RaftView, Store } from "./rpc/store.js";
import { Transport } from "./io/transport.js";
import type { Wal } from "./io/wal.js";
import { encodeCommand } from "./entries/commands.js";
import type { CommandName } from "./entries/commands.js";
import type { Principal } from "./entries/envelope.js";
import { Compactor } from "./compactor.js";
import type { HashAnswer, MvccStore } from "./mvcc/mvcc-store.js";
import type { Refused } from "./mvcc/requests.js";
import { LeaseKeeper } from "./lease/lease-keeper.js";
import { LeaseRequests } from "./lease-requests.js";
import { Leading } from "./leading.js";
import type { Leadership } from "./member-change.js";
import type { NodeOptions } from "./node-options.js";
import { describeConfChange, describeEvent } from "./raft-events.js";
import type { Sentence } from "./raft-events.js";
import { raftOptions } from "./raft-options.js";
import { createRaft } from "./raft/raft.js";
import { none } from "./raft/types.js";
import type { ConfChange, ConfState, Entry, MemberId, Raft, RaftEvent, Role, Snapshot } from "./raft/types.js";
import { OwnWrites } from "./own-writes.js";
import { Readers } from "./readers.js";
import { Removal } from "./removal.js";
import type { Member, Replica } from "./replica.js";
import { Router } from "./router.js";
import { headersOf } from "./rpc/header.js";
import { etcdMethods } from "./rpc/methods.js";
import { Snapshots } from "./snapshots.js";
import { OpenStreams } from "./rpc/open-streams.js";
import { compactByItself, handOver, NodeUpkeep } from "./upkeep.js";
import { storeVersion } from "./version.js";
import type { WatchSink, WatchStream } from "./watch/watch-stream.js";
import { Watches } from "./watches.js";
import type { ErrorName } from "./wire/errors.js";

const requestsWaitingMax = 10_000;
const sweepEveryMs = 50;
/** As etcd: so long a stream that needs a leader outlives the last one. */
const electionTimeoutsWithoutLeader = 3;
const handOverMsMax = 300;
/** Whoever joins is told the configuration as soon as a leader reaches it; a longer wait is worth a word. */
const mentionWaitingAfterMs = 5000;

/** What a node needs of the world while it runs. */
export interface NodePorts {
  readonly log: Log;
  readonly causality: Causality;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly wal: Wal;
  /** It has said so in its log, and is to be stopped. */
  readonly onRemoved: () => void;
  /** See `World`. */
  readonly onFatal: (error: unknown) => void;
}

/** One running member: the machine with its driver, its peers, its clients and the state that is applied. */
export class Node implements Store {
  readonly driver: Driver;
  readonly #options: NodeOptions;
  readonly #ports: NodePorts;
  readonly #peerServer: NodeStart["peerServer"];
  readonly #startedMs: number;
  readonly #clusterId: string;
  readonly #electionTicks: number;
  readonly #raft: Raft;
  readonly #transport: Transport;
  readonly #door: FrontDoor;
  readonly #router: Router;
  readonly #leading: Leading;
  readonly #writes: OwnWrites;
  readonly #leaseKeeper: LeaseKeeper;
  readonly leases: LeaseRequests;
  readonly #readers: Readers;
  readonly #requests: ClientRequests;
  readonly #watches: Watches;
  readonly streams: OpenStreams;
  readonly access: NodeAccess;
  readonly #compactor = new Compactor(() => this.#replica.kv);
  readonly upkeep: NodeUpkeep;
  readonly #stopTimers: (() => void)[] = [];

  // What the machine last said; its whole status is too much to copy on every request.
  #role: Role;
  #leader: MemberId;
  #term: number;
  #conf: ConfState;

  #replica: Replica;
  #applied: number;
  #appliedTerm: number;
  readonly #snapshots: Snapshots;
  /** True while the founder with the lowest number has not seen a leader. */
  #founding: boolean;
  #stoodAtMs = -Infinity;
  readonly #removal: Removal;
  #stopping = false;
  #saidWaiting = false;

  constructor(options: NodeOptions, ports: NodePorts, start: NodeStart) {
    const { recovered, replica, isFresh, incarnation, emptyWith } = start;
    const { member, cluster, timing } = options;
    const { log, causality, clock, prng, wal, onRemoved } = ports;
    const nowMs = clock.monotonicMs;
    this.#options = options;
    this.#ports = ports;
    this.#peerServer = start.peerServer;
    this.#startedMs = nowMs();
    this.#clusterId = clusterId(cluster);
    const { meta } = recovered.snapshot;
    this.#replica = replica;
    this.#applied = meta.index;
    this.#appliedTerm = meta.term;
    this.#snapshots = new Snapshots({
      dir: options.dataDir,
      onFatal: ports.onFatal,
      entriesMin: timing.snapshotEntries,
      keepEntries: timing.keepEntries,
      start: recovered.snapshot,
      replica: () => this.#replica,
      meta: () => ({ index: this.#applied, term: this.#appliedTerm, conf: this.#conf }),
      input: (input) => this.driver.input(input),
    });
    this.#founding = isFresh && meta.conf.voters[0] === member;
    const raft = raftOptions(options);
    this.#electionTicks = raft.electionTicks;
    this.#raft = createRaft(recovered, raft, prng.fork());
    const status = this.#raft.status();
    this.#role = status.role;
    this.#leader = status.leader;
    this.#term = status.term;
    this.#conf = status.conf;
    this.#removal = new Removal({
      self: member,
      clock,
      log,
      onRemoved,
      replica: () => this.#replica,
      nameOf: (id) => this.#nameOf(id),
    });
    this.#transport = new Transport({
      cluster,
      self: member,
      clock,
      causality,
      log,
      onMessage: (message) => this.driver.input({ type: "receive", message }),
      // whoever joins has been told of members, but does not know who else has been one
      isRemoved: (id) => this.#applied > 0 && this.#replica.isRemoved(id),
      onRemoved: (toldBy) => this.#removal.told(toldBy),
      standingOf: (empty) => ({ isEmpty: emptyWith.has(empty), members: [...this.#replica.members.values()] }),
      onUnreachable: (peer) => this.driver.input({ type: "unreachable", member: peer }),
      onGone: (peer) => this.driver.input({ type: "leaderGone", member: peer }),
      onReady: () => this.#standIfFounding(),
      snapshots: {
        open: (snapshot) => this.#snapshots.open(snapshot),
        receive: () => this.#snapshots.receive(),
      },
      onAsk: (_from, body, answer) => this.#router.submitForPeer(body as Ask, answer),
    });
    this.driver = new Driver(this.#raft, wal, this.#transport, {
      beforeStep: () => this.#router.flushReads(),
      onEvent: (event) => this.#onEvent(event),
      onProposed: (proposed) => this.#leading.onProposed(proposed),
      onDropped: (dropped) => this.#leading.onDropped(dropped),
      onReadable: (read) => this.#leading.onReadable(read),
      onRestore: (snapshot) => this.#onRestore(snapshot),
      onApply: (entries) => this.#onApply(entries),
      ...(raft.leaseMs > 0 ? { nowMs } : {}),
    });
    this.#router = new Router({
      self: member,
      nowMs,
      timeoutMs: timing.requestTimeoutMs,
      waitingMax: requestsWaitingMax,
      leader: () => this.#leader,
      lead: (op) => this.#leading.lead(op),
      forward: (leader, ask, onForwarded) =>
        this.#transport.ask(leader, ask, (reply) =>
          onForwarded(reply.type === "answered" ? { type: "answered", answer: reply.body as Answer } : reply),
        ),
      onRead: () => this.driver.schedule(),
    });
    this.#writes = new OwnWrites({ self: member, incarnation, router: this.#router });
    this.#leading = new Leading({
      input: (input) => this.driver.input(input),
      router: this.#router,
      onConfirmed: (op, index) => this.#leaseKeeper.confirmed(op, index),
      leadership: () => this.#leadership(),
    });
    this.#readers = new Readers(this.#applied);
    this.#leaseKeeper = new LeaseKeeper({
      nowMs,
      log,
      router: this.#router,
      readers: this.#readers,
      electionTimeoutMs: timing.electionTimeoutMs,
      book: () => this.#replica.state.leases,
      // nobody waits for it under this number; whoever leads next says for itself what is due
      propose: (data) => this.driver.input({ type: "propose", id: 0, data }),
    });
    this.leases = new LeaseRequests({
      router: this.#router,
      readers: this.#readers,
      electionTimeoutMs: timing.electionTimeoutMs,
      state: () => this.#replica.state,
      randomBytes,
      deadlineMs: () => nowMs() + timing.requestTimeoutMs,
    });
    this.#requests = new ClientRequests({
      self: member,
      router: this.#router,
      writes: this.#writes,
      readers: this.#readers,
      compactor: this.#compactor,
      kv: () => this.#replica.kv,
      deadlineMs: () => nowMs() + timing.requestTimeoutMs,
    });
    this.streams = new OpenStreams({
      hasLeader: () => this.#leader !== none,
      patienceMs: electionTimeoutsWithoutLeader * timing.electionTimeoutMs,
    });
    const random = prng.fork();
    this.#watches = new Watches({ store: () => this.#replica.kv, header: headersOf(this), random: () => random.next() });
    this.upkeep = new NodeUpkeep({
      replica: () => this.#replica,
      compactor: this.#compactor,
      snapshots: this.#snapshots,
      quotaBytes: options.upkeep.quotaBytes,
      keepEntries: timing.keepEntries,
      input: (input) => this.driver.input(input),
      leader: () => this.#leader,
      timeoutMs: timing.requestTimeoutMs,
    });
    this.access = new NodeAccess({
      auth: () => this.#replica.state.auth,
      applied: () => this.#applied,
      untilApplied: (entry) => this.#requests.untilApplied(entry),
      nowMs,
    });
    const methods = etcdMethods(this);
    this.#door = new FrontDoor(new GrpcServer(methods), new Gateway(this, methods).server);
  }

  async listen(): Promise<{ readonly clientPort: number; readonly peerPort: number }> {
    const { timing, member, node, clientAddress, peerAddress } = this.#options;
    const peerPort = await this.#transport.listen(peerAddress.host, peerAddress.port, this.#peerServer);
    const clientPort = await this.#door.listen(clientAddress.host, clientAddress.port);
    const { term, lastIndex } = this.#raft.status();
    const facts = { member, clientPort, peerPort, term, lastIndex, applied: this.#applied, version: storeVersion };
    this.#ports.log("info", "node-started", `${node} is up as member ${member}`, facts);
    this.#transport.setPeers(this.#peers());
    const { clock } = this.#ports;
    this.#stopTimers.push(clock.every(timing.heartbeatIntervalMs, (ticks) => this.#tick(ticks)));
    this.#stopTimers.push(clock.every(sweepEveryMs, () => this.#sweep()));
    this.#compactByItself();
    this.driver.schedule();
    this.#standIfFounding();
    return { clientPort, peerPort };
  }

  /** Takes no more requests, hands leadership over, makes what was taken durable, and closes everything. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#ports.log("info", "node-stopping", `${this.#options.node} stops`, { role: this.#role, term: this.#term });
    this.#door.stopAccepting();
    this.streams.stop();
    await this.#handOver();
    for (const stopTimer of this.#stopTimers) stopTimer();
    this.#router.close();
    this.#readers.expire(Infinity);
    this.driver.stop();
    await this.#snapshots.close();
    await this.#ports.wal.close();
    this.#transport.close();
    this.#door.close();
  }

  /** Spares the others an election timeout where somebody can take over at once. */
  async #handOver(): Promise<void> {
    const { match } = this.#raft.status();
    const reachable = this.#conf.voters.filter((id) => id !== this.#options.member && this.#transport.isUp(id));
    const [successor] = reachable.sort((a, b) => (match.get(b) ?? 0) - (match.get(a) ?? 0));
    if (this.#role !== "leader" || successor === undefined) return;
    await handOver({ input: (input) => this.driver.input(input), leader: () => this.#leader }, successor, handOverMsMax);
  }

  #compactByItself(): void {
    const retention = this.#options.upkeep.autoCompaction;
    if (retention === undefined) return;
    const { clock, log } = this.#ports;
    const stop = compactByItself(retention, {
      clock,
      log,
      revision: () => this.#replica.kv.revision,
      isLeader: () => this.#role === "leader",
      compact: (revision) => this.write("compact", encodeCommand("compact", { revision })),
    });
    this.#stopTimers.push(stop);
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

  write<N extends CommandName>(name: N, command: Uint8Array, as?: Principal): Promise<Written<N>> {
    return this.#requests.write(name, command, as);
  }

  read<A>(answer: (kv: MvccStore) => A | Refused<ErrorName>, serializable: boolean): Promise<A> {
    return this.#requests.read(answer, serializable || this.#options.switches.reads === "local");
  }

  hash(revision: number): Promise<HashAnswer> {
    return this.#requests.hash(revision);
  }

  compacted(): Promise<void> {
    return this.#requests.compacted();
  }

  watch(sink: WatchSink): WatchStream {
    return this.#watches.hub.open(sink);
  }

  changeMembers(change: MemberChange): Promise<MemberId> {
    return this.#requests.changeMembers(change);
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

  raftStatus(): RaftView {
    const { leader, commit, applied, conf } = this.#raft.status();
    const isLearner = conf.learners.includes(this.#options.member);
    return { leader, committed: commit, applied, isLearner, bytes: this.#replica.kv.bytes };
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
      unsafe: unsafeSwitches(this.#options.switches),
      ...(withHash ? { hash: hashOf(kv) } : {}),
    };
  }

  // ---- the state machine ----

  #leadership(): Leadership {
    const { match, lastIndex } = this.#raft.status();
    const { members, nextMember } = this.#replica;
    return { members, nextMember, conf: this.#conf, match, lastIndex, knowsAllBefore: this.#appliedTerm === this.#term };
  }

  #onApply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const applied = this.#replica.apply(entry);
      this.#applied = entry.index;
      this.#snapshots.applied(entry);
      if (applied.type === "conf") this.#onMembersChanged(applied.change);
      this.#leaseKeeper.applied(applied);
      this.access.onApplied(entry.index, applied);
      this.#leading.onApplied(entry, applied);
      this.#writes.onApplied(applied, entry.term);
      this.#enterAppliedTerm(entry.term);
    }
    if (this.#role === "leader" && this.#appliedTerm === this.#term) this.#leaseKeeper.lead(this.#term);
    this.#readers.advance(this.#applied);
    this.#watches.hub.applied();
    if (this.#replica.kv.isCompacting) void this.#compactor.run();
    this.#snapshots.takeIfDue();
  }

  #enterAppliedTerm(term: number): void {
    if (term === this.#appliedTerm) return;
    this.#appliedTerm = term;
    this.#router.reachedTerm(term);
  }

  #onMembersChanged(change: ConfChange): void {
    this.#transport.setPeers(this.#peers());
    this.#say(describeConfChange(change, (id) => this.#nameOf(id)));
    this.#removal.changed();
  }

  #onRestore(snapshot: Snapshot): void {
    const { index, term, conf } = snapshot.meta;
    this.#replica = this.#snapshots.restore(snapshot);
    this.#applied = index;
    this.#conf = conf;
    this.#transport.setPeers(this.#peers());
    this.access.onRestored();
    this.#leading.onRestored(index);
    this.#writes.onRestored(this.#replica.state.sessions);
    this.#enterAppliedTerm(term);
    this.#readers.advance(this.#applied);
    this.#watches.hub.restored();
  }

  #sweep(): void {
    this.#router.sweep();
    const nowMs = this.#ports.clock.monotonicMs();
    this.#readers.expire(nowMs);
    this.#watches.hub.tick(nowMs);
    this.streams.tick(nowMs);
    this.#leaseKeeper.look();
    this.#mentionWaiting(nowMs);
    if (this.#role === "leader" && this.#conf.learners.length > 0) this.#leading.promoteReturned();
  }

  #mentionWaiting(nowMs: number): void {
    const waitedMs = Math.round(nowMs - this.#startedMs);
    if (this.#saidWaiting || this.#conf.voters.length > 0 || waitedMs < mentionWaitingAfterMs) return;
    this.#saidWaiting = true;
    const msg = "still waiting to be told the cluster's configuration: no leader has sent it yet";
    this.#ports.log("warn", "waiting-for-leader", msg, { waitedMs });
  }

  // ---- what the machine says ----

  #onEvent(event: RaftEvent): void {
    switch (event.event) {
      case "role-changed":
        this.#role = event.role;
        if (event.role !== "leader") this.#leaseKeeper.follow();
        break;
      case "term-changed":
        this.#term = event.term;
        break;
      case "leader-changed":
        this.#leader = event.leader;
        this.#founding = false;
        // what waited for a leader need not wait for the next sweep
        setImmediate(() => this.#router.leaderChanged());
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

/** etcd's clusters have a number: ours is made from the name. */
function clusterId(cluster: string): string {
  return createHash("sha256").update(cluster).digest().readBigUInt64BE().toString();
}

/** Of everything in the store: equal for equal states. */
function hashOf(kv: MvccStore): string {
  const hash = createHash("sha256");
  const writer = kv.snapshot();
  for (let chunk = writer.next(); chunk !== undefined; chunk = writer.next()) hash.update(chunk);
  return hash.digest("hex");
}
