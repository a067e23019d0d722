import { DeviousError } from "../core/errors.js";
import type { Containers, EngineInfo, Networks, Volumes } from "../engine/port.js";
import type { ArchiveEngine } from "./archive.js";
import { down } from "./down.js";
import { assertOwner } from "./find.js";
import { type Processes, lastMade, stateOfMaker } from "./made.js";
import { type Observed, observeCluster } from "./observe.js";
import type { Report } from "./steps.js";

export type ClaimEngine = ArchiveEngine & Containers & Networks & Volumes & Pick<EngineInfo, "facts">;

export interface Claim {
  readonly name: string;
  readonly owner: string;
  readonly here: Processes;
  /** Keeps the logs of a cluster that is removed, as those of this version; null: they go. */
  readonly version: string | null;
  readonly signal: AbortSignal;
  readonly report: Report;
}

/**
 * Removes what a run that is over has left under this name, in whatever folder it ran: its command is not coming back. Gives what is there
 * then, somebody's cluster or nothing. Throws CLUSTER_HELD where another process's run has it just now, or that cannot be seen from here.
 */
export async function claimFromRuns(engine: ClaimEngine, claim: Claim): Promise<Observed> {
  const { name, owner, here, version, signal, report } = claim;
  // who boots a cluster then wants to know as well who the engine is, which takes as long to find out
  const [found] = await Promise.all([observeCluster(engine, name), engine.facts()]);
  const made = lastMade(found);
  if (made === undefined || made.lasts === "down") return found;
  const { process, host } = made;
  const state = stateOfMaker(made, here);
  if (state === "runs" && process.pid === here.own.pid) return found;
  if (state !== "ended") {
    const who = state === "runs" ? `process ${process.pid}` : `a process on ${host.name} that cannot be seen from here`;
    const end = state === "runs" ? "Wait for its end" : `End it: devious down --volumes --cluster ${name}`;
    throw new DeviousError("CLUSTER_HELD", `The name "${name}" is held by the cluster of a run, ${who}.`, {
      hint: `${end}, or take another name with --name or --isolated.`,
    });
  }
  report({ type: "note", text: `${name} was left by a run that has ended, process ${process.pid}: it is removed first` });
  const archive = version === null || found.owner !== owner ? null : { version, at: new Date() };
  await down(engine, found, { volumes: true, archive, hooks: "none", signal, report });
  return observeCluster(engine, name);
}

/**
 * The same for a cluster that is to be new: whoever wants it wants to remove it, and its data, when done. Throws CLUSTER_HELD also where
 * somebody has brought a cluster of this name up by hand, or kept its data. Gives what is there then, which is nothing.
 */
export async function claimAnew(engine: ClaimEngine, claim: Claim): Promise<Observed> {
  const found = await claimFromRuns(engine, claim);
  assertOwner(found, claim.owner);
  const { name, nodes, agent, networks, volumes } = found;
  const isUp = nodes.length > 0 || agent !== undefined || networks.length > 0;
  if (!isUp && volumes.length === 0) return found;
  const what = isUp ? `The cluster ${name} is there already` : `Data of the cluster ${name} is kept in ${volumes[0]?.name ?? ""}`;
  throw new DeviousError("CLUSTER_HELD", `${what}, and a run would remove it.`, {
    hint: `--isolated makes one of another name; or end that one: devious down --volumes --cluster ${name}`,
  });
}
