import { messageOf } from "../core/errors.js";
import { label } from "../core/labels.js";
import type { Containers, Inspection, Networks, Volumes } from "../engine/port.js";
import { pruneArchives } from "../workspace/archives.js";
import { removeClusterFolder } from "../workspace/cluster-folder.js";
import { type ArchiveEngine, archiveCluster } from "./archive.js";
import { filedAs } from "./made.js";
import { describeHook, hooksBeforeDown, runHook } from "./hooks.js";
import type { HookPlace } from "./hooks.js";
import { bookmarkVolumeName, isShared, ledgerVolumeName } from "./names.js";
import { type NodeContainer, type Observed, containersOf, isBundled, isUp } from "./observe.js";
import { maskOfNodes, maskedReport } from "./secrecy.js";
import { type Shipped, endShipping } from "./shipping/end.js";
import { type StatusEngine, nodeStatus } from "./status.js";
import { step } from "./steps.js";
import type { Report } from "./steps.js";

export interface DownResult {
  readonly cluster: string;
  readonly removed: {
    readonly containers: readonly string[];
    readonly networks: readonly string[];
    readonly volumes: readonly string[];
  };
  /** Volumes with data that stay for the next `up`. */
  readonly kept: readonly string[];
  /** Where what it said is kept; null where that was not asked for, nothing was there to say it, or it failed. */
  readonly archive: string | null;
  /** What was sent on of it; null where nothing was to be, or that is not known. */
  readonly shipped: Shipped | null;
  /** Sentences about what did not keep the cluster from going. */
  readonly warnings: readonly string[];
}

export interface DownOptions {
  readonly volumes: boolean;
  /** Keeps the logs first, as those of this version of devious; null: they go with their containers. */
  readonly archive: { readonly version: string; readonly at: Date } | null;
  /**
   * Which of its hooks are run first: `inside`, those in its nodes: of somebody else's cluster the others are not, since they would run on this
   * machine with the rights of whoever asks.
   */
  readonly hooks: "all" | "inside" | "none";
  /** Ends it before its next step. While logs are being kept, nothing has been done to the cluster yet. */
  readonly signal: AbortSignal;
  readonly report: Report;
}

/**
 * Runs the hooks of a cluster, keeps its logs, lets the rest of them be sent, and removes everything of it, in whatever state it is. Hooks
 * that fail and logs that cannot be kept or sent are a warning, no more. Faults go with the namespaces they are in. Volumes with data stay unless `volumes`, and a program of the user's
 * that has one is told to end first; the agent's ledger always goes, since no fault outlives its cluster, and so does the shipper's bookmark,
 * since no log does.
 */
export async function down(
  engine: ArchiveEngine & Containers & Networks & Volumes & StatusEngine,
  found: Observed,
  options: DownOptions,
): Promise<DownResult> {
  const { signal } = options;
  const report: Report = (event) => {
    // nobody removes half of what an interrupted command had not begun
    if (event.type === "started") signal.throwIfAborted();
    options.report(event);
  };
  const nodes = [...found.nodes, ...found.strays];
  const failed = await runHooks(engine, found, options);
  const { archive, warnings: unkept } = await keepLogs(engine, found, options);
  // a receiver may be one of the nodes
  const { shipped, warnings: unsent } = await sendRest(engine, found, report);
  // the agent first, lest it pause again what is being removed
  if (found.agent !== undefined) {
    const { id } = found.agent;
    await step(report, "remove the agent", () => engine.removeContainer(id));
  }
  const writers = options.volumes ? [] : found.nodes.filter((node) => writesWhatStays(node, found));
  if (writers.length > 0) {
    await step(report, `stop ${writers.map(nameOf).join(", ")}`, () => Promise.all(writers.map(({ id }) => stop(engine, id))));
  }
  if (nodes.length > 0) {
    await step(report, `remove ${nodes.map(nameOf).join(", ")}`, () =>
      Promise.all(nodes.map(({ id }) => engine.removeContainer(id))),
    );
  }
  if (found.networks.length > 0) {
    await step(report, "remove the network", () => Promise.all(found.networks.map(({ id }) => engine.removeNetwork(id))));
  }
  const [ledger, bookmark] = [ledgerVolumeName(found.name), bookmarkVolumeName(found.name)];
  const doomed = found.volumes.map(({ name }) => name).filter((name) => options.volumes || name === ledger || name === bookmark);
  if (doomed.length > 0) {
    const ours = [...(doomed.includes(ledger) ? ["the ledger"] : []), ...(doomed.includes(bookmark) ? ["the bookmark"] : [])];
    const what = options.volumes ? "the volumes and their data" : ours.join(" and ");
    await step(report, `remove ${what}`, () => Promise.all(doomed.map((name) => engine.removeVolume(name))));
  }
  const { name, owner } = found;
  // nobody will have a cluster of this name again; what was to be kept is under another
  if (options.volumes && owner !== undefined && filedAs(found) !== name) await removeClusterFolder(owner, name);
  const helpers = [found.shipper, found.agent].filter((one) => one !== undefined);
  const containers = [...helpers, ...nodes].map(({ name }) => name);
  return {
    cluster: found.name,
    removed: { containers, networks: found.networks.map(({ name }) => name), volumes: doomed },
    kept: found.volumes.map(({ name }) => name).filter((name) => !doomed.includes(name)),
    archive,
    shipped,
    warnings: [...failed, ...unkept, ...unsent],
  };
}

