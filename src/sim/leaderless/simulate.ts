/**
 * One run of the leaderless store from one seed: machines in a box, hurt for a while, then healed. It fails where clients see what no correct store would show,
 * and where the healed cluster does not come to rest with everything that it acknowledged.
 */
import type { Outcome, SimulationOptions } from "../outcome.js";
import { createPrng, type Prng } from "../../core/prng.js";
import { aloneRing, foundRing } from "../../store/leaderless/gossip/membership.js";
import type { ClusterState } from "../../store/leaderless/gossip/cluster-state.js";
import type { LeaderlessEvent } from "../../store/leaderless/steps.js";
import type { Message } from "../../store/leaderless/messages.js";
import { hold, whatBroke } from "../broken-invariant.js";
import { Nemesis } from "../nemesis.js";
import { SimNetwork } from "../network.js";
import { createTimeline, type Timeline } from "../timeline.js";
import { createTrace, type Trace } from "../trace.js";
import { Administrator } from "./administrator.js";
import { unrest } from "./at-rest.js";
import { CausalHistory } from "./causal-history.js";
import { SimClients } from "./clients.js";
import { valuesByKey } from "./copies.js";
import { DataTypeClients, dataTypes } from "./data-type-clients.js";
import { LeaderlessDisk } from "./disk.js";
import { faults, type Arena, type FaultName } from "./faults.js";
import { Losses } from "./losses.js";
import { SimNode } from "./node.js";
import { ReadRules } from "./read-rules.js";
import { drawScenario, overlapsOf, replicas, type BugName, type Scenario } from "./scenario.js";

/** What a run went through: shows that the seeds visit what they are meant to visit. */
export interface Tally {
  steps: number;
  messages: number;
  /** Client operations by how they ended. */
  ok: number;
  fail: number;
  info: number;
  /** Changes of counters and sets that were acknowledged. */
  changes: number;
  repairs: number;
  /** Keys that anti-entropy found to differ. */
  exchanged: number;
  /** Writes that no disk had any more. */
  lost: number;
  siblingsMax: number;
  /** Nodes that joined, and nodes that left. */
  joined: number;
  leftForGood: number;
  /** Nodes that were lost and removed by force. */
  lostForGood: number;
  /** From the end of all faults to rest. */
  restMs: number;
  readonly faults: Partial<Record<FaultName, number>>;
}

