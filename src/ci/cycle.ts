import { relative } from "node:path";
import { bringUp } from "../cluster/bring-up.js";
import { claimAnew } from "../cluster/claim.js";
import { endpointVariables } from "../cluster/endpoint-variables.js";
import { type Processes, madeHere } from "../cluster/made.js";
import { type Observed, containersOf, observeCluster } from "../cluster/observe.js";
import type { Report } from "../cluster/steps.js";
import { type DeviousError, ExitCode, messageOf } from "../core/errors.js";
import type { Engine } from "../engine/port.js";
import type { Timeline } from "../scenario/timeline.js";
import type { ClusterSpec } from "../spec/cluster-spec.js";
import { type CommandRequest, type Ended, runCommand } from "./command.js";
import { adviceOfCi, collectFailed, keptText, removeWhole } from "./failed-cluster.js";
import { troublesIn } from "./troubles.js";
import { type FaultSource, type FaultsResult, beginFaults, planStormOn } from "./faults-meanwhile.js";

/** What it takes of the machine to give a cluster its whole life. */
export interface CycleWorld {
  readonly engine: Engine;
  readonly engineSocket: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  readonly version: string;
  readonly bundleDir: string;
  readonly processes: Processes;
}

export interface CycleRequest {
  /** Of this cycle: its name and its seed are its own. */
  readonly spec: ClusterSpec;
  readonly owner: string;
  /** Under which name its files are kept. */
  readonly base: string;
  readonly command: Omit<CommandRequest, "environment" | "folder">;
  readonly faults: FaultSource | null;
  /** Of a scenario, {@link ./faults-meanwhile.ts planBefore}. */
  readonly planned: Timeline | null;
  /** For the nodes to be ready. */
  readonly timeoutMs: number;
  /** Leave the cluster as it is where it fails. */
  readonly keepOnFailure: boolean;
  readonly report: Report;
}

export interface CycleResult {
  readonly cluster: string;
  readonly seed: number;
  /** The command's own; 1 where that was 0 and a fault could not be brought about. */
  readonly exitCode: number;
  readonly ended: Ended;
  /** Of the command. */
  readonly tookMs: number;
  /** Null: none were asked for. */
  readonly faults: FaultsResult | null;
  /** Of nodes that were not well when it failed, and what they said last; one line each. */
  readonly troubles: readonly string[];
  /** Folder with what is known of the cluster; null where it did not fail, or that cannot be written. */
  readonly collected: string | null;
  /** The cluster is still up. */
  readonly isKept: boolean;
}

/**
 * The whole life of a cluster: boots it, runs a command beside it, removes it with its volumes, whatever happens. Nothing of it is there before,
 * but for what a killed run has left. Where it fails, what is known of it is collected first; the error of an `up` that fails leaves as
 * it came. Where the command's signal is aborted, everything is removed, and the abort leaves as an error.
 */
export async function runCycle(world: CycleWorld, request: CycleRequest): Promise<CycleResult> {
  const { spec, owner, base, report, keepOnFailure } = request;
  const { engine, processes, version } = world;
  const { signal } = request.command;
  const observed = await claimAnew(engine, { name: spec.name, owner, here: processes, version, signal, report });
  const life = new Life(world, request);
  try {
    const { nodes } = await bringUp(engine, {
      ...world,
      spec,
      owner,
      observed,
      made: madeHere(
        processes,
        { lasts: keepOnFailure ? "success" : "process", base: base === spec.name ? null : base },
        new Date(),
      ),
      wait: true,
      timeoutMs: request.timeoutMs,
      // what is known of it is collected before it goes
      keep: true,
      advice: adviceOfCi(keepOnFailure),
      dryRun: false,
      signal,
      report,
    });
    const variables = { ...endpointVariables(spec.name, nodes), DEVIOUS_SEED: String(spec.seed) };
    const done = await life.runCommand(variables);
    signal.throwIfAborted();
    return await life.end(done);
  } catch (error) {
    await life.endInTrouble(signal.aborted);
    throw error;
  }
}