/** The bundled store loses nothing by being killed. Who mounts a volume that is shared is on no label. */
function writesWhatStays(node: NodeContainer, { volumes }: Observed): boolean {
  if (isBundled(node) || !isUp(node)) return false;
  return volumes.some(({ labels, name }) => labels[label.node] === node.node || isShared(name));
}

async function stop(engine: Containers, id: string): Promise<void> {
  await engine.unpauseContainer(id);
  await engine.stopContainer(id);
}

/** For each: a cluster that is to go does not wait for ever. */
const hookMs = 60_000;

/** Gives what went wrong: it keeps no cluster from going. */
async function runHooks(engine: StatusEngine & Inspection, found: Observed, options: DownOptions): Promise<readonly string[]> {
  const { hooks: which, signal } = options;
  const hooks = which === "none" ? [] : hooksBeforeDown(found.nodes);
  if (hooks.length === 0) return [];
  const nodes = await Promise.all(found.nodes.map((node) => nodeStatus(engine, node, false)));
  const place: HookPlace = { cluster: found.name, folder: found.owner ?? "", nodes, timeoutMs: hookMs, signal };
  const mask = await maskOfNodes(engine, found);
  const report = maskedReport(options.report, mask);
  const warnings: string[] = [];
  const warn = (text: string): void => {
    warnings.push(mask(text));
    report({ type: "note", text });
  };
  for (const { service, hook } of hooks) {
    signal.throwIfAborted();
    if (hook.on === "host" && which === "inside") {
      warn(
        `The hook ${describeHook(hook)} of ${service} is not run: ${found.name} belongs to ${found.owner ?? "somebody else"}.`,
      );
      continue;
    }
    await step(report, `run ${describeHook(hook)}`, () => runHook(engine, service, hook, place)).catch((error: unknown) => {
      signal.throwIfAborted();
      warn(messageOf(error));
    });
  }
  return warnings;
}

async function sendRest(
  engine: ArchiveEngine & Containers,
  { shipper }: Observed,
  report: Report,
): Promise<Pick<DownResult, "shipped" | "warnings">> {
  if (shipper === undefined) return { shipped: null, warnings: [] };
  const end = await step(report, "send the rest of the logs", () => endShipping(engine, shipper));
  for (const text of end.warnings) report({ type: "note", text });
  await step(report, "remove the shipper", () => engine.removeContainer(shipper.id));
  return end;
}

/** Of each cluster. */
const keptArchives = 20;

async function keepLogs(
  engine: ArchiveEngine,
  found: Observed,
  { archive, signal, report }: DownOptions,
): Promise<Pick<DownResult, "archive" | "warnings">> {
  const isSilent = containersOf(found).length === 0;
  if (archive === null || isSilent) return { archive: null, warnings: [] };
  const { name, owner = "" } = found;
  const failed = (what: string, error: unknown): readonly string[] => {
    signal.throwIfAborted();
    const warning = `${what}: ${messageOf(error).replace(/\.$/, "")}.`;
    report({ type: "note", text: warning });
    return [warning];
  };
  let file: string;
  try {
    file = await step(report, "keep the logs", () => archiveCluster(engine, found, { ...archive, signal }));
  } catch (error) {
    return { archive: null, warnings: failed(`The logs of ${name} are not kept`, error) };
  }
  try {
    const removed = await pruneArchives(owner, filedAs(found), keptArchives, archive.at.getTime());
    if (removed.length > 0) {
      report({ type: "note", text: `the logs of ${removed.join(", ")} are removed: the last ${keptArchives} are kept` });
    }
    return { archive: file, warnings: [] };
  } catch (error) {
    return { archive: file, warnings: failed(`Older logs of ${name} cannot be removed`, error) };
  }
}

function nameOf({ name, labels }: { readonly name: string; readonly labels: Readonly<Record<string, string>> }): string {
  return labels[label.node] ?? name;
}
