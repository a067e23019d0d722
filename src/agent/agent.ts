/**
 * The life of the agent: requests change the ledger, deadlines shorten it, and after each change the nodes concerned are brought to
 * what it says. Whatever fails is tried again until it is right.
 */
import { type ActiveFault, type Fault, type Side, describeFault, isMomentary, namesIn, nodesOf, sideOf } from "../chaos/fault.js";
import {
  type DeadlineOf,
  type Ledger,
  add,
  endMomentary,
  expire,
  heal,
  inForce,
  letRun,
  suspect,
  wasGiven,
  wasTouched,
} from "../chaos/ledger.js";
import {
  type FaultView,
  type HealTarget,
  type LinkView,
  type Operation,
  type Reply,
  type Request,
  type Results,
  toWireError,
} from "../chaos/protocol.js";
import { type Measurement, type Proof, disproofs } from "../chaos/proof.js";
import { nextWakeUpMs, retryAfterMs } from "../chaos/schedule.js";
import { type StandingLink, areSameLinks, describeStandingLink, nodesWithEnds, problemsWithAll } from "../chaos/standing-link.js";
import { unknownNode } from "../chaos/target.js";
import { problemsTogether } from "../chaos/together.js";
import { formatDuration } from "../core/duration.js";
import { DeviousError } from "../core/errors.js";
import type { Log } from "../core/log-line.js";
import type { Kernel } from "./capabilities.js";
import type { Clock } from "./clock.js";
import { type CrashLoops, createCrashLoops } from "./crash-loops.js";
import { createDeadlines } from "./deadlines.js";
import { type NodeContainer, type NodeEngine, isUp } from "./engine.js";
import type { LedgerStore } from "./ledger-store.js";
import type { FindListeners } from "./listening.js";
import type { LookInside } from "./look-inside.js";
import type { Reconciler } from "./reconciler.js";
import { type How, type Settled, type Settler, type Why, asTrouble, createSettler } from "./settler.js";
import { type World, measureSteadily } from "./steady.js";
import { lostAfterMs, watchEngine } from "./watcher.js";

export interface AgentParts {
  readonly cluster: string;
  readonly engine: NodeEngine;
  readonly kernel: Kernel;
  readonly store: LedgerStore;
  readonly reconciler: Reconciler;
  readonly clock: Clock;
  readonly log: Log;
  /** Feels the fault that is in force under these, among them itself. */
  readonly measure: (added: ActiveFault, faults: readonly ActiveFault[]) => Promise<readonly Measurement[]>;
  readonly lookInside: LookInside;
  readonly findListeners: FindListeners;
  /** Called at most once, when the engine has refused connections for so long that only a new mount of its socket can help. */
  readonly onEngineLost: () => void;
}

/** Every node; with the error, none. */
type Listed = { readonly nodes: readonly NodeContainer[] } | { readonly nodes: readonly []; readonly error: DeviousError };

/**
 * Why a fault is over. `asked`: somebody healed it · `started`: somebody started its nodes · `done`: it is over as soon as it is done ·
 * `rollback`: it never was in force, or not everywhere · `unproven`: it was, and probes felt something else.
 */
type Reason = "asked" | "started" | "deadline" | "done" | "rollback" | "unproven";

type Change = (ledger: Ledger) => { readonly ledger: Ledger; readonly healed: readonly ActiveFault[] };

