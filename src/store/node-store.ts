import { randomBytes } from "node:crypto";
import type { Prng } from "../core/prng.js";
import { NodeAccess } from "./access.js";
import type { MemberChange } from "./ask.js";
import { ClientRequests } from "./client-requests.js";
import type { Written } from "./client-requests.js";
import type { Clock } from "./clock.js";
import { Compactor } from "./compactor.js";
import type { CommandName } from "./entries/commands.js";
import type { Principal } from "./entries/envelope.js";
import { LeaseRequests } from "./lease-requests.js";
import type { Counters } from "./metrics/counters.js";
import type { MemberState } from "./member-state.js";
import type { Membership } from "./membership.js";
import type { HashAnswer, MvccStore } from "./mvcc/mvcc-store.js";
import type { Refused } from "./mvcc/requests.js";
import type { NodeOptions } from "./node-options.js";
import type { NodeStatus } from "./node-status.js";
import { OwnWrites } from "./own-writes.js";
import type { Entry, Input, MemberId } from "./raft/types.js";
import type { Readers } from "./readers.js";
import type { Applied } from "./replica.js";
import type { Router } from "./router.js";
import { headersOf } from "./rpc/header.js";
import { OpenStreams } from "./rpc/open-streams.js";
import type { Header, MemberView, RaftView, Store } from "./rpc/store.js";
import type { Snapshots } from "./snapshots.js";
import { NodeUpkeep } from "./upkeep.js";
import type { WatchHub } from "./watch/hub.js";
import type { WatchSink, WatchStream } from "./watch/watch-stream.js";
import { Watches } from "./watches.js";
import type { ErrorName } from "./wire/errors.js";

/** As etcd: so long a stream that needs a leader outlives the last one. */
const electionTimeoutsWithoutLeader = 3;

export interface NodeStoreOptions {
  readonly options: NodeOptions;
  /** Larger than that of any process of this member before. */
  readonly incarnation: number;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly prng: Prng;
  readonly state: MemberState;
  readonly membership: Pick<Membership, "views">;
  readonly status: NodeStatus;
  readonly router: Router;
  readonly readers: Readers;
  readonly snapshots: Pick<Snapshots, "take" | "copy">;
  readonly input: (input: Input) => void;
  readonly counters: Counters;
}

/** A node as its clients see it: what they ask goes to the leader or is answered from what is applied here, and what they wait for is told them. */
export class NodeStore implements Store {
  readonly #options: NodeStoreOptions;
  readonly #writes: OwnWrites;
  readonly #requests: ClientRequests;
  readonly #compactor: Compactor;
  readonly #watches: Watches;
  readonly leases: LeaseRequests;
  readonly streams: OpenStreams;
  readonly upkeep: NodeUpkeep;
  readonly access: NodeAccess;

  constructor(options: NodeStoreOptions) {
    const { incarnation, clock, prng, state, router, readers, snapshots, input } = options;
    const { member, timing, upkeep } = options.options;
    const nowMs = clock.monotonicMs;
    const deadlineMs = (): number => nowMs() + timing.requestTimeoutMs;
    this.#options = options;
    this.#compactor = new Compactor(() => state.kv);
    this.#writes = new OwnWrites({ self: member, incarnation, router });
    this.#requests = new ClientRequests({
      self: member,
      router,
      writes: this.#writes,
      readers,
      compactor: this.#compactor,
      kv: () => state.kv,
      deadlineMs,
    });
    this.leases = new LeaseRequests({
      router,
      readers,
      electionTimeoutMs: timing.electionTimeoutMs,
      state: () => state.replica.state,
      randomBytes,
      deadlineMs,
    });
    this.streams = new OpenStreams({
      hasLeader: () => state.hasLeader,
      patienceMs: electionTimeoutsWithoutLeader * timing.electionTimeoutMs,
    });
    const random = prng.fork();
    this.#watches = new Watches({ store: () => state.kv, header: headersOf(this), random: () => random.next() });
    this.upkeep = new NodeUpkeep({
      replica: () => state.replica,
      compactor: this.#compactor,
      snapshots,
      quotaBytes: upkeep.quotaBytes,
      keepEntries: timing.keepEntries,
      input,
      leader: () => state.leader,
      timeoutMs: timing.requestTimeoutMs,
    });
    this.access = new NodeAccess({
      auth: () => state.replica.state.auth,
      applied: () => state.applied,
      caughtUp: () => this.#requests.caughtUp(),
      nowMs,
    });
  }

  write<N extends CommandName>(name: N, command: Uint8Array, as?: Principal): Promise<Written<N>> {
    return this.#requests.write(name, command, as);
  }

  read<A>(answer: (kv: MvccStore) => A | Refused<ErrorName>, serializable: boolean): Promise<A> {
    this.#options.counters.ranges++;
    return this.#requests.read(answer, serializable || this.#options.options.switches.reads === "local");
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
    return this.#options.membership.views();
  }

  isLearner(): boolean {
    return this.#options.state.conf.learners.includes(this.#options.options.member);
  }

  header(): Header {
    return this.#options.status.header();
  }

  unhealthy(): string | undefined {
    return this.#options.status.unhealthy();
  }

  status(withHash: boolean): Promise<unknown> {
    return this.#options.status.status(withHash);
  }

  raftStatus(): RaftView {
    return this.#options.status.raftStatus();
  }

  // ---- what there is to count ----

  get watchers(): WatchHub["counts"] {
    return this.#watches.hub.counts;
  }

  get writes(): Pick<OwnWrites, "pending" | "failed"> {
    return this.#writes;
  }

  // ---- what the node tells ----

  /** `entry` was applied, and that is what it did. */
  onApplied({ index, term }: Entry, applied: Applied): void {
    this.access.onApplied(index, applied);
    this.#writes.onApplied(applied, term);
    if (applied.type === "command" && applied.answer.type !== "refused") this.#options.counters.applied(applied.answer);
  }

  /** All that is to be applied for now was. */
  onSettled(): void {
    this.#watches.hub.applied();
    if (this.#options.state.kv.isCompacting) void this.#compactor.run();
  }

  /** The leader's snapshot that comes now takes back some of what was applied. */
  onRolledBack(): void {
    this.#watches.hub.rolledBack();
  }

  /** A leader's snapshot took the place of the state. */
  onRestored(): void {
    this.access.onRestored();
    this.#writes.onRestored(this.#options.state.replica.state.sessions);
    this.#watches.hub.restored();
  }

  /** To be called many times a second. */
  tick(nowMs: number): void {
    this.#watches.hub.tick(nowMs);
    this.streams.tick(nowMs);
  }
}
