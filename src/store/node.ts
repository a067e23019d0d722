import type { Log } from "../core/log-line.js";
import type { Prng } from "../core/prng.js";
import { Applying } from "./applying.js";
import type { Answer, Ask } from "./ask.js";
import type { NodeStart } from "./begin.js";
import type { Causality } from "./causality.js";
import type { Clock } from "./clock.js";
import { Driver } from "./driver.js";
import { encodeCommand } from "./entries/commands.js";
import { Founder } from "./founder.js";
import type { FrontDoor } from "./io/front-door.js";
import { Gateway } from "./io/gateway.js";
import { GrpcServer } from "./io/grpc-server.js";
import { Transport } from "./io/transport.js";
import type { Wal } from "./io/wal.js";
import { LeaseKeeper } from "./lease/lease-keeper.js";
import { Leading } from "./leading.js";
import type { Leadership } from "./member-change.js";
import { MemberState } from "./member-state.js";
import { Membership } from "./membership.js";
import type { Counters } from "./metrics/counters.js";
import type { NodeOptions } from "./node-options.js";
import { NodeMetrics } from "./node-metrics.js";
import { NodeStatus } from "./node-status.js";
import { NodeStore } from "./node-store.js";
import { describeConfChange, describeEvent } from "./raft-events.js";
import type { Sentence } from "./raft-events.js";
import { raftOptions } from "./raft-options.js";
import { createRaft } from "./raft/raft.js";
import { none } from "./raft/types.js";
import type { ConfChange, Input, MemberId, Raft, RaftEvent } from "./raft/types.js";
import { Publishing } from "./publishing.js";
import { Readers } from "./readers.js";
import { Removal } from "./removal.js";
import { Router } from "./router.js";
import { CallCounts } from "./rpc/counted.js";
import { etcdMethods } from "./rpc/methods.js";
import { Snapshots } from "./snapshots.js";
import { compactByItself, handOver } from "./upkeep.js";
import { storeVersion } from "./version.js";

const requestsWaitingMax = 10_000;
const sweepEveryMs = 50;
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
  readonly counters: Counters;
  /** It has said so in its log, and is to be stopped. */
  readonly onRemoved: () => void;
  /** See `World`. */
  readonly onFatal: (error: unknown) => void;
}

/** One running member: the machine with its driver, its peers, its clients and the state that is applied, each wired to those that it needs. */
export class Node {
  readonly driver: Driver;
  readonly #options: NodeOptions;
  readonly #ports: NodePorts;
  readonly #peerServer: NodeStart["peerServer"];
  readonly #electionTicks: number;
  readonly #raft: Raft;
  readonly #state: MemberState;
  readonly #membership: Membership;
  readonly #status: NodeStatus;
  readonly #snapshots: Snapshots;
  readonly #transport: Transport;
  readonly #router: Router;
  readonly #leading: Leading;
  readonly #readers: Readers;
  readonly #leaseKeeper: LeaseKeeper;
  readonly #store: NodeStore;
  readonly #applying: Applying;
  readonly #door: FrontDoor;
  readonly #servants: Parameters<FrontDoor["passOn"]>;
  readonly #founder: Founder;
  readonly #removal: Removal;
  readonly #stopTimers: (() => void)[] = [];
  #publishing: Publishing | undefined;
  #stopping = false;
  #saidWaiting = false;

