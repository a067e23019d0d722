import type { ActiveFault, Fault } from "../chaos/fault.js";
import type { Capabilities, FaultView, HealTarget } from "../chaos/protocol.js";
import { type Target, asksForLeader, resolveTarget } from "../chaos/target.js";
import { type Wish, buildFault, isRandomWish, wishesForLeader } from "../chaos/wish.js";
import { DeviousError } from "../core/errors.js";
import { createPrng } from "../core/prng.js";
import type { Containers, Exec, Streams } from "../engine/port.js";
import { askAgent } from "./agent-client.js";
import { clusterFacts } from "./facts.js";
import type { Observed } from "./observe.js";
import type { InForce } from "./status.js";

export type InjectEngine = Pick<Containers & Exec & Streams, "inspectContainer" | "attach" | "exec" | "logs" | "startContainer">;

export interface InjectOptions {
  /** Null: until healed. */
  readonly durationMs: number | null;
  /** What the wish's random choices are drawn from. */
  readonly seed: number;
  /** Measure the fault once it is in force. */
  readonly verify: boolean;
  /** What is wrong already, to be told together with what is wrong with the wish. */
  readonly problems?: readonly string[];
}

/** Resolves the wish against the cluster as it is now and returns when the agent has read the fault back. */
export async function inject(engine: InjectEngine, found: Observed, wish: Wish, options: InjectOptions): Promise<FaultView> {
  const { problems, seed, ...how } = options;
  const facts = await clusterFacts(engine, found, wishesForLeader(wish));
  const fault = buildFault(wish, facts, createPrng(seed), problems);
  return injectFault(engine, found, fault, { ...how, seed: isRandomWish(wish) ? seed : null });
}

/** The same of a fault whose nodes are known; its seed only says what they were drawn from. */
export async function injectFault(
  engine: InjectEngine,
  found: Observed,
  fault: Fault,
  options: Omit<InjectOptions, "seed" | "problems"> & { readonly seed: number | null },
): Promise<FaultView> {
  const operation = { op: "apply", fault, ...options } as const;
  const { fault: applied } = await askAgent(engine, await agentOf(engine, found), operation);
  return applied;
}

export async function heal(engine: InjectEngine, found: Observed, what: HealTarget): Promise<readonly ActiveFault[]> {
  const { healed } = await askAgent(engine, await agentOf(engine, found), { op: "heal", what });
  return healed;
}

export async function listInForce(engine: InjectEngine, found: Observed): Promise<InForce> {
  const { faults, links = [] } = await askAgent(engine, await agentOf(engine, found), { op: "list" });
  return { faults, links };
}

/** What the kernel under this cluster can do. */
export async function capabilitiesOf(engine: InjectEngine, found: Observed): Promise<Capabilities> {
  return askAgent(engine, await agentOf(engine, found), { op: "probe" });
}

/** Starts the nodes meant that do not run, whatever keeps them down; gives those that were started. */
export async function startNodes(
  engine: InjectEngine,
  found: Observed,
  target: Target,
  seed: number,
): Promise<readonly string[]> {
  const facts = await clusterFacts(engine, found, asksForLeader(target));
  const nodes = resolveTarget(target, facts, createPrng(seed));
  const { started } = await askAgent(engine, await agentOf(engine, found), { op: "start", nodes });
  return started;
}

/** The agent, started again where somebody stopped it: its ledger knows what has to end. */
async function agentOf(engine: InjectEngine, { name, agent }: Observed): Promise<string> {
  if (agent === undefined) {
    throw new DeviousError("AGENT_UNREACHABLE", `The cluster ${name} has no agent.`, { hint: "`devious up` makes it." });
  }
  if (agent.state !== "running") await engine.startContainer(agent.id);
  return agent.id;
}
