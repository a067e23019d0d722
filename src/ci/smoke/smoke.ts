import { bringUp } from "../../cluster/bring-up.js";
import type { Installation } from "../../cluster/doctor/examine.js";
import type { Made } from "../../cluster/made.js";
import { type Observed, containersOf, observeCluster } from "../../cluster/observe.js";
import { maskOfSpec, maskedError } from "../../cluster/secrecy.js";
import { jobsIn } from "../../cluster/start-order.js";
import type { Report } from "../../cluster/steps.js";
import { DeviousError } from "../../core/errors.js";
import { clusterStage } from "../../scenario/stage.js";
import type { Timeline } from "../../scenario/timeline.js";
import type { ClusterSpec } from "../../spec/cluster-spec.js";
import { adviceOfCi, collectFailed, removeWhole } from "../failed-cluster.js";
import { type Check, type CiReport, type InflictedFault, countOf } from "../report/report.js";
import { SmokeRun } from "./carry-out.js";
import { clusterSmokeStage } from "./cluster-stage.js";
import { planAfterwards, planSmoke } from "./plan.js";
import { playScenario } from "./scenario-checks.js";

export interface SmokeWorld extends Installation {
  readonly engineSocket: string;
}

export interface SmokeRequest {
  /** Of a cluster that is not there yet, nor any of its data. */
  readonly spec: ClusterSpec;
  readonly owner: string;
  /** As a claim has found it. */
  readonly observed?: Observed | undefined;
  readonly made: Made;
  /** Those of its services that are checked. */
  readonly services: readonly string[];
  /** Played once these are; null: nothing more is. */
  readonly scenario: Timeline | null;
  /** For booting, and for each thing that is waited for. */
  readonly timeoutMs: number;
  /** A cluster that failed is left as it is. */
  readonly keepOnFailure: boolean;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly onCheck: (check: Check) => void;
}

export interface SmokeResult {
  readonly report: CiReport;
  /** Folder with all that was known of the cluster; null where it passed, or that could not be had. */
  readonly collected: string | null;
  /** The cluster is still there. */
  readonly kept: boolean;
  /** Why the checks could not be made, or not all of them. */
  readonly trouble: DeviousError | null;
}

/**
 * Boots a cluster, checks it, and removes it with its data, whatever came of it, also where `signal` is aborted meanwhile: then it throws
 * what that threw. Expected trouble is part of the result.
 */
export async function smoke(world: SmokeWorld, request: SmokeRequest): Promise<SmokeResult> {
  const startedAt = new Date();
  const startedMs = performance.now();
  const sinceStartMs = (): number => Math.round(performance.now() - startedMs);
  const checks: Check[] = [];
  const faults: InflictedFault[] = [];
  const mask = maskOfSpec(request.spec);
  const told = {
    sinceStartMs,
    onCheck: (made: Check): void => {
      const check = { ...made, why: made.why === null ? null : mask(made.why), lastLines: made.lastLines.map(mask) };
      checks.push(check);
      request.onCheck(check);
    },
    onFault: (fault: InflictedFault): void => void faults.push(fault),
  };
  let trouble: DeviousError | null = null;
  try {
    // what failed to boot is removed below, once all that is known of it is kept
    const advice = adviceOfCi(request.keepOnFailure);
    await bringUp(world.engine, { ...world, ...request, advice, wait: true, keep: true, dryRun: false });
    await checkAll(world, request, told);
    request.signal.throwIfAborted();
  } catch (error) {
    if (request.signal.aborted || !(error instanceof DeviousError)) {
      await remove(world, request);
      throw error;
    }
    trouble = maskedError(error, mask);
  }
  const verdict = trouble !== null ? "trouble" : countOf(checks, "fail") > 0 ? "failed" : "passed";
  const tookMs = sinceStartMs();
  const collected = verdict === "passed" ? null : await collectOf(world, request);
  const kept = verdict !== "passed" && request.keepOnFailure;
  if (!kept) await remove(world, request);
  const report: CiReport = {
    command: "devious smoke",
    cluster: request.spec.name,
    startedAt: startedAt.toISOString(),
    tookMs,
    verdict,
    trouble: trouble === null ? null : { message: trouble.message, details: trouble.details },
    checks,
    faults,
    seed: request.scenario?.seed ?? null,
  };
  return { report, collected, kept, trouble };
}

interface Told {
  readonly sinceStartMs: () => number;
  readonly onCheck: (check: Check) => void;
  readonly onFault: (fault: InflictedFault) => void;
}

async function checkAll({ engine }: SmokeWorld, request: SmokeRequest, told: Told): Promise<void> {
  const { spec, services, scenario, timeoutMs, keepOnFailure, signal } = request;
  const stage = clusterSmokeStage(engine, spec, { timeoutMs, advice: adviceOfCi(keepOnFailure), signal });
  const run = new SmokeRun(stage, { ...told, timeoutMs, beganMs: told.sinceStartMs() });
  const checked = spec.services.filter(({ name }) => services.includes(name));
  const jobs = jobsIn(spec.services);
  const ledBy = new Map<string, number>();
  for (const service of checked) {
    const leaders = await stage.leaders(service.name);
    ledBy.set(service.name, leaders.length);
    await run.carryOut(planSmoke(service, { leader: leaders[0] ?? null, isJob: jobs.has(service.name) }));
  }
  if (scenario === null) return;
  for (const [service, count] of ledBy) if (count > 0) await run.leadersSettle(service, count);
  await playScenario(scenario, clusterStage(engine, spec.name), { ...told, signal });
  signal.throwIfAborted();
  for (const service of checked) await run.carryOut(planAfterwards(service, { isJob: jobs.has(service.name) }));
}

/** Null as well where nothing of it was made. */
async function collectOf(world: SmokeWorld, request: SmokeRequest): Promise<string | null> {
  const found = await observeCluster(world.engine, request.spec.name);
  return containersOf(found).length === 0 ? null : collectFailed(world, found, request);
}

async function remove({ engine }: SmokeWorld, { spec, report }: SmokeRequest): Promise<void> {
  await removeWhole(engine, await observeCluster(engine, spec.name), report);
}
