import type { ActiveFault, Fault } from "../chaos/fault.js";
import { problemWithFault } from "../chaos/fault.js";
import type { FaultView, HealTarget } from "../chaos/protocol.js";
import { resolveTarget, asksForLeader } from "../chaos/target.js";
import type { Selector } from "../chaos/target.js";
import { DeviousError } from "../core/errors.js";
import type { Containers, Streams } from "../engine/port.js";
import { askAgent } from "./agent-client.js";
import type { Observed } from "./observe.js";
import { leaderOf, nodeStatus } from "./status.js";

export type InjectEngine = Pick<Containers & Streams, "inspectContainer" | "attach" | "startContainer">;

/** A fault whose nodes are still words: `leader`, `all`. */
export interface Wish {
  /** Everything in it that has to be resolved. */
  readonly selectors: readonly Selector[];
  /** The fault, given what each selector means and all nodes of the cluster. */
  readonly build: (resolve: (selectors: readonly Selector[]) => readonly string[], nodes: readonly string[]) => Fault;
}

/** Resolves the wish against the cluster as it is now and returns when the agent has read the fault back. `durationMs` null: until healed. */
export async function inject(engine: InjectEngine, found: Observed, wish: Wish, durationMs: number | null): Promise<FaultView> {
  const nodes = found.nodes.map(({ node }) => node);
  const leader = asksForLeader(wish.selectors) ? await findLeader(engine, found) : undefined;
  const fault = wish.build((selectors) => resolveTarget(selectors, { nodes, leader }), nodes);
  const problem = problemWithFault(fault);
  if (problem !== undefined) throw new DeviousError("USAGE", problem);
  const { fault: applied } = await askAgent(engine, await agentOf(engine, found), { op: "apply", fault, durationMs });
  return applied;
}

export async function heal(engine: InjectEngine, found: Observed, what: HealTarget): Promise<readonly ActiveFault[]> {
  const { healed } = await askAgent(engine, await agentOf(engine, found), { op: "heal", what });
  return healed;
}

export async function listFaults(engine: InjectEngine, found: Observed): Promise<readonly FaultView[]> {
  const { faults } = await askAgent(engine, await agentOf(engine, found), { op: "list" });
  return faults;
}

/** The agent, started again where somebody stopped it: its ledger knows what has to end. */
async function agentOf(engine: InjectEngine, { name, agent }: Observed): Promise<string> {
  if (agent === undefined) {
    throw new DeviousError("AGENT_UNREACHABLE", `The cluster ${name} has no agent.`, { hint: "`devious up` makes it." });
  }
  if (agent.state !== "running") await engine.startContainer(agent.id);
  return agent.id;
}

async function findLeader(engine: InjectEngine, found: Observed): Promise<string | undefined> {
  const services = [...new Set(found.nodes.map(({ service }) => service))];
  const [service] = services;
  if (service === undefined || services.length > 1) {
    throw new DeviousError(
      "USAGE",
      `The cluster ${found.name} has several services (${services.join(", ")}), each with its own leader`,
      {
        hint: "Name the node; `devious status` shows who leads.",
      },
    );
  }
  return leaderOf(await Promise.all(found.nodes.map((node) => nodeStatus(engine, node, false))), service);
}
