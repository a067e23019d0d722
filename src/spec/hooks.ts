/** Commands besides the nodes' own. */
import { z } from "zod";
import { command, mapping, text } from "./fields.js";
import { advice, isMapping, misfitAt } from "./names.js";
import type { Misfit, Named } from "./names.js";
import type { Hook, Hooks } from "./own-image.js";

const hook = mapping(
  {
    host: command
      .optional()
      .describe("A command on this machine, in the spec's folder, with the cluster's endpoints in its environment."),
    exec: command.optional().describe("Or a command in a node."),
    node: text.optional().describe("Of `exec`: the node; default the service's first."),
  },
  "such as { host: [./seed.sh] } or { exec: [redis-cli, ping] }",
).meta({ oneOf: [{ required: ["host"] }, { required: ["exec"] }] });

const list = z.array(hook, { error: "must be a list of commands, such as [{ host: [./seed.sh] }]" });

export const hooks = mapping(
  {
    after_up: list.optional().describe("Once all nodes are ready, where nodes of the service were booted; in their order."),
    before_down: list.optional().describe("Before `down` removes the service's nodes."),
  },
  "with after_up and before_down",
).describe("Commands at turns of the cluster's life, on this machine or in a node; one that fails is told.");

type HooksFile = z.output<typeof hooks>;

/** `hooks` has no misfits. */
export function hooksOf(hooks: HooksFile | undefined, nodes: readonly string[]): Hooks {
  const all = (list: readonly z.output<typeof hook>[] = []): readonly Hook[] => list.map((one) => hookOf(one, nodes[0] ?? ""));
  return { afterUp: all(hooks?.after_up), beforeDown: all(hooks?.before_down) };
}

function hookOf({ host, exec = [], node }: z.output<typeof hook>, first: string): Hook {
  return host === undefined ? { on: "node", node: node ?? first, command: exec } : { on: "host", command: host };
}

export function checkHooks({ path, keys }: Named, services: readonly Named[]): readonly Misfit[] {
  const hooks = keys?.["hooks"];
  if (!isMapping(hooks)) return [];
  return ["after_up", "before_down"].flatMap((turn) => {
    const list = hooks[turn];
    return (Array.isArray(list) ? (list as readonly unknown[]) : []).flatMap((one, i): readonly Misfit[] =>
      isMapping(one) ? checkHook(one, [...path, "hooks", turn, i], services) : [],
    );
  });
}

function checkHook(hook: Readonly<Record<string, unknown>>, at: readonly (string | number)[], services: readonly Named[]) {
  const { host, exec, node } = hook;
  if (host === undefined && exec === undefined) return [misfitAt(at, "needs host or exec, and a command")];
  if (host !== undefined && exec !== undefined)
    return [misfitAt([...at, "exec"], "a command runs by host or by exec, not by both", "key")];
  if (host !== undefined && node !== undefined)
    return [misfitAt([...at, "node"], "is for exec; host runs on this machine", "key")];
  const nodes = services.flatMap((one) => one.nodes);
  if (typeof node !== "string" || nodes.includes(node)) return [];
  return [misfitAt([...at, "node"], `there is no node "${node}"${advice(node, nodes)}`)];
}
