import { type Processes, lastMade, stateOfMaker } from "../made.js";
import type { Observed } from "../observe.js";

/** Whether anybody needs what the engine holds of a cluster. */
export type Verdict =
  /** Nobody. */
  | { readonly needed: "no"; readonly why: string }
  /** That cannot be seen from here. */
  | { readonly needed: "unknown"; readonly why: string }
  | { readonly needed: "yes" };

/**
 * `folderGone`: the folder of its spec is of this machine and not there any more. Volumes alone are what `down` keeps on purpose, so somebody
 * needs them.
 */
export function verdictOn(found: Observed, here: Processes, folderGone: boolean): Verdict {
  const made = lastMade(found);
  const maker = made === undefined ? "ended" : stateOfMaker(made, here);
  const who = made === undefined ? "" : `process ${made.process.pid}`;
  if (maker === "runs") return { needed: "yes" };
  if (made !== undefined && maker === "unknown") {
    if (made.lasts === "down") return { needed: "yes" };
    return { needed: "unknown", why: `it is of a run on ${made.host.name}, whose processes cannot be seen from here` };
  }
  if (made?.lasts === "process") return { needed: "no", why: `the run that made it, ${who}, was killed` };
  const rest = halfOf(found);
  if (made?.lasts === "success" && found.nodes.length > 0 && rest === undefined) {
    return { needed: "unknown", why: "a run that failed left it for a closer look" };
  }
  if (folderGone) return { needed: "no", why: `its folder ${found.owner} is gone` };
  if (rest !== undefined) return { needed: "no", why: rest };
  if (made !== undefined && made.base !== null) return { needed: "unknown", why: "it was made by `up --isolated`" };
  return { needed: "yes" };
}

/** What is missing of it, or too much, so that it is of no use to anybody. */
function halfOf({ nodes, agent, shipper, networks, strays }: Observed): string | undefined {
  if (nodes.length > 0 && agent === undefined) return "it has nodes and no agent";
  if (nodes.length === 0 && agent !== undefined) return "it has an agent and no nodes";
  if (nodes.length === 0 && shipper !== undefined) return "it has a shipper and no nodes";
  if (nodes.length === 0 && networks.length > 0) return "it has a network and no nodes";
  return strays.length > 0 ? `${strays.map(({ name }) => name).join(", ")} is neither node, agent nor shipper` : undefined;
}