  constructor(options: NodeOptions, ports: NodePorts, start: NodeStart) {
    const { recovered, replica, isFresh, incarnation, emptyWith } = start;
    const { member, cluster, timing } = options;
    const { log, causality, clock, prng, wal, counters, onRemoved, onFatal } = ports;
    const nowMs = clock.monotonicMs;
    const input = (given: Input): void => this.driver.input(given);
    this.#options = options;
    this.#ports = ports;
    this.#peerServer = start.peerServer;
    const raft = raftOptions(options);
    this.#electionTicks = raft.electionTicks;
    this.#raft = createRaft(recovered, raft, prng.fork());
    const state = new MemberState(this.#raft.status(), replica, recovered.snapshot.meta);
    this.#state = state;
    this.#membership = new Membership(options.members, state);
    this.#snapshots = new Snapshots({
      dir: options.dataDir,
      onFatal,
      entriesMin: timing.snapshotEntries,
      keepEntries: timing.keepEntries,
      start: recovered.snapshot,
      replica: () => state.replica,
      meta: () => state.meta,
      input,
    });
    this.#founder = new Founder(isFresh, {
      self: member,
      state,
      nowMs,
      electionTimeoutMs: timing.electionTimeoutMs,
      hears: (peer) => this.#transport.hears(peer),
      campaign: () => input({ type: "campaign" }),
    });
    this.#removal = new Removal({
      self: member,
      clock,
      log,
      onRemoved,
      replica: () => state.replica,
      nameOf: (id) => this.#membership.nameOf(id),
    });
    this.#transport = new Transport({
      cluster,
      self: member,
      clock,
      causality,
      log,
      onMessage: (message) => input({ type: "receive", message }),
      isRemoved: (id) => this.#membership.isRemoved(id),
      onRemoved: (toldBy) => this.#removal.told(toldBy),
      standingOf: (empty) => ({ isEmpty: emptyWith.has(empty), members: [...state.replica.members.values()] }),
      onUnreachable: (peer) => input({ type: "unreachable", member: peer }),
      onGone: (peer) => input({ type: "leaderGone", member: peer }),
      onReady: () => this.#founder.standIfFounding(),
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
      onRestore: (snapshot) => this.#applying.restore(snapshot),
      onApply: (entries) => this.#applying.apply(entries),
      ...(raft.leaseMs > 0 ? { nowMs } : {}),
    });
    this.#router = new Router({
      self: member,
      nowMs,
      timeoutMs: timing.requestTimeoutMs,
      waitingMax: requestsWaitingMax,
      leader: () => state.leader,
      lead: (op) => this.#leading.lead(op),
      forward: (leader, ask, onForwarded) =>
        this.#transport.ask(leader, ask, (reply) =>
          onForwarded(reply.type === "answered" ? { type: "answered", answer: reply.body as Answer } : reply),
        ),
      onRead: () => this.driver.schedule(),
    });
    this.#leading = new Leading({
      input,
      router: this.#router,
      onConfirmed: (op, index) => this.#leaseKeeper.confirmed(op, index),
      leadership: () => this.#leadership(),
    });
    this.#readers = new Readers(state.applied);
    this.#leaseKeeper = new LeaseKeeper({
      nowMs,
      log,
      router: this.#router,
      readers: this.#readers,
      electionTimeoutMs: timing.electionTimeoutMs,
      book: () => state.replica.state.leases,
      // nobody waits for it under this number; whoever leads next says for itself what is due
      propose: (data) => input({ type: "propose", id: 0, data }),
    });
    this.#status = new NodeStatus({
      options,
      clock,
      state,
      membership: this.#membership,
      raft: this.#raft,
      isUp: (peer) => this.#transport.isUp(peer),
      isStopping: () => this.#stopping,
    });
    this.#store = new NodeStore({
      options,
      incarnation,
      clock,
      prng,
      state,
      membership: this.#membership,
      status: this.#status,
      router: this.#router,
      readers: this.#readers,
      snapshots: this.#snapshots,
      input,
      counters,
    });
    this.#applying = new Applying({
      state,
      snapshots: this.#snapshots,
      leaseKeeper: this.#leaseKeeper,
      leading: this.#leading,
      readers: this.#readers,
      router: this.#router,
      store: this.#store,
      onMembers: (change) => this.#onMembers(change),
    });
    const calls = new CallCounts();
    const methods = etcdMethods(this.#store, calls);
    const metrics = new NodeMetrics({
      self: member,
      counters,
      calls,
      state,
      raft: this.#raft,
      store: this.#store,
      leaseKeeper: this.#leaseKeeper,
      quotaBytes: options.upkeep.quotaBytes,
    });
    this.#servants = [new GrpcServer(methods), new Gateway(this.#store, methods, () => metrics.text()).server];
    this.#door = start.door;
  }

  async listen(): Promise<{ readonly clientPort: number; readonly peerPort: number }> {
    const { timing, member, node, clientAddress, peerAddress } = this.#options;
    const peerPort = await this.#transport.listen(peerAddress.host, peerAddress.port, this.#peerServer);
    this.#door.passOn(...this.#servants);
    const clientPort = await this.#door.listen(clientAddress.host, clientAddress.port);
    this.#publishing = new Publishing({
      self: member,
      clientUrls: [
        `${this.#options.tlsKeys === undefined ? "http" : "https"}://${this.#membership.hostOf(member)}:${clientPort}`,
      ],
      replica: () => this.#state.replica,
      hasLeader: () => this.#state.hasLeader,
      write: (name, command) => this.#store.write(name, command),
    });
    const { term, lastIndex } = this.#raft.status();
    const facts = { member, clientPort, peerPort, term, lastIndex, applied: this.#state.applied, version: storeVersion };
    this.#ports.log("info", "node-started", `${node} is up as member ${member}`, facts);
    this.#transport.setPeers(this.#membership.peers());
    const { clock } = this.#ports;
    this.#stopTimers.push(clock.every(timing.heartbeatIntervalMs, (ticks) => this.#tick(ticks)));
    this.#stopTimers.push(clock.every(sweepEveryMs, () => this.#sweep()));
    this.#compactByItself();
    this.driver.schedule();
    this.#founder.standIfFounding();
    return { clientPort, peerPort };
  }

  /** Takes no more requests, hands leadership over, makes what was taken durable, and closes everything. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const { role, term } = this.#state;
    this.#ports.log("info", "node-stopping", `${this.#options.node} stops`, { role, term });
    this.#door.stopAccepting();
    this.#store.streams.stop();
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
    const { role, conf } = this.#state;
    const reachable = conf.voters.filter((id) => id !== this.#options.member && this.#transport.isUp(id));
    const [successor] = reachable.sort((a, b) => (match.get(b) ?? 0) - (match.get(a) ?? 0));
    if (role !== "leader" || successor === undefined) return;
    const input = (given: Input): void => this.driver.input(given);
    await handOver({ input, leader: () => this.#state.leader }, successor, handOverMsMax);
  }

  #compactByItself(): void {
    const retention = this.#options.upkeep.autoCompaction;
    if (retention === undefined) return;
    const { clock, log } = this.#ports;
    const stop = compactByItself(retention, {
      clock,
      log,
      revision: () => this.#state.kv.revision,
      isLeader: () => this.#state.role === "leader",
      compact: (revision) => this.#store.write("compact", encodeCommand("compact", { revision })),
    });
    this.#stopTimers.push(stop);
  }

  #tick(ticks: number): void {
    // after so many, whoever leads has missed all others, and whoever follows stands for election: more change nothing
    const enough = Math.min(ticks, 2 * this.#electionTicks);
    for (let i = 0; i < enough; i++) this.driver.input({ type: "tick" });
    this.#founder.standIfFounding();
  }

  #sweep(): void {
    this.#router.sweep();
    const nowMs = this.#ports.clock.monotonicMs();
    this.#readers.expire(nowMs);
    this.#store.tick(nowMs);
    this.#leaseKeeper.look();
    this.#publishing?.look();
    this.#mentionWaiting();
    if (this.#state.role === "leader" && this.#state.conf.learners.length > 0) this.#leading.promoteReturned();
  }

  #mentionWaiting(): void {
    const waitedMs = Math.round(this.#status.uptimeMs());
    if (this.#saidWaiting || this.#state.conf.voters.length > 0 || waitedMs < mentionWaitingAfterMs) return;
    this.#saidWaiting = true;
    const msg = "still waiting to be told the cluster's configuration: no leader has sent it yet";
    this.#ports.log("warn", "waiting-for-leader", msg, { waitedMs });
  }

  #leadership(): Leadership {
    const { match, lastIndex } = this.#raft.status();
    const { replica, conf, knowsAllBefore } = this.#state;
    const isUp = (id: MemberId): boolean => id === this.#options.member || this.#transport.isUp(id);
    return { members: replica.members, nextMember: replica.nextMember, conf, match, lastIndex, isUp, knowsAllBefore };
  }

  /** @param change undefined: a snapshot brought the members of now. */
  #onMembers(change: ConfChange | undefined): void {
    this.#transport.setPeers(this.#membership.peers());
    if (change === undefined) return;
    this.#say(describeConfChange(change, (id) => this.#membership.nameOf(id)));
    this.#removal.changed();
  }

  #onEvent(event: RaftEvent): void {
    this.#state.heard(event);
    if (event.event === "role-changed") this.#applying.roleChanged();
    if (event.event === "rolled-back") this.#store.onRolledBack();
    if (event.event === "leader-changed") {
      this.#founder.done();
      if (event.leader !== none) this.#ports.counters.leaderChanges++;
      // what waited for a leader need not wait for the next sweep
      setImmediate(() => this.#router.leaderChanged());
    }
    this.#say(describeEvent(event, (id) => this.#membership.nameOf(id)));
  }

  #say(sentences: readonly Sentence[]): void {
    for (const { level, event, msg, fields } of sentences) this.#ports.log(level, event, msg, fields);
  }
}
