/** The probe (probe/tasks.ts), run inside a node's network namespace: it shares the agent's files and nothing of the node's but the network. */
import { DeviousError } from "../core/errors.js";
import { agentPaths } from "../core/node-contract.js";
import type { NetworkNamespace } from "./netns.js";
import type { Result, Task, TaskResults } from "./probe/tasks.js";

/** This same Node: the node's image may have none. */
export const probeCommand: readonly string[] = [process.execPath, agentPaths.probe];

/** The results of these tasks, which the probe carries out one after the other. Throws FAULT_NOT_APPLIED where it could not. */
export async function askProbe<T extends Task>(
  namespace: NetworkNamespace,
  node: string,
  tasks: readonly T[],
): Promise<readonly TaskResults[T["task"]][]> {
  const input = tasks.map((task) => `${JSON.stringify(task)}\n`).join("");
  const { exitCode, stdout, stderr } = await namespace.run(probeCommand, input);
  if (exitCode !== 0) throw probeFailed(node, stderr);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => taken<T>(node, line));
}

/** The result in this line of the probe's. */
export function taken<T extends Task>(node: string, line: string): TaskResults[T["task"]] {
  const result = JSON.parse(line) as Result<T>;
  if ("trouble" in result) throw probeFailed(node, result.trouble);
  return result;
}

function probeFailed(node: string, said: string): DeviousError {
  const [first = "", ...details] = said.trim().split("\n");
  return new DeviousError(
    "FAULT_NOT_APPLIED",
    `The probe in ${node}'s network namespace failed: ${first || "it said nothing"}.`,
    {
      hint: "The machine may be too busy: try again.",
      details,
    },
  );
}
