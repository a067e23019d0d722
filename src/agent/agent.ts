/**
 * The life of the agent: requests change the ledger, deadlines shorten it, and after each change the nodes concerned are brought to
 * what it says. Whatever fails is tried again until it is right.
 */
import { type ActiveFault, type Fault, describeFault, nodesOf } from "../chaos/fault.js";
import { type DeadlineOf, type Ledger, add, expire, heal, wasGiven, wasHurt } from "../chaos/ledger.js";
import {
  type FaultView,
  type HealTarget,
  type Operation,
  type Reply,
  type Request,
  type Results,
  toWireError,
} from "../chaos/protocol.js";
import { nextWakeUpMs } from "../chaos/schedule.js";
import { unknownNode } from "../chaos/target.js";
import { formatDuration } from "../core/duration.js";
import { DeviousError, messageOf } from "../core/errors.js";
import type { Log } from "../core/log-line.js";
import type { Kernel } from "./capabilities.js";
import type { Clock } from "./clock.js";
import { createDeadlines } from "./deadlines.js";
import { type NodeEngine, isRefusal } from "./engine.js";
import type { LedgerStore } from "./ledger-store.js";
import type { Outcome, Reconciler } from "./reconciler.js";
import { createTurns } from "./turns.js";

export interface AgentParts {
  readonly cluster: string;
  readonly engine: NodeEngine;
  readonly kernel: Kernel;
  readonly store: LedgerStore;
  readonly reconciler: Reconciler;
  readonly clock: Clock;
  readonly log: Log;
  /** There was a ledger and it could not be read. */
  readonly ledgerLost: boolean;
  /** Called at most once, when the engine has refused connections for so long that only a new mount of its socket can help. */
  readonly onEngineLost: () => void;
}

/** Every node's name; with the error, none. */
type Listed = { readonly nodes: readonly string[] } | { readonly nodes: readonly []; readonly error: DeviousError };

type Settled = { readonly node: string } & ({ readonly outcome: Outcome } | { readonly error: DeviousError });

/**
 * Why nodes are brought to what the ledger says. `apply`: a fault is new, and what fails is told to the one who asked and rolled back ·
 * `again`: faults that were in force may have been lost · `end`: everything else.
 */
type Why = "apply" | "again" | "end";

const reconnectAfterMs = 500;

/** How long the engine may refuse connections: longer than a restart that keeps the socket, shorter than anybody's patience. */
const lostAfterMs = 5000;

