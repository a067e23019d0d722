/**
 * One run from one seed: a cluster of raft machines with the store's state machine in a box, hurt for a while, then healed.
 * It fails where an invariant breaks, where clients saw what no correct store would show, and where the healed cluster does
 * not come back.
 */
import type { Outcome, SimulationOptions } from "./outcome.js";
import { checkLinearizability, explainViolation } from "../check/linearizability.js";
import { kv } from "../check/models/kv.js";
import { createPrng, type Prng } from "../core/prng.js";
import { bootstrapSnapshot, joinerSnapshot } from "../store/raft/bootstrap.js";
import { membersOf } from "../store/raft/conf-change.js";
import { none, type Effects, type MemberId, type Snapshot } from "../store/raft/types.js";
import type { MemberChange } from "../store/ask.js";
import { administer } from "./administrator.js";
import { SimClients } from "./clients.js";
import { SimDisk } from "./disk.js";
import { faults, findLeader, type Arena, type FaultName } from "./faults.js";
import { EventHistory } from "./event-history.js";
import { BrokenInvariant, whatBroke } from "./broken-invariant.js";
import { Invariants } from "./invariants.js";
import { LeaseClients, leasedKey } from "./lease-clients.js";
import { LeasePromises } from "./lease-promises.js";
import { Nemesis } from "./nemesis.js";
import { SimNetwork } from "./network.js";
import { SimNode } from "./node.js";
import type { Cargo } from "./node.js";
import { Replacements } from "./replacements.js";
import { operate } from "./operator.js";
import { drawScenario, memberOf, type BugName, type Scenario } from "./scenario.js";
import { createTimeline, type Timeline } from "./timeline.js";
import { createTrace, type Trace } from "./trace.js";
import { Watchers } from "./watchers.js";

/** What a run went through: shows that the seeds visit what they are meant to visit. */
export interface Tally {
  /** Steps of all machines together, each with every invariant checked. */
  steps: number;
  leaders: number;
  truncations: number;
  snapshotsInstalled: number;
  /** On their way to a member; of those that their sender heard of. */
  snapshotsLost: number;
  confChanges: number;
  /** Leaders that stopped, followed by whom they chose. */
  handOvers: number;
  /** Losses that a member heard of. */
  unreachables: number;
  /** Client operations by how they ended. */
  ok: number;
  fail: number;
  info: number;
  leasesRenewed: number;
  /** By time. */
  leasesEnded: number;
  /** What watchers were told, and how often one went on at another node. */
  eventsTold: number;
  watchesResumed: number;
  /** By the rules of the API, by kind. */
  readonly membersChanged: Partial<Record<MemberChange["kind"], number>>;
  /** Faults by name. */
  readonly faults: Partial<Record<FaultName, number>>;
}

/** Virtual time the healed cluster has to come back, and for leases to end. Far more than it needs: some 60 election timeouts. */
const recoveryMs = 8000;
const checkStepsMax = 500_000;

/** Plays the run that `seed` stands for, to its end or to the first thing that breaks. Equal arguments give equal outcomes. */
export function simulate(seed: number, { bug, provoke = bug, traceLines = 60 }: SimulationOptions<BugName> = {}): Outcome<Tally> {
  const prng = createPrng(seed);
  const run = new Run(prng, drawScenario(prng.fork(), bug, provoke), traceLines);
  try {
    run.play();
    return { seed, tally: run.tally, ok: true };
  } catch (error) {
    return { seed, tally: run.tally, ok: false, ...whatBroke(error), trace: run.trace.lines() };
  }
}

class Run {
  readonly tally: Tally = {
    steps: 0,
    leaders: 0,
    truncations: 0,
    snapshotsInstalled: 0,
    confChanges: 0,
    handOvers: 0,
    snapshotsLost: 0,
    unreachables: 0,
    ok: 0,
    fail: 0,
    info: 0,
    leasesRenewed: 0,
    leasesEnded: 0,
    eventsTold: 0,
    watchesResumed: 0,
    membersChanged: {},
    faults: {},
  };
  readonly trace: Trace;
  readonly #scenario: Scenario;
  readonly #timeline: Timeline = createTimeline();
  readonly #bootstrap: Snapshot;
  readonly #invariants: Invariants;
  readonly #nodes = new Map<MemberId, SimNode>();
  readonly #promises: LeasePromises;
  readonly #history: EventHistory;
  readonly #clients: SimClients;
  readonly #leaseClients: LeaseClients;
  readonly #watchers: Watchers;
  readonly #nemesis: Nemesis<Arena, FaultName>;

