/** What running nft, iptables, tc and ip inside a node's network namespace has in common: how success and failure are told. */
import { DeviousError } from "../core/errors.js";
import type { Output } from "./command.js";
import type { NetworkNamespace } from "./netns.js";

/** What was handed to a tool; empty where the node was as it should be. */
export type Rules = readonly { readonly tool: string; readonly rules: string }[];

/** What `command` said; throws FAULT_NOT_APPLIED where it failed. */
export async function must(namespace: NetworkNamespace, node: string, command: readonly string[], input = ""): Promise<Output> {
  const output = await namespace.run(command, input);
  if (output.exitCode !== 0) throw failure(node, command, input, output);
  return output;
}

export function failure(node: string, command: readonly string[], input: string, output: Output): DeviousError {
  const said = output.stderr.trim();
  const [line = "it said nothing"] = said.split("\n");
  return new DeviousError("FAULT_NOT_APPLIED", `\`${command.join(" ")}\` failed in ${node}'s network namespace: ${line}`, {
    details: [`exit code ${output.exitCode}`, ...said.split("\n").slice(1), ...input.split("\n")].filter(
      (detail) => detail !== "",
    ),
  });
}

/** What was done cannot be seen in what was read back: `rules` were accepted and are not in force. */
export function notInForce(node: string, difference: string, rules: string): DeviousError {
  return new DeviousError("FAULT_NOT_APPLIED", `Read back from ${node}: ${difference}.`, {
    details: rules.split("\n").filter((line) => line !== ""),
  });
}
