import { collect } from "../cluster/collect/collect.js";
import type { Installation } from "../cluster/doctor/examine.js";
import { down } from "../cluster/down.js";
import { filedAs } from "../cluster/made.js";
import type { Observed } from "../cluster/observe.js";
import type { Advice } from "../cluster/readiness.js";
import type { Report } from "../cluster/steps.js";
import { messageOf } from "../core/errors.js";
import type { Engine } from "../engine/port.js";
import { makeFailureFolder } from "../workspace/failures.js";
import { openReportFolder } from "../workspace/report-folder.js";

/** What commands of CI tell who waits for a cluster in vain. */
export function adviceOfCi(keepOnFailure: boolean): Advice {
  return { timeout: "--timeout", keep: keepOnFailure ? null : "--keep-on-failure" };
}

/** How to look at a cluster that a failed run has left, and how to end it. */
export function keptText(cluster: string): string {
  return `${cluster} stays up: devious status --cluster ${cluster}; to end it: devious down --volumes --cluster ${cluster}`;
}

/**
 * Puts what is known of a cluster that failed into a folder of its own, and gives that. Null where it cannot be had: that is told, and takes
 * nothing from the verdict.
 */
export async function collectFailed(
  world: Installation,
  found: Observed,
  { owner, signal, report }: { readonly owner: string; readonly signal: AbortSignal; readonly report: Report },
): Promise<string | null> {
  const at = new Date();
  try {
    const folder = await makeFailureFolder(owner, filedAs(found), at);
    await collect(world, found, await openReportFolder(folder, true), { at, signal, report });
    return folder;
  } catch (error) {
    report({ type: "note", text: `what is known of ${found.name} could not be kept: ${messageOf(error)}` });
    return null;
  }
}

/** To the end, whatever has ended the run: who interrupts wants it gone as well. */
export async function removeWhole(engine: Engine, found: Observed, report: Report): Promise<void> {
  const { signal } = new AbortController();
  await down(engine, found, { volumes: true, archive: null, hooks: "all", signal, report });
}