  constructor(prng: Prng, scenario: Scenario, traceLines: number) {
    this.#scenario = scenario;
    this.#bootstrap = bootstrapSnapshot(Array.from({ length: scenario.voters }, (_, i) => i + 1));
    this.#invariants = new Invariants(this.#bootstrap.meta, scenario.node.raft.replication === "async");
    this.#history = new EventHistory(scenario.node.raft.replication === "async");
    this.#promises = new LeasePromises(this.#timeline.nowMs, scenario.clockDrift);
    this.trace = createTrace(this.#timeline.nowMs, traceLines);
    const network = new SimNetwork<Cargo>(
      this.#timeline,
      prng.fork(),
      scenario.weather,
      (cargo) => this.#nodes.get(cargo.to)?.deliver(cargo),
      (cargo) => this.#reportLoss(cargo),
    );
    for (let id = 1; id <= scenario.voters + scenario.spares; id++) this.#nodes.set(id, this.#createNode(id, prng, network));
    this.#clients = new SimClients(this.#timeline, prng.fork(), this.trace, scenario.clients, this.#nodes);
    const shared = [this.#timeline, prng.fork(), this.trace] as const;
    this.#leaseClients = new LeaseClients(...shared, scenario.leases, this.#nodes, this.#promises);
    this.#watchers = new Watchers(...shared, scenario.watchers, this.#nodes, this.#history);
    const replacements = new Replacements({
      timeline: this.#timeline,
      trace: this.trace,
      nodes: this.#nodes,
      create: (id) => this.#createNode(id, prng, network),
      keepsNumber: scenario.node.bugs.wipedKeepsNumber === true,
    });
    // whoever changes the members at the same time may count on a disk that is gone
    const wipe = (victim: SimNode): boolean => scenario.spares === 0 && replacements.wipe(victim);
    const arena: Arena = { prng: prng.fork(), network, nodes: this.#nodes, wipe };
    this.#nemesis = new Nemesis(this.#timeline, this.trace, faults, arena, scenario.nemesis, (fault) => {
      this.tally.faults[fault] = (this.tally.faults[fault] ?? 0) + 1;
    });
  }

  #createNode(id: MemberId, prng: Prng, network: SimNetwork<Cargo>): SimNode {
    const { voters, diskMs, clockDrift, node: options } = this.#scenario;
    const disk = new SimDisk(
      this.#timeline,
      prng.fork(),
      diskMs,
      {
        hardState: { term: 0, vote: none, commit: 0 },
        snapshot: id <= voters ? this.#bootstrap : joinerSnapshot,
        entries: [],
      },
      options.raft.fsync,
    );
    const node = new SimNode(id, disk, options, {
      timeline: this.#timeline,
      prng: prng.fork(),
      trace: this.trace,
      founders: Array.from({ length: voters }, (_, i) => memberOf(i + 1)),
      invariants: this.#invariants,
      promises: this.#promises,
      history: this.#history,
      send: (cargo) => network.send(cargo, cargo.type === "ask" || cargo.type === "answer"),
      saw: (effects) => this.#count(effects),
      handedOver: () => void this.tally.handOvers++,
    });
    node.tickRate = (1 + clockDrift) ** (2 * prng.next() - 1);
    return node;
  }