export class Agent {
  readonly #parts: AgentParts;
  readonly #settler: Settler;
  readonly #crashLoops: CrashLoops;
  /** Fault -> what comes of bringing it into force. */
  readonly #applying = new Map<string, Promise<unknown>>();
  /** Fault -> what was felt of it. Of others it is known that they were read back. */
  readonly #proofs = new Map<string, Proof>();
  readonly #startedAtMs: number;
  readonly #deadlineOf: DeadlineOf;
  /** Every node must be looked at, because something may have been missed. */
  #sweepDue: boolean;
  /** Every node is to be normal but for the faults, also where no ledger knows why it is not. */
  #mendingDue: boolean;
  #engineAnswers = true;
  #cancelWakeUp: () => void = () => undefined;
  #unwatch: () => void = () => undefined;
  #stopped = false;

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.#settler = createSettler(parts.reconciler, parts.store, parts.clock, parts.log);
    this.#crashLoops = createCrashLoops(parts.clock);
    this.#startedAtMs = parts.clock.nowMs();
    this.#deadlineOf = createDeadlines(parts.clock, (id) => this.#isActive(id));
    this.#mendingDue = parts.store.value.lost;
    this.#sweepDue = this.#mayHaveActed();
  }

  /** Ends what is overdue, brings every node to what the ledger says, and goes on doing so. Resolves after the first round. */
  async start(): Promise<void> {
    const { cluster, log, store } = this.#parts;
    log("info", "agent-started", `holding ${store.value.faults.length} faults of cluster ${cluster}`, {
      faults: store.value.faults.map(({ id }) => id),
    });
    this.#watch();
    // whoever was at it is gone
    const cutShort = endMomentary(store.value).healed.length > 0;
    await Promise.all([cutShort ? this.#end(endMomentary, "done") : undefined, this.#wake()]);
  }

  /** A cluster to which nothing was done has nothing to be looked at; and while it boots, looking costs it time. */
  #mayHaveActed(): boolean {
    return this.#mendingDue || wasTouched(this.#parts.store.value);
  }

  stop(): void {
    this.#stopped = true;
    this.#unwatch();
    this.#cancelWakeUp();
  }

  async handle(request: Request): Promise<Reply> {
    try {
      return { id: request.id, ok: true, result: await this.#carryOut(request) };
    } catch (error) {
      return { id: request.id, ok: false, error: toWireError(asTrouble(error)) };
    }
  }

  async #carryOut(operation: Operation): Promise<Results[keyof Results]> {
    const { cluster, kernel, store } = this.#parts;
    switch (operation.op) {
      case "apply":
        return { fault: this.#view(await this.#apply(operation)) };
      case "heal":
        return { healed: await this.#heal(operation.what) };
      case "links":
        return { links: await this.#link(operation.links) };
      case "start":
        return { started: await this.#startNodes(operation.nodes) };
      case "list":
        return { faults: store.value.faults.map((active) => this.#view(active)), links: this.#linkViews() };
      case "probe":
        return { cut: await kernel.cut(), netem: await kernel.netem(), ipv6: await kernel.ipv6() };
      case "examine":
        return kernel.examine();
      case "rules":
        return { texts: await this.#parts.lookInside(operation.nodes, await kernel.cut()) };
      case "listening":
        return { listeners: await this.#parts.findListeners(operation.nodes) };
      case "ping":
        return { cluster, startedAtMs: this.#startedAtMs };
    }
  }

  async #apply({ fault, durationMs, seed, verify }: Extract<Operation, { op: "apply" }>): Promise<ActiveFault> {
    const { clock, store } = this.#parts;
    const askedAtMs = clock.monotonicMs();
    await this.#mayBegin(fault);

    const lastsMs = isMomentary(fault) ? null : durationMs;
    const { added } = await store.admit((ledger) => {
      const [problem, ...details] = problemsTogether(inForce(ledger), fault);
      if (problem !== undefined) throw new DeviousError("USAGE", problem, { details });
      return add(ledger, fault, clock.nowMs(), lastsMs, seed);
    });
    this.#schedule();
    const applying = this.#bringIntoForce(added, durationMs, askedAtMs);
    this.#applying.set(added.id, applying);
    const error = (await applying) ?? (verify && !isMomentary(fault) ? await this.#verify(added) : undefined);
    this.#applying.delete(added.id);
    const itself: Change = (ledger) => heal(ledger, { by: "id", id: added.id });
    if (error !== undefined) {
      await this.#end(itself, error.code === "FAULT_NOT_PROVEN" ? "unproven" : "rollback");
      throw error;
    }
    if (isMomentary(fault)) throwFirst((await this.#end(itself, "done")).settled);
    return added;
  }

  /** Says in the log what came of it, and why it is not in force where it is not. */
  async #bringIntoForce(added: ActiveFault, durationMs: number | null, askedAtMs: number): Promise<DeviousError | undefined> {
    const { clock, log } = this.#parts;
    const { fault, id } = added;
    const settled = await this.#settle(nodesOf(fault), "apply", fault.kind === "crash-loop" ? "crash" : "bring", sideOf(fault));
    const error = firstError(fault, settled) ?? (this.#isActive(id) ? undefined : wasOver(fault));
    if (error !== undefined) {
      log("error", "fault-failed", `${describeFault(fault)}: ${error.message}`, {
        ...logged(added),
        code: error.code,
        details: error.details,
      });
      return error;
    }
    const until = isMomentary(fault) ? "" : durationMs === null ? " until healed" : ` for ${formatDuration(durationMs)}`;
    const tookMs = Math.round((clock.monotonicMs() - askedAtMs) * 10) / 10;
    log("warn", "fault-applied", `${describeFault(fault)}${until}`, { ...logged(added), durationMs, tookMs });
    return undefined;
  }

  /** Feels a fault that is in force, and keeps what was felt. Why it is not proven; undefined where it is. */
  async #verify(added: ActiveFault): Promise<DeviousError | undefined> {
    const { clock, measure, store } = this.#parts;
    try {
      const measurements = await measureSteadily(
        () => measure(added, inForce(store.value)),
        () => this.#worldAround(added),
        clock,
      );
      if (!this.#isActive(added.id)) return wasOver(added.fault);
      if (disproofs(measurements).length > 0) return notProven(added.fault, measurements);
      this.#proofs.set(added.id, { how: "measured", measurements });
      return undefined;
    } catch (error) {
      return asTrouble(error);
    }
  }

  async #worldAround({ id }: ActiveFault): Promise<World> {
    const nodes = await this.#parts.engine.nodes();
    const others = inForce(this.#parts.store.value).filter((active) => active.id !== id);
    return { others, nodes, isMoving: nodes.some(({ node }) => this.#settler.isBusy(node)) };
  }

  /** In force everywhere or, where somebody refuses it, as before everywhere. Who does not run will start under it. */
  async #link(links: readonly StandingLink[]): Promise<readonly LinkView[]> {
    const { clock, log, store } = this.#parts;
    const askedAtMs = clock.monotonicMs();
    const before = store.value.links ?? [];
    await store.admit((ledger) => {
      const [problem, ...details] = problemsWithAll(links, ledger.faults);
      if (problem !== undefined) throw new DeviousError("USAGE", problem, { details });
      // whoever asks for none of what there never was has nothing done
      return { ledger: { ...ledger, links: links.length === 0 ? ledger.links && links : links } };
    });
    const concerned = nodesWithEnds([...before, ...links]);
    const failed = (await this.#settle(concerned, "apply", "bring", "links")).find((each) => "error" in each);
    if (failed !== undefined) {
      // unless somebody has asked for others meanwhile
      const { saved } = await store.release((ledger) => ({
        ledger: ledger.links === links ? { ...ledger, links: before } : ledger,
      }));
      await this.#settle(concerned, "end");
      await saved;
      throw failed.error;
    }
    if (!areSameLinks(before, links)) {
      const descriptions = links.map(describeStandingLink);
      const tookMs = Math.round((clock.monotonicMs() - askedAtMs) * 10) / 10;
      const text = descriptions.length === 0 ? "none but plain ones" : descriptions.join(", ");
      log("info", "links-applied", `links of the spec: ${text}`, { links: descriptions, tookMs });
    }
    return this.#linkViews();
  }

  #linkViews(): readonly LinkView[] {
    return (this.#parts.store.value.links ?? []).map((link) => ({
      ...link,
      description: describeStandingLink(link),
      troubles: this.#troublesOf(nodesWithEnds([link])),
    }));
  }

  #isActive(id: string): boolean {
    return this.#parts.store.value.faults.some((active) => active.id === id);
  }

  /** Throws where the nodes are not there for the fault. Nobody is refused by what may have changed. */
  async #mayBegin(fault: Fault): Promise<void> {
    const { engine } = this.#parts;
    if (obstacle(fault, await engine.knownNodes()) === undefined) return;
    const error = obstacle(fault, await engine.nodes());
    if (error !== undefined) throw error;
  }

  /** Ends whatever keeps these nodes down, for these nodes, and starts those that do not run. Their names. */
  async #startNodes(names: readonly string[]): Promise<readonly string[]> {
    const { engine, log, store } = this.#parts;
    const unknown = unknownIn(names, await engine.nodes());
    if (unknown !== undefined) throw unknown;
    const { healed, narrowed, saved } = await store.release((ledger) => letRun(ledger, names));
    const settled = await this.#settle(names, "end", "start", "power");
    await saved;
    await this.#tellOver(healed, "started");
    for (const active of narrowed) {
      log("info", "fault-narrowed", `${active.id} is now ${describeFault(active.fault)}`, logged(active));
    }
    throwFirst(settled);
    return settled.flatMap((each) =>
      "outcome" in each && each.outcome.kind === "settled" && each.outcome.started ? each.node : [],
    );
  }

  async #heal(what: HealTarget): Promise<readonly ActiveFault[]> {
    const { store } = this.#parts;
    if (what.by === "id" && !wasGiven(store.value, what.id)) {
      const active = store.value.faults.map(({ id }) => id);
      throw new DeviousError("UNKNOWN_FAULT", `There has been no fault "${what.id}" in this cluster.`, {
        hint: active.length === 0 ? "No fault is active." : `Active are ${active.join(", ")}.`,
      });
    }
    this.#mendingDue ||= what.by === "all";
    const listed: Listed = what.by === "all" ? await this.#list() : { nodes: [] };
    const { healed, settled } = await this.#end((ledger) => heal(ledger, what), "asked", listed.nodes);
    const failed = [listed, ...settled].find((each) => "error" in each);
    if (failed !== undefined) throw failed.error;
    return healed;
  }

  /** Takes faults from the ledger, cleans their nodes (and `alsoNodes`), and says so in the log. */
  async #end(
    change: Change,
    reason: Reason,
    alsoNodes: readonly NodeContainer[] = [],
  ): Promise<{ healed: readonly ActiveFault[]; settled: readonly Settled[] }> {
    const { healed, saved } = await this.#parts.store.release(change);
    const nodes = [...healed.flatMap(({ fault }) => nodesOf(fault)), ...alsoNodes.map(({ node }) => node)];
    // whoever restarts nodes asks for no more than that they run
    const settled = await this.#settle(nodes, "end", "bring", reason === "done" ? "power" : undefined);
    await saved;
    await this.#tellOver(healed, reason);
    return { healed, settled };
  }

  /** The log tells of a fault's end after its beginning. */
  async #tellOver(healed: readonly ActiveFault[], reason: Reason): Promise<void> {
    await Promise.all(healed.map(async ({ id }) => this.#applying.get(id)));
    for (const active of healed) {
      this.#proofs.delete(active.id);
      this.#parts.log("info", "fault-healed", `${describeFault(active.fault)}: over (${reason})`, { ...logged(active), reason });
    }
  }

  async #settle(nodes: readonly string[], why: Why, how?: How, side?: Side): Promise<readonly Settled[]> {
    this.#schedule();
    const settled = await this.#settler.settle(nodes, why, how, side);
    this.#schedule();
    return settled;
  }

  /** What is due now: deadlines, crashes, a look at every node, nodes that were not right the last time. */
  async #wake(): Promise<void> {
    const { clock, store } = this.#parts;
    const expired: Change = (ledger) => expire(ledger, clock.nowMs(), this.#deadlineOf);
    const overdue = expired(store.value).healed;
    const sweep = this.#sweepDue;
    this.#sweepDue = false;
    const crashing = this.#crashLoops.due(store.value.faults.filter((active) => !overdue.includes(active)));
    const wrong = [...this.#settler.troubles.keys()].filter((node) => !this.#settler.isBusy(node));
    this.#schedule();
    await Promise.all([
      overdue.length > 0 ? this.#end(expired, "deadline") : undefined,
      sweep ? this.#sweep() : undefined,
      wrong.length > 0 ? this.#settle(wrong, "again") : undefined,
      ...crashing.map((active) => this.#crash(active)),
    ]);
  }

  /** Nodes that are not yet back from the last time, or that somebody is at, are left out this time. */
  async #crash(active: ActiveFault): Promise<void> {
    const nodes = nodesOf(active.fault).filter((node) => !this.#settler.isBusy(node));
    for (const each of await this.#settle(nodes, "end", "crash")) {
      if (!("outcome" in each) || each.outcome.kind !== "settled" || !each.outcome.started) continue;
      this.#parts.log("warn", "node-crashed", `${each.node} was killed and started again`, {
        fault: active.id,
        target: each.node,
      });
    }
  }

  /** Looks at every node: what the agent before us left behind, what started while nobody watched. */
  async #sweep(): Promise<void> {
    const { store } = this.#parts;
    const { nodes } = await this.#list();
    if (store.value.lost && nodes.length > 0) await store.release((ledger) => ({ ledger: suspect(ledger, nodes) }));
    await this.#settle(
      nodes.map(({ node }) => node),
      "again",
    );
  }

  /** Every node; where the engine does not answer, a sweep later. */
  async #list(): Promise<Listed> {
    const { engine, log, reconciler } = this.#parts;
    try {
      const nodes = await engine.nodes();
      this.#engineAnswers = true;
      if (this.#mendingDue) reconciler.distrust(nodes.map(({ node }) => node));
      this.#mendingDue = false;
      return { nodes };
    } catch (thrown) {
      const error = asTrouble(thrown);
      if (this.#engineAnswers) log("error", "engine-unreachable", error.message);
      this.#engineAnswers = false;
      this.#sweepDue = true;
      this.#schedule();
      return { nodes: [], error };
    }
  }

  /** A started node has a clean namespace, and perhaps a new address that others must know. */
  #watch(): void {
    const { clock, engine, store } = this.#parts;
    const onOpen = (): void => {
      this.#sweepDue ||= this.#mayHaveActed();
      this.#schedule();
    };
    const onStart = (node: string): void => {
      const concerned = inForce(store.value).flatMap(({ fault }) => nodesOf(fault));
      if (concerned.length > 0) void this.#settle([node, ...concerned], "again");
    };
    this.#unwatch = watchEngine(engine, clock, { onOpen, onStart, onLost: () => void this.#giveUp() });
  }

  /** Ends what can be ended without the engine, and leaves the rest to the next agent, which has the ledger. */
  async #giveUp(): Promise<void> {
    const { clock, log, onEngineLost } = this.#parts;
    await this.#end((ledger) => expire(ledger, clock.nowMs(), this.#deadlineOf), "deadline");
    await this.#settle([...this.#settler.troubles.keys()], "end");
    this.stop();
    log("fatal", "engine-lost", `the engine refused every connection for ${formatDuration(lostAfterMs)}; the next agent goes on`);
    onEngineLost();
  }

  #schedule(): void {
    this.#cancelWakeUp();
    if (this.#stopped) return;
    const { clock, store } = this.#parts;
    const retryInMs = this.#sweepDue ? retryAfterMs(0) : this.#settler.retryInMs();
    const crashInMs = this.#crashLoops.untilNextMs(store.value.faults);
    const inMs = nextWakeUpMs(store.value, clock.nowMs(), retryInMs, this.#deadlineOf, crashInMs);
    if (inMs !== undefined) this.#cancelWakeUp = clock.after(inMs, () => void this.#wake());
  }

  #view(active: ActiveFault): FaultView {
    const nodes = nodesOf(active.fault);
    const deadlineMs = this.#deadlineOf(active);
    return {
      ...active,
      description: describeFault(active.fault),
      timeLeftMs: isMomentary(active.fault)
        ? 0
        : deadlineMs === null
          ? null
          : Math.max(0, deadlineMs - this.#parts.clock.nowMs()),
      troubles: this.#troublesOf(nodes),
      proof: this.#applying.has(active.id) ? null : (this.#proofs.get(active.id) ?? { how: "read-back" }),
    };
  }

  #troublesOf(nodes: readonly string[]): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#settler.troubles].filter(([node]) => nodes.includes(node)));
  }
}

/**
 * Why the fault is not in force; undefined where it is. What happens to links also holds for a node that is not running and only sends or
 * hears over them: it will start under it.
 */
function firstError(fault: Fault, settled: readonly Settled[]): DeviousError | undefined {
  for (const each of settled) {
    if ("error" in each) return each.error;
    if (each.outcome.kind === "absent") {
      if (needsRunning(fault, each.node)) return notRunning(each.node);
    } else if (each.outcome.kind === "settled" && each.outcome.isDeaf && (fault.kind === "disk" || fault.kind === "clock")) {
      return new DeviousError("FAULT_NOT_APPLIED", `${each.node} is paused, so its store cannot be told what to do to itself.`, {
        hint: "End the pause first.",
      });
    }
  }
  return undefined;
}

function throwFirst(settled: readonly Settled[]): void {
  for (const each of settled) if ("error" in each) throw each.error;
}

/** Why a fault cannot begin with the nodes as they are. */
function obstacle(fault: Fault, nodes: readonly NodeContainer[]): DeviousError | undefined {
  const idle = nodes.find((container) => needsRunning(fault, container.node) && !isUp(container));
  return unknownIn(namesIn(fault), nodes) ?? (idle && notRunning(idle.node));
}

function unknownIn(names: readonly string[], nodes: readonly NodeContainer[]): DeviousError | undefined {
  const known = nodes.map(({ node }) => node);
  const unknown = names.find((name) => !known.includes(name));
  return unknown === undefined ? undefined : unknownNode(unknown, known.sort());
}

/** True where the fault means nothing while the node does not run. */
function needsRunning(fault: Fault, node: string): boolean {
  return fault.kind !== "partition" && fault.kind !== "wipe" && fault.nodes.includes(node);
}

function notRunning(node: string): DeviousError {
  return new DeviousError("FAULT_NOT_APPLIED", `${node} is not running.`, {
    hint: `\`devious chaos start ${node}\` starts it; \`devious status\` shows all nodes.`,
  });
}

function wasOver(fault: Fault): DeviousError {
  return new DeviousError("FAULT_NOT_APPLIED", `${describeFault(fault)} was over before it was in force.`, {
    hint: "Give it more time.",
  });
}

function notProven(fault: Fault, measurements: readonly Measurement[]): DeviousError {
  return new DeviousError("FAULT_NOT_PROVEN", `${describeFault(fault)} is not felt as asked, so it was healed.`, {
    details: measurements.map(
      ({ what, asked, measured, ok }) => `${ok === false ? "WRONG " : ""}${what}: asked ${asked}, measured ${measured}`,
    ),
  });
}

function logged({ id, fault, seed }: ActiveFault): Readonly<Record<string, unknown>> {
  return { fault: id, kind: fault.kind, nodes: nodesOf(fault), seed };
}
