import { randomBytes, randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import { Args, Flags } from "@oclif/core";
import { keptText } from "../ci/failed-cluster.js";
import { isolated } from "../ci/isolated.js";
import type { CiReport } from "../ci/report/report.js";
import { openReaders, writeReport } from "../ci/write-report.js";
import { type SmokeResult, smoke } from "../ci/smoke/smoke.js";
import { BaseCommand } from "../cli/base-command.js";
import { durationFlag, seedFlag } from "../cli/flags.js";
import { renderCheck, renderVerdict } from "../cli/render-smoke.js";
import { loadSpec } from "../cli/spec-file.js";
import { claimAnew } from "../cluster/claim.js";
import { defaultPatienceMs } from "../cluster/default-patience.js";
import { madeHere } from "../cluster/made.js";
import { DeviousError, ExitCode } from "../core/errors.js";
import { closest } from "../core/ids.js";
import { loadScenario } from "../scenario/load.js";
import { nodesOfSpec } from "../scenario/nodes.js";
import type { Timeline } from "../scenario/timeline.js";
import type { ClusterSpec } from "../spec/cluster-spec.js";
import { withOverrides } from "../spec/overrides.js";

/** A scenario that lies beside the spec under this name belongs to its checks. */
const ownScenario = "smoke.yaml";

/** What `--json` prints: everything that was found out. */
interface SmokeReport extends CiReport {
  /** The scenario that was played; null: none. */
  readonly scenario: string | null;
  /** Folder with all that was known of a cluster that failed. */
  readonly collected: string | null;
  /** The cluster is still there. */
  readonly kept: boolean;
}

export default class Smoke extends BaseCommand {
  static override summary =
    "Boot a cluster of its own, check it under faults, and remove it. Exit code 1: a check failed; 3: it never came up.";
  static override description =
    "The bundled store is written and read everywhere, loses a node (the leader, where there is one), goes on, and has to hold the same on all nodes in the end. Nodes of your images have to be ready again after each is paused, killed and cut off in turn, and somebody has to lead again after the leader was killed. Nodes that the spec protects are not hurt. What the kernel cannot do is skipped. A smoke.yaml beside the spec is a scenario that is played afterwards.";
  static override examples = [
    "<%= config.bin %> smoke",
    "<%= config.bin %> smoke shop/ --service api --timeout 30s",
    "<%= config.bin %> smoke --scenario cut.yaml --seed 42",
    "<%= config.bin %> smoke --junit report.xml --keep-on-failure",
    "<%= config.bin %> smoke --json",
  ];
  static override args = { spec: Args.string({ description: "Spec file, or a folder with a devious.yaml." }) };
  static override flags = {
    name: Flags.string({ description: "This cluster name, instead of one that no other cluster has.", helpValue: "<name>" }),
    nodes: Flags.integer({ description: "Number of nodes of a spec with one service.", helpValue: "<n>" }),
    service: Flags.string({
      description: "Check only this service; may be given several times.",
      multiple: true,
      helpValue: "<name>",
    }),
    timeout: durationFlag({
      description:
        "How long to wait for the cluster, and for each thing that is checked; a service's own `ready` may have less patience. Default: 1m, or longer where the spec's `ready` says so.",
    }),
    scenario: Flags.string({
      description: "A scenario to play as well, instead of the smoke.yaml beside the spec.",
      helpValue: "<file>",
    }),
    seed: seedFlag,
    junit: Flags.string({ description: "Write a report as JUnit XML.", helpValue: "<file>" }),
    "keep-on-failure": Flags.boolean({ description: "Leave a cluster that failed as it is, for a closer look." }),
  };

  async run(): Promise<SmokeReport> {
    const { args, flags } = await this.parse(Smoke);
    const { signal, report, world } = this;
    const { engine, folder, environment, version, processes } = world;
    const loaded = await loadSpec(args.spec, folder, environment);
    const { owner } = loaded;
    const named = withOverrides(loaded.spec, flags);
    const services = chosen(named, flags.service);
    const scenario = await this.#scenario(flags.scenario ?? null, owner, named, flags.seed);
    const readers = await openReaders(flags.junit, folder, environment);
    const isIsolated = flags.name === undefined;
    const spec = isIsolated ? isolated(named, randomBytes(6)) : named;
    const observed = await claimAnew(engine, { name: spec.name, owner, here: processes, version: null, signal, report });
    const lasts = flags["keep-on-failure"] ? "success" : "process";
    const { chalk, draw } = this.terminal;
    const result = await smoke(world, {
      spec,
      owner,
      observed,
      made: madeHere(processes, { lasts, base: isIsolated ? named.name : null }, new Date()),
      services,
      scenario: scenario?.timeline ?? null,
      timeoutMs: flags.timeout ?? defaultPatienceMs(spec),
      keepOnFailure: flags["keep-on-failure"],
      signal,
      report,
      onCheck: (check) => this.log(draw(renderCheck(check, chalk))),
    });
    await writeReport(result.report, readers, version, report);
    return this.#tell(result, scenario?.shown ?? null);
  }

  #tell({ report, collected, kept, trouble }: SmokeResult, scenario: string | null): SmokeReport {
    const { chalk, draw } = this.terminal;
    const shown = collected === null ? null : path.relative(this.world.folder, collected);
    if (trouble === null) this.log(draw(renderVerdict(report, chalk)));
    if (shown !== null) this.log(`what is known of it is in ${shown}`);
    if (kept) this.log(keptText(report.cluster));
    if (trouble !== null) throw trouble;
    if (report.verdict === "failed") process.exitCode = ExitCode.expectationFailed;
    return { ...report, scenario, collected: shown, kept };
  }

  /** Planned before anything boots: what is wrong with it costs no time. */
  async #scenario(
    given: string | null,
    owner: string,
    spec: ClusterSpec,
    seed: number | undefined,
  ): Promise<{ readonly timeline: Timeline; readonly shown: string } | null> {
    const { folder } = this.world;
    const beside = path.join(owner, ownScenario);
    if (given === null && !existsSync(beside)) return null;
    const shown = given ?? (path.relative(folder, beside) || beside);
    const scenario = await loadScenario(shown, folder);
    if (given === null) this.report({ type: "note", text: `with the scenario ${shown} beside the spec` });
    return { timeline: scenario.plan(seed ?? scenario.seed ?? randomInt(2 ** 32), nodesOfSpec(spec)), shown };
  }
}

/** Throws USAGE for a service that the spec does not have. */
function chosen({ services }: ClusterSpec, given: readonly string[] | undefined): readonly string[] {
  const names = services.map(({ name }) => name);
  if (given === undefined) return names;
  const unknown = given.find((name) => !names.includes(name));
  if (unknown === undefined) return given;
  const meant = closest(unknown, names);
  throw new DeviousError("USAGE", `--service: the spec has no service "${unknown}"`, {
    hint: meant === undefined ? `It has ${names.join(", ")}.` : `Did you mean "${meant}"?`,
  });
}