type Done = Pick<CycleResult, "ended" | "tookMs" | "faults" | "exitCode">;

class Life {
  readonly #world: CycleWorld;
  readonly #request: CycleRequest;

  constructor(world: CycleWorld, request: CycleRequest) {
    this.#world = world;
    this.#request = request;
  }

  async runCommand(variables: Readonly<Record<string, string>>): Promise<Done> {
    const { environment, folder } = this.#world;
    const { command } = this.#request;
    const faults = await this.#beginFaults();
    const startedAt = performance.now();
    let ended: Ended;
    try {
      ended = await runCommand({ ...command, folder, environment: { ...environment, ...variables } });
    } catch (error) {
      await faults?.end();
      throw error;
    }
    const tookMs = performance.now() - startedAt;
    const came = faults === null ? null : await faults.end();
    // it ran, and not under what it was to stand
    const exitCode = ended.exitCode === 0 && (came?.failed.length ?? 0) > 0 ? ExitCode.expectationFailed : ended.exitCode;
    return { ended, tookMs, faults: came, exitCode };
  }

  async #beginFaults(): Promise<ReturnType<typeof beginFaults> | null> {
    const { engine } = this.#world;
    const { faults, planned, spec, owner, report } = this.#request;
    if (faults === null) return null;
    const found = await observeCluster(engine, spec.name);
    const timeline = planned ?? (faults.by === "storm" ? await planStormOn(engine, found, faults.profile, spec.seed) : null);
    if (timeline === null) return null;
    const scenarioHash = faults.by === "scenario" ? faults.scenario.hash : null;
    return beginFaults(engine, { found, timeline, folder: owner, scenarioHash, report });
  }

  async end(done: Done): Promise<CycleResult> {
    const { spec, keepOnFailure } = this.#request;
    const failed = done.exitCode !== 0;
    const found = await observeCluster(this.#world.engine, spec.name);
    const troubles = failed ? await this.#troubles(found) : [];
    const collected = failed ? await this.#collect(found) : null;
    const isKept = failed && keepOnFailure;
    if (!isKept) await this.#remove(found);
    return { cluster: spec.name, seed: spec.seed, ...done, troubles, collected, isKept };
  }

  /** The trouble itself is what is to be told: what goes wrong here is said beside it. */
  async endInTrouble(wasInterrupted: boolean): Promise<void> {
    const { spec, keepOnFailure, report } = this.#request;
    try {
      const found = await observeCluster(this.#world.engine, spec.name);
      const isThere = containersOf(found).length > 0;
      if (isThere && !wasInterrupted) await this.#collect(found);
      if (isThere && keepOnFailure && !wasInterrupted) report({ type: "note", text: keptText(spec.name) });
      else await this.#remove(found);
    } catch (error) {
      report({ type: "note", text: `${spec.name} could not be removed: ${messageOf(error)}` });
    }
  }

  /** They make a failure clearer, and hide none. */
  async #troubles(found: Observed): Promise<readonly string[]> {
    return troublesIn(this.#world.engine, found, this.#request.spec).catch((error: unknown) => [
      `how its nodes are could not be found out: ${messageOf(error)}`,
    ]);
  }

  async #collect(found: Observed): Promise<string | null> {
    const { owner, report } = this.#request;
    const { signal } = new AbortController();
    const path = await collectFailed(this.#world, found, { owner, signal, report });
    if (path !== null) {
      report({ type: "note", text: `what is known of ${found.name} is in ${relative(this.#world.folder, path)}` });
    }
    return path;
  }

  async #remove(found: Observed): Promise<void> {
    await removeWhole(this.#world.engine, found, this.#request.report);
  }
}

/** Trouble that no further cycle would be spared. */
export function isForAll({ code, exitCode }: DeviousError): boolean {
  return exitCode === ExitCode.usage || code === "ENGINE_UNREACHABLE" || code === "CLUSTER_HELD" || code === "IMAGE_MISSING";
}