  /** As the store's transport does: that a member could not be reached, not which message was lost. */
  #reportLoss({ from, to, type }: Cargo): void {
    this.tally.unreachables++;
    if (type === "snapshot") this.tally.snapshotsLost++;
    this.#nodes.get(from)?.input({ type: "unreachable", member: to });
  }

  play(): void {
    const { voters, aims, changes, chaosMs } = this.#scenario;
    for (const node of this.#nodes.values()) if (node.id <= voters) node.start();
    this.#nodes.get(1)?.input({ type: "campaign" });
    this.#clients.start();
    this.#leaseClients.start();
    this.#watchers.start();
    this.#nemesis.start();
    operate(this.#timeline, this.trace, this.#nodes, aims);
    const made = ({ kind }: MemberChange): void => {
      this.tally.membersChanged[kind] = (this.tally.membersChanged[kind] ?? 0) + 1;
    };
    administer({ timeline: this.#timeline, trace: this.trace, nodes: this.#nodes, made }, changes);
    this.#timeline.runUntil(chaosMs);
    this.#clients.stop();
    this.#leaseClients.stop();
    this.#nemesis.heal();
    this.#watchers.stayAt(() => this.#leadersMembers());
    this.#recover(chaosMs + recoveryMs);
    this.#checkHistory();
  }

  /**
   * With nothing wrong any more: somebody leads, a write goes through, all members come to hold the same, and it is
   * what was acknowledged.
   */
  #recover(endMs: number): void {
    const { keys } = this.#scenario.clients;
    let isWritten = false;
    let unread = [...keys];
    const tryNext = (): void => {
      const leader = findLeader(this.#nodes);
      const key = unread[0];
      if (isWritten && key === undefined) return;
      if (leader === undefined) return this.#timeline.after(20, tryNext);
      const input = !isWritten
        ? ({ op: "put", key: "last", value: "done" } as const)
        : ({ op: "get", key: key as string } as const);
      this.#clients.once(leader.id, input, (answer) => {
        if (answer.type === "ok" && isWritten) unread = unread.slice(1);
        if (answer.type === "ok") isWritten = true;
        this.#timeline.after(5, tryNext);
      });
    };
    tryNext();
    let isOver = false;
    const look = (): void => {
      isOver = isWritten && unread.length === 0 && this.#hasConverged() && this.#isTold();
      this.#timeline.after(10, look);
    };
    look();
    this.#timeline.runUntil(endMs, () => isOver);
    if (!isWritten) throw new BrokenInvariant("progress", "the healed cluster took no write");
    if (unread.length > 0) throw new BrokenInvariant("progress", "the healed cluster answered no read");
    if (!this.#hasConverged()) throw new BrokenInvariant("convergence", this.#describeNodes());
    if (!this.#haveLeasesEnded()) throw new BrokenInvariant("leases end", "nobody renews them, and they are still there");
    if (!this.#watchers.areUpToDate()) throw new BrokenInvariant("watchers are told", this.#watchers.describe());
  }

  /** Nothing hangs on a lease any more, and all watchers know it. */
  #isTold(): boolean {
    return this.#haveLeasesEnded() && this.#watchers.areUpToDate();
  }

  #haveLeasesEnded(): boolean {
    const { ids } = this.#scenario.leases;
    return this.#leadersMembers().every(({ machine }) => {
      return machine?.leases.size === 0 && ids.every((id) => machine.get(leasedKey(id)) === null);
    });
  }

  /** Those of the configuration that the leader has. */
  #leadersMembers(): readonly SimNode[] {
    const conf = findLeader(this.#nodes)?.status()?.conf;
    return conf === undefined ? [] : membersOf(conf).flatMap((member) => this.#nodes.get(member) ?? []);
  }

  /** All members of the leader's configuration stand at the same index, past everything committed, with the same state. */
  #hasConverged(): boolean {
    const status = findLeader(this.#nodes)?.status();
    if (status === undefined || status.conf.votersOutgoing.length > 0) return false;
    const states = membersOf(status.conf).map((member) => this.#nodes.get(member)?.state());
    const first = states[0];
    // what was taken back was applied by somebody as well
    const isLossy = this.#scenario.node.raft.replication === "async";
    return (
      first?.applied === (isLossy ? status.commit : this.#invariants.committedIndex) &&
      states.every((state) => state?.applied === first.applied && state.chain === first.chain)
    );
  }

  #describeNodes(): string {
    const describe = (node: SimNode): string => {
      const status = node.status();
      if (status === undefined) return `n${node.id} down`;
      const { role, term, commit, lastIndex } = status;
      return `n${node.id} ${role} term ${term} commit ${commit} log ${lastIndex} applied ${node.state()?.applied}`;
    };
    return `the healed members do not come to the same state: ${[...this.#nodes.values()].map(describe).join(", ")}`;
  }

  #checkHistory(): void {
    const { history } = this.#clients;
    for (const { type } of history) this.tally[type]++;
    this.tally.leasesRenewed = this.#promises.renewed;
    this.tally.leasesEnded = this.#promises.ended;
    this.tally.eventsTold = this.#watchers.told;
    this.tally.watchesResumed = this.#watchers.resumed;
    const found = checkLinearizability(history, kv, { stepsMax: checkStepsMax });
    switch (found.verdict) {
      case "ok":
        return;
      case "violation":
        throw new BrokenInvariant("linearizability", explainViolation(found, kv).join("\n"));
      case "unknown":
        throw new BrokenInvariant("linearizability", `no verdict within ${checkStepsMax} steps`);
    }
  }

  #count({ events, restore }: Effects): void {
    this.tally.steps++;
    if (restore !== undefined) this.tally.snapshotsInstalled++;
    for (const event of events) {
      if (event.event === "role-changed" && event.role === "leader") this.tally.leaders++;
      if (event.event === "log-truncated") this.tally.truncations++;
      if (event.event === "conf-changed") this.tally.confChanges++;
    }
  }
}
