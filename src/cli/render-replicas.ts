import type { ChalkInstance } from "chalk";
import type { DifferentPlace, Replicas } from "../cluster/ring/replicas.js";
import { formatTable } from "./table.js";

/** Places that are shown one by one; of a node that has lost its disk, nearly all differ. */
const shownMost = 20;

/** One sentence, and what is behind it where the replicas are not equal. */
export function renderReplicas(replicas: Replicas, chalk: ChalkInstance): string {
  const { different, waiting, silent } = replicas;
  return [
    headOf(replicas, chalk),
    ...silent.map(({ node, state }) =>
      chalk.yellow(`${node} ${state === "running" ? "does not answer" : `is ${state}`}, so what it holds is not known.`),
    ),
    ...(different.length === 0 ? [] : [formatTable([titles(chalk), ...different.slice(0, shownMost).map(rowOf)])]),
    ...(different.length > shownMost ? [chalk.dim(`and ${different.length - shownMost} more; --json tells all`)] : []),
    ...waiting.map(({ keptBy, owner, keys }) =>
      owner === null
        ? `${keptBy} keeps ${counted(keys, "key")} that others own by now.`
        : `${keptBy} keeps ${counted(keys, "hint")} for ${owner}.`,
    ),
  ].join("\n");
}

function headOf({ verdict, places, keys, different, waiting }: Replicas, chalk: ChalkInstance): string {
  const compared = `${counted(keys, "key")} in ${counted(places, "place")}`;
  if (different.length > 0) {
    return chalk.red(`In ${different.length.toLocaleString("en")} of ${counted(places, "place")} owners do not hold the same.`);
  }
  if (waiting.length > 0) return chalk.yellow(`All owners hold the same, ${compared}, but copies wait for theirs.`);
  if (verdict === "unknown") return chalk.yellow(`All owners that answer hold the same: ${compared}.`);
  return chalk.green(`All owners hold the same: ${compared}.`);
}

function titles(chalk: ChalkInstance): readonly string[] {
  return ["PARTITION", "N", "OWNERS AND THEIR KEYS"].map((title) => chalk.dim(title));
}

/** Owners with the same copy stand together: `n1, n2: 20 keys | n4: 19 keys`. */
function rowOf({ partition, n, copies }: DifferentPlace): readonly string[] {
  const groups = new Map<string, { readonly keys: number; readonly nodes: string[] }>();
  for (const { node, keys, root } of copies) {
    const group = groups.get(root) ?? { keys, nodes: [] };
    groups.set(root, group);
    group.nodes.push(node);
  }
  const told = [...groups.values()].map(({ keys, nodes }) => `${nodes.join(", ")}: ${counted(keys, "key")}`);
  return [String(partition), String(n), told.join(" | ")];
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
}