/** Virtual time the healed cluster has to come to rest. */
const recoveryMs = 45_000;
const lookMs = 500;

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
    messages: 0,
    ok: 0,
    fail: 0,
    info: 0,
    changes: 0,
    repairs: 0,
    exchanged: 0,
    lost: 0,
    siblingsMax: 0,
    joined: 0,
    leftForGood: 0,
    lostForGood: 0,
    restMs: 0,
    faults: {},
  };
  readonly trace: Trace;
  readonly #scenario: Scenario;
  readonly #prng: Prng;
  readonly #timeline: Timeline = createTimeline();
  readonly #nodes = new Map<string, SimNode>();
  readonly #history = new CausalHistory();
  readonly #losses: Losses;
  readonly #rules: ReadRules;
  readonly #clients: SimClients;
  readonly #dataTypes: DataTypeClients;
  readonly #nemesis: Nemesis<Arena, FaultName>;
  readonly #administrators: readonly Administrator[];

  constructor(prng: Prng, scenario: Scenario, traceLines: number) {
    this.#scenario = scenario;
    this.#prng = prng.fork();
    const { node: options } = scenario;
    const names = Array.from({ length: scenario.nodes }, (_, i) => `n${i + 1}`);
    const ring = foundRing(Object.fromEntries(names.map((name) => [name, name])), scenario.ringSize);
    const founded = { ring, types: dataTypes, buckets: {} };
    this.trace = createTrace(this.#timeline.nowMs, traceLines);
    const network = new SimNetwork<Message>(
      this.#timeline,
      prng.fork(),
      scenario.weather,
      (message) => this.#nodes.get(message.to)?.deliver(message),
      ({ from, to }) => this.#nodes.get(from)?.input({ type: "unreachable", member: to }),
    );
    for (const name of names) this.#nodes.set(name, this.#createNode(name, prng, network, founded, []));
    for (const name of scenario.spares) {
      const alone = { ring: aloneRing(name, name, scenario.ringSize), types: {}, buckets: {} };
      this.#nodes.set(name, this.#createNode(name, prng, network, alone, names));
    }
    this.#losses = new Losses(this.#history, () => this.#members().map(({ disk }) => disk));
    this.#rules = new ReadRules(this.#history, {
      n: replicas,
      isCausal: true,
      keepsDeletions: options.deleteMode.kind === "keep",
      overlaps: overlapsOf(scenario),
    });
    this.#clients = new SimClients(
      this.#timeline,
      prng.fork(),
      this.trace,
      scenario.clients,
      this.#nodes,
      this.#history,
      this.#rules,
    );
    this.#dataTypes = new DataTypeClients(this.#timeline, prng.fork(), this.trace, scenario.dataTypes, this.#nodes);
    this.#administrators = scenario.changes.map(
      (changes) => new Administrator(this.#timeline, prng.fork(), this.trace, this.#nodes, (node) => this.#lose(node), changes),
    );
    const arena: Arena = {
      prng: prng.fork(),
      network,
      nodes: this.#nodes,
      wipe: ({ disk }) => this.#losses.watch(disk, () => disk.wipe()),
      rot: (node) => this.#losses.watch(node.disk, () => this.#rot(node)),
    };
    this.#nemesis = new Nemesis(this.#timeline, this.trace, faults, arena, scenario.nemesis, (fault) => {
      this.tally.faults[fault] = (this.tally.faults[fault] ?? 0) + 1;
    });
  }

  /** Nodes that have been started, and have not left. */
  #members(): readonly SimNode[] {
    return [...this.#nodes.values()].filter(({ wasStarted, hasLeft }) => wasStarted && !hasLeft);
  }

  /** A node never comes back, and neither does its disk. */
  #lose(node: SimNode): void {
    this.#losses.watch(node.disk, () => {
      node.end();
      node.disk.wipe();
    });
    this.tally.lostForGood++;
  }

  #rot(node: SimNode): void {
    const place = node.disk.rot();
    if (place !== undefined) node.input({ type: "damaged", place });
  }

  #createNode(name: string, prng: Prng, network: SimNetwork<Message>, founded: ClusterState, meets: readonly string[]): SimNode {
    const { diskMs, wallSkewMs, node: options } = this.#scenario;
    const disk = new LeaderlessDisk(this.#timeline, prng.fork(), diskMs);
    const node = new SimNode(name, disk, options, {
      timeline: this.#timeline,
      prng: prng.fork(),
      trace: this.trace,
      founded,
      meets,
      send: (message) => {
        this.tally.messages++;
        // as TCP has it
        network.send(message, message.type === "forward" || message.type === "forwardReply");
      },
      saw: (events) => this.#count(name, events),
    });
    node.wallSkewMs = (2 * prng.next() - 1) * wallSkewMs;
    return node;
  }

  play(): void {
    const { chaosMs } = this.#scenario;
    for (const node of [...this.#nodes.values()].slice(0, this.#scenario.nodes)) node.start();
    this.#clients.start();
    this.#dataTypes.start();
    this.#nemesis.start();
    for (const administrator of this.#administrators) administrator.start(this.#prng.next() * (chaosMs / 2));
    this.#timeline.runUntil(chaosMs);
    this.#clients.stop();
    this.#dataTypes.stop();
    this.#nemesis.heal();
    this.#comeToRest(chaosMs + recoveryMs);
    Object.assign(this.tally, this.#clients.ended, { lost: this.#losses.count, siblingsMax: this.#rules.siblingsMax });
    this.tally.changes = this.#dataTypes.acknowledged;
    this.tally.joined = this.#scenario.spares.filter((name) => this.#nodes.get(name)?.wasStarted).length;
    this.tally.leftForGood = [...this.#nodes.values()].filter(({ hasLeft }) => hasLeft).length - this.tally.lostForGood;
    this.#rules.finish();
    this.#isAllThere();
    const copies = this.#members().flatMap(({ disk }) => [...disk.copies()]);
    this.#dataTypes.check(copies, (key) => this.#losses.hasLostOf(key));
  }

  #comeToRest(endMs: number): void {
    const begunAtMs = this.#timeline.nowMs();
    if (this.#scenario.readsAtEnd) for (const key of this.#history.keys()) this.#readAgain(key);
    let problems: readonly string[] = ["nobody has looked"];
    const look = (): void => {
      problems = this.#administrators.every(({ isDone }) => isDone)
        ? unrest(this.#members())
        : ["members are still being changed"];
      this.#timeline.after(lookMs, look);
    };
    // nothing is at rest while clients wait
    this.#timeline.after(2 * lookMs, look);
    this.#timeline.runUntil(endMs, () => problems.length === 0);
    this.tally.restMs = this.#timeline.nowMs() - begunAtMs;
    hold(problems.length === 0, "convergence", () => problems.join("; "));
  }

  #readAgain(key: string): void {
    const node = this.#prng.pick(this.#members());
    this.#clients.read(node, key, replicas, () => this.#timeline.after(2000, () => this.#readAgain(key)));
  }

  /** All that was acknowledged is what the owners have, or is overwritten by it. */
  #isAllThere(): void {
    const found = valuesByKey(this.#members().flatMap(({ disk }) => [...disk.copies()]));
    for (const key of this.#history.keys()) {
      const values = found.get(key) ?? new Set<string>();
      this.#rules.saw(key, { values: [...values], hasDeletions: false }, undefined);
      const isThere = this.#history.accountedFor(key, values);
      for (const write of this.#history.writes(key)) {
        if (write.outcome !== "ok" || this.#losses.has(write.id)) continue;
        hold(
          isThere(write),
          "no acknowledged write is lost",
          () => `${write.id} was acknowledged, and all that is left of ${key} is {${[...values].join(" ")}}`,
        );
      }
    }
  }

  #count(name: string, events: readonly LeaderlessEvent[]): void {
    this.tally.steps++;
    for (const event of events) {
      if (event.type === "repaired") this.tally.repairs++;
      if (event.type === "exchanged") this.tally.exchanged += event.keys;
      this.trace.note(() => `${name} ${JSON.stringify(event)}`);
    }
  }
}