export class Agent {
  readonly #parts: AgentParts;
  readonly #turns = createTurns();
  /** Node -> why it is not as the ledger says. */
  readonly #troubles = new Map<string, string>();
  readonly #busy = new Map<string, number>();
  /** Fault -> what comes of bringing it into force. */
  readonly #applying = new Map<string, Promise<unknown>>();
  readonly #startedAtMs: number;
  readonly #deadlineOf: DeadlineOf;
  /** Every node must be looked at, because something may have been missed. */
  #sweepDue: boolean;
  /** Every node is to be normal but for the faults, also where no ledger knows why it is not. */
  #mendingDue: boolean;
  #engineAnswers = true;
  #cancelWakeUp: () => void = () => undefined;
  /** On the monotonic clock; undefined while the engine does not refuse connections. */
  #refusedSinceMs: number | undefined;
  #stopped = false;

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.#startedAtMs = parts.clock.nowMs();
    this.#deadlineOf = createDeadlines(parts.clock);
    this.#mendingDue = parts.ledgerLost;
    this.#sweepDue = this.#mayHaveActed();
  }

  /** Ends what is overdue, brings every node to what the ledger says, and goes on doing so. Resolves after the first round. */
  async start(): Promise<void> {
    const { cluster, log, store } = this.#parts;
    log("info", "agent-started", `holding ${store.value.faults.length} faults of cluster ${cluster}`, {
      faults: store.value.faults.map(({ id }) => id),
    });
    this.#watch();
    await this.#wake();
  }

  /** A cluster that was never hurt has nothing to be looked at; and while it boots, looking costs it time. */
  #mayHaveActed(): boolean {
    return this.#mendingDue || wasHurt(this.#parts.store.value);
  }

  stop(): void {
    this.#stopped = true;
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
        return { fault: this.#view(await this.#apply(operation.fault, operation.durationMs, operation.seed)) };
      case "heal":
        return { healed: await this.#heal(operation.what) };
      case "start":
        return { started: [] };
      case "list":
        return { faults: store.value.faults.map((active) => this.#view(active)) };
      case "probe":
        return { cut: await kernel.cut(), netem: await kernel.netem(), ipv6: await kernel.ipv6() };
      case "ping":
        return { cluster, startedAtMs: this.#startedAtMs };
    }
  }

  async #apply(fault: Fault, durationMs: number | null, seed: number | null): Promise<ActiveFault> {
    const { clock, engine, store } = this.#parts;
    const known = (await engine.nodes()).map(({ node }) => node).sort();
    const stranger = namesIn(fault).find((name) => !known.includes(name));
    if (stranger !== undefined) throw unknownNode(stranger, known);

    const { added } = await store.admit((ledger) => add(ledger, fault, clock.nowMs(), durationMs, seed));
    this.#schedule();
    const applying = this.#bringIntoForce(added, durationMs);
    this.#applying.set(added.id, applying);
    const error = await applying;
    this.#applying.delete(added.id);
    if (error === undefined) return added;
    await this.#end((ledger) => heal(ledger, { by: "id", id: added.id }), "rollback");
    throw error;
  }

  /** Says in the log what came of it, and why it is not in force where it is not. */
  async #bringIntoForce(added: ActiveFault, durationMs: number | null): Promise<DeviousError | undefined> {
    const { log, store } = this.#parts;
    const { fault, id } = added;
    const failure = firstError(fault, await this.#settle(nodesOf(fault), "apply"));
    const error = failure ?? (store.value.faults.includes(added) ? undefined : wasOver(fault));
    if (error !== undefined) {
      log("error", "fault-failed", `${describeFault(fault)}: ${error.message}`, {
        fault: id,
        code: error.code,
        details: error.details,
      });
      return error;
    }
    const until = durationMs === null ? "until healed" : `for ${formatDuration(durationMs)}`;
    log("warn", "fault-applied", `${describeFault(fault)} ${until}`, { ...logged(added), durationMs });
    return undefined;
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
    change: (ledger: Ledger) => ReturnType<typeof heal>,
    reason: "asked" | "deadline" | "rollback",
    alsoNodes: readonly string[] = [],
  ): Promise<{ healed: readonly ActiveFault[]; settled: readonly Settled[] }> {
    const { healed, saved } = await this.#parts.store.release(change);
    this.#schedule();
    const settled = await this.#settle([...healed.flatMap(({ fault }) => nodesOf(fault)), ...alsoNodes], "end");
    await saved;
    // the log tells of a fault's end after its beginning
    await Promise.all(healed.map(async ({ id }) => this.#applying.get(id)));
    for (const active of healed) {
      this.#parts.log("info", "fault-healed", `${describeFault(active.fault)}: over (${reason})`, { ...logged(active), reason });
    }
    return { healed, settled };
  }

  /** Brings these nodes to what the ledger says, side by side, each node one step after the other. */
  async #settle(nodes: readonly string[], why: Why): Promise<readonly Settled[]> {
    const settled = await Promise.all([...new Set(nodes)].map((node) => this.#settleOne(node, why)));
    this.#schedule();
    return settled;
  }

  async #settleOne(node: string, why: Why): Promise<Settled> {
    const { log, reconciler, store } = this.#parts;
    this.#busy.set(node, (this.#busy.get(node) ?? 0) + 1);
    try {
      const outcome = await this.#turns.take(node, () => reconciler.bring(node));
      if (this.#troubles.delete(node)) log("info", "node-recovered", `${node} is as asked again`, { target: node });
      if (outcome.kind === "absent") return { node, outcome };
      for (const { tool, rules } of outcome.rules)
        log("debug", "rules-applied", `${tool} in ${node}`, { target: node, tool, rules });
      const faults = store.value.faults.filter(({ fault }) => nodesOf(fault).includes(node)).map(({ id }) => id);
      if (why === "again" && outcome.changed && faults.length > 0) {
        log("warn", "fault-reapplied", `${node} is under ${faults.join(", ")} again`, { target: node, faults });
      }
      return { node, outcome };
    } catch (thrown) {
      const error = asTrouble(thrown);
      if (why === "apply") return { node, error };
      if (this.#troubles.get(node) !== error.message) {
        log("error", "node-not-settled", `${node}: ${error.message}`, { target: node, code: error.code, details: error.details });
      }
      this.#troubles.set(node, error.message);
      return { node, error };
    } finally {
      const others = (this.#busy.get(node) ?? 1) - 1;
      if (others === 0) this.#busy.delete(node);
      else this.#busy.set(node, others);
    }
  }

  /** What is due now: deadlines, a look at every node, nodes that were not right the last time. */
  async #wake(): Promise<void> {
    const { clock, store } = this.#parts;
    const expired = (ledger: Ledger) => expire(ledger, clock.nowMs(), this.#deadlineOf);
    const overdue = expired(store.value).healed.length > 0;
    const sweep = this.#sweepDue;
    this.#sweepDue = false;
    const wrong = [...this.#troubles.keys()].filter((node) => !this.#busy.has(node));
    if (!overdue && !sweep && wrong.length === 0) this.#schedule();
    await Promise.all([
      overdue ? this.#end(expired, "deadline") : undefined,
      sweep ? this.#sweep() : undefined,
      wrong.length > 0 ? this.#settle(wrong, "again") : undefined,
    ]);
  }

  /** Looks at every node: what the agent before us left behind, what started while nobody watched. */
  async #sweep(): Promise<void> {
    const { nodes } = await this.#list();
    await this.#settle(nodes, "again");
  }

  /** Every node; where the engine does not answer, a sweep later. */
  async #list(): Promise<Listed> {
    const { engine, log, reconciler } = this.#parts;
    try {
      const nodes = (await engine.nodes()).map(({ node }) => node);
      this.#engineAnswers = true;
      if (this.#mendingDue) reconciler.distrust(nodes);
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

  /** Follows the engine's events for ever. A started node has a clean namespace, and perhaps a new address that others must know. */
  #watch(): void {
    if (this.#stopped) return;
    const { clock, engine, store } = this.#parts;
    const onOpen = (): void => {
      this.#refusedSinceMs = undefined;
      this.#sweepDue ||= this.#mayHaveActed();
      this.#schedule();
    };
    const onStart = (node: string): void => {
      const concerned = store.value.faults.flatMap(({ fault }) => nodesOf(fault));
      if (concerned.length > 0) void this.#settle([node, ...concerned], "again");
    };
    const again = (): void => void clock.after(reconnectAfterMs, () => this.#watch());
    const failed = (error: unknown): void => (this.#isLost(error) ? void this.#giveUp() : again());
    // what else is wrong with the engine is said by the sweep that follows
    engine.watchStarts(onOpen, onStart).then(again, failed);
  }

  #isLost(error: unknown): boolean {
    const nowMs = this.#parts.clock.monotonicMs();
    this.#refusedSinceMs = isRefusal(error) ? (this.#refusedSinceMs ?? nowMs) : undefined;
    return this.#refusedSinceMs !== undefined && nowMs - this.#refusedSinceMs >= lostAfterMs;
  }

  /** Ends what can be ended without the engine, and leaves the rest to the next agent, which has the ledger. */
  async #giveUp(): Promise<void> {
    const { clock, log, onEngineLost } = this.#parts;
    await this.#end((ledger) => expire(ledger, clock.nowMs(), this.#deadlineOf), "deadline");
    await this.#settle([...this.#troubles.keys()], "end");
    this.stop();
    log("fatal", "engine-lost", `the engine refused every connection for ${formatDuration(lostAfterMs)}; the next agent goes on`);
    onEngineLost();
  }

  #schedule(): void {
    this.#cancelWakeUp();
    if (this.#stopped) return;
    const { clock, store } = this.#parts;
    const somethingIsWrong = this.#troubles.size > 0 || this.#sweepDue;
    const inMs = nextWakeUpMs(store.value, clock.nowMs(), somethingIsWrong, this.#deadlineOf);
    if (inMs !== undefined) this.#cancelWakeUp = clock.after(inMs, () => void this.#wake());
  }

  #view(active: ActiveFault): FaultView {
    const nodes = nodesOf(active.fault);
    const deadlineMs = this.#deadlineOf(active);
    return {
      ...active,
      description: describeFault(active.fault),
      timeLeftMs: deadlineMs === null ? null : Math.max(0, deadlineMs - this.#parts.clock.nowMs()),
      troubles: Object.fromEntries([...this.#troubles].filter(([node]) => nodes.includes(node))),
      proof: { how: "read-back" },
    };
  }
}

/** Why the fault is not in force; undefined where it is. A cut also holds for a node that is not running: it will start under it. */
function firstError(fault: Fault, settled: readonly Settled[]): DeviousError | undefined {
  for (const each of settled) {
    if ("error" in each) return each.error;
    if (each.outcome.kind === "absent" && fault.kind !== "partition") {
      return new DeviousError("FAULT_NOT_APPLIED", `${each.node} is not running.`, {
        hint: "Start it first; `devious status` shows all nodes.",
      });
    }
  }
  return undefined;
}

function wasOver(fault: Fault): DeviousError {
  return new DeviousError("FAULT_NOT_APPLIED", `${describeFault(fault)} was over before it was in force.`, {
    hint: "Give it more time.",
  });
}

function namesIn(fault: Fault): readonly string[] {
  return fault.kind === "partition" ? [...Object.keys(fault.grudge), ...Object.values(fault.grudge).flat()] : fault.nodes;
}

function logged(active: ActiveFault): Readonly<Record<string, unknown>> {
  return { fault: active.id, kind: active.fault.kind, nodes: nodesOf(active.fault) };
}

function asTrouble(error: unknown): DeviousError {
  return error instanceof DeviousError ? error : new DeviousError("FAULT_NOT_APPLIED", messageOf(error), { cause: error });
}
