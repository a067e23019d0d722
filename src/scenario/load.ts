import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { NodeFacts } from "../chaos/target.js";
import { DeviousError } from "../core/errors.js";
import type { PlanContext, ScenarioDefinition } from "./define.js";
import { readModule } from "./module.js";
import { type ParseResult, parseScenario, readScenario } from "./parse.js";
import { plan, sortNodes } from "./plan.js";
import { streamOf } from "./streams.js";
import type { Timeline } from "./timeline.js";

/** A scenario that only wants a seed and nodes. */
export interface LoadedScenario {
  readonly name: string;
  /** Null: whoever runs it chooses. */
  readonly seed: number | null;
  /** SHA-256 of the file's text. */
  readonly hash: string;
  /** See {@link plan}. */
  readonly plan: (seed: number, nodes: readonly NodeFacts[]) => Timeline;
}

/** A scenario.yaml, or a program that exports one. Throws SCENARIO_UNREADABLE, and SCENARIO_INVALID with every problem at its place. */
export async function loadScenario(given: string, folder: string): Promise<LoadedScenario> {
  const file = path.resolve(folder, given);
  const shown = path.relative(folder, file);
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const why =
      { ENOENT: "there is no such file", EACCES: "you may not read it", EISDIR: "it is a folder" }[cause.code ?? ""] ??
      cause.message;
    throw new DeviousError("SCENARIO_UNREADABLE", `The scenario ${given} cannot be read: ${why}`, { cause });
  });
  const hash = createHash("sha256").update(text).digest("hex");
  const { name: fileName, ext } = path.parse(file);
  if (/^\.[cm]?[jt]s$/.test(ext)) return { hash, ...(await loadModule(file, shown)) };
  const scenario = accept(parseScenario(text, fileName), (problem) => `${shown}:${problem.line}:${problem.column} `, shown);
  return { name: scenario.name, seed: scenario.seed, hash, plan: (seed, nodes) => plan(scenario, seed, nodes) };
}

async function loadModule(file: string, shown: string): Promise<Omit<LoadedScenario, "hash">> {
  return fromDefinition(await readModule(file, shown), shown);
}

/** A scenario that a program gives as a value. Its `plan` throws SCENARIO_INVALID, with every problem. */
export function fromDefinition(definition: ScenarioDefinition, shown: string): Omit<LoadedScenario, "hash"> {
  const scenarioFor = (seed: number, nodes: readonly NodeFacts[]) => {
    const context: PlanContext = {
      nodes: sortNodes(nodes).map(({ node, service, zone, protected: kept }) => ({ name: node, service, zone, protected: kept })),
      random: streamOf(seed, ["plan"]),
    };
    const value = { name: definition.name, seed: definition.seed, steps: definition.plan(context) };
    return accept(readScenario(value, definition.name), () => "", shown);
  };
  return {
    name: definition.name,
    seed: definition.seed ?? null,
    plan: (seed, nodes) => plan(scenarioFor(seed, nodes), seed, nodes),
  };
}

function accept(
  result: ParseResult,
  prefix: (problem: { readonly line: number; readonly column: number }) => string,
  shown: string,
) {
  if (result.ok) return result.scenario;
  const count = result.problems.length === 1 ? "a problem" : `${result.problems.length} problems`;
  throw new DeviousError("SCENARIO_INVALID", `${shown} has ${count}`, {
    details: result.problems.map((problem) => `${prefix(problem)}${problem.message}`),
  });
}
