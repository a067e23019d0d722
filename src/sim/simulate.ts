/**
 * One run from one seed: a cluster of raft machines with the store's state machine in a box, hurt for a while, then healed. It fails where an
 * invariant breaks, where clients saw what no correct store would show, and where the healed cluster does not come back.
 */
import { checkLinearizability, explainViolation } from "../check/linearizability.js";
import { kv } from "../check/models/kv.js";
import { createPrng, type Prng } from "../core/prng.js";
import { InvariantViolation } from "../core/invariant.js";
import { membersOf } from "../store/raft/conf-change.js";
import { none, type ConfState, type Effects, type MemberId, type Recovered } from "../store/raft/types.js";
import { SimClients } from "./clients.js";
import { SimDisk } from "./disk.js";
import { findLeader } from "./faults.js";
import { bootstrap, BrokenInvariant, Invariants } from "./invariants.js";
import { Nemesis } from "./nemesis.js";
import { SimNetwork } from "./network.js";
import { SimNode } from "./node.js";
import { operate } from "./operator.js";
import { drawScenario, type BugName, type Scenario } from "./scenario.js";
import { createTimeline, type Timeline } from "./timeline.js";
import { createTrace, type Trace } from "./trace.js";

/** What a run went through: shows that the seeds visit what they are meant to visit. */
export interface Tally {
  events: number;
  crashes: number;
  leaders: number;
  truncations: number;
  snapshotsInstalled: number;
  confChanges: number;
  ok: number;
  info: number;
}

export type Outcome = { readonly seed: number; readonly tally: Tally } & (
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** Name of what broke, e.g. `one leader per term`. */
      readonly broken: string;
      readonly message: string;
      /** The last events, oldest first. */
      readonly trace: readonly string[];
    }
);

export interface SimulationOptions {
  readonly bug?: BugName | undefined;
  /** Events kept for the trace of a failure. */
  readonly traceLines?: number;
}

/** Virtual time the healed cluster has to come back. Far more than it needs: some 20 election timeouts. */
const recoveryMs = 5000;
const checkStepsMax = 500_000;

export function simulate(seed: number, { bug, traceLines = 60 }: SimulationOptions = {}): Outcome {
  const prng = createPrng(seed);
  const run = new Run(prng, drawScenario(prng.fork(), bug), traceLines);
  try {
    run.play();
    return { seed, tally: run.tally, ok: true };
  } catch (error) {
    if (!(error instanceof BrokenInvariant) && !(error instanceof InvariantViolation)) throw error;
    const broken = error instanceof BrokenInvariant ? error.invariant : "the machine's own invariant";
    return { seed, tally: run.tally, ok: false, broken, message: error.message, trace: run.trace.lines() };
  }
}

class Run {
  readonly tally: Tally = {
    events: 0,
    crashes: 0,
    leaders: 0,
    truncations: 0,
    snapshotsInstalled: 0,
    confChanges: 0,
    ok: 0,
    info: 0,
  };
  readonly trace: Trace;
  readonly #scenario: Scenario;
  readonly #timeline: Timeline = createTimeline();
  readonly #invariants = new Invariants();
  readonly #nodes = new Map<MemberId, SimNode>();
  readonly #clients: SimClients;
  readonly #nemesis: Nemesis;

  constructor(prng: Prng, scenario: Scenario, traceLines: number) {
    this.#scenario = scenario;
    this.trace = createTrace(this.#timeline.nowMs, traceLines);
    const network = new SimNetwork(this.#timeline, prng.fork(), scenario.weather, (message) =>
      this.#nodes.get(message.to)?.deliver({ type: "receive", message }),
    );
    for (let id = 1; id <= scenario.voters + scenario.spares; id++) this.#nodes.set(id, this.#createNode(id, prng, network));
    this.#clients = new SimClients(this.#timeline, prng.fork(), this.trace, scenario.clients, this.#nodes);
    this.#nemesis = new Nemesis(this.#timeline, this.trace, { prng: prng.fork(), network, nodes: this.#nodes }, scenario.nemesis);
  }

  #createNode(id: MemberId, prng: Prng, network: SimNetwork): SimNode {
    const { voters, diskMs, clockDrift, node: options } = this.#scenario;
    const disk = new SimDisk(this.#timeline, prng.fork(), diskMs, newDisk(id <= voters ? voters : 0));
    const node = new SimNode(id, disk, options, {
      timeline: this.#timeline,
      prng: prng.fork(),
      trace: this.trace,
      invariants: this.#invariants,
      send: (message) => network.send(message),
      saw: (effects) => this.#count(effects),
    });
    node.tickRate = (1 + clockDrift) ** (2 * prng.next() - 1);
    return node;
  }

  play(): void {
    const { voters, aims, chaosMs } = this.#scenario;
    for (const node of this.#nodes.values()) if (node.id <= voters) node.start();
    this.#nodes.get(1)?.deliver({ type: "campaign" });
    this.#clients.start();
    this.#nemesis.start();
    operate(this.#timeline, this.trace, this.#nodes, aims);
    this.#timeline.runUntil(chaosMs);
    this.#clients.stop();
    this.#nemesis.heal();
    this.#recover(chaosMs + recoveryMs);
    this.#checkHistory();
  }

  /** With nothing wrong any more: somebody leads, a write goes through, all members come to hold the same, and it is what was acknowledged. */
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
    this.#timeline.runUntil(endMs, () => isWritten && unread.length === 0 && this.#hasConverged());
    if (!isWritten) throw new BrokenInvariant("progress", "the healed cluster took no write");
    if (unread.length > 0) throw new BrokenInvariant("progress", "the healed cluster answered no read");
    if (!this.#hasConverged()) throw new BrokenInvariant("convergence", this.#describeNodes());
  }

  /** All members of the leader's configuration stand at the same index, past everything committed, with the same state. */
  #hasConverged(): boolean {
    const conf = findLeader(this.#nodes)?.status()?.conf;
    if (conf === undefined || conf.votersOutgoing.length > 0) return false;
    const states = membersOf(conf).map((member) => this.#nodes.get(member)?.state());
    const first = states[0];
    return (
      first?.applied === this.#invariants.committedIndex &&
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
    for (const { type } of history) if (type !== "fail") this.tally[type]++;
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
    this.tally.events++;
    if (restore !== undefined) this.tally.snapshotsInstalled++;
    for (const event of events) {
      if (event.event === "role-changed" && event.role === "leader") this.tally.leaders++;
      if (event.event === "log-truncated") this.tally.truncations++;
      if (event.event === "conf-changed") this.tally.confChanges++;
    }
  }
}

/** What a new member's disk holds: with the bootstrap snapshot for the voters of a new cluster, with nothing for one that joins later. */
function newDisk(voterCount: number): Recovered {
  const conf: ConfState = {
    voters: Array.from({ length: voterCount }, (_, i) => i + 1),
    votersOutgoing: [],
    learners: [],
    learnersNext: [],
    autoLeave: false,
  };
  const { index, term } = voterCount > 0 ? bootstrap : { index: 0, term: 0 };
  return {
    hardState: { term, vote: none, commit: index },
    snapshot: { meta: { index, term, conf }, data: new Uint8Array(0) },
    entries: [],
  };
}
