import { randomBytes, randomInt } from "node:crypto";
import { Args, Flags } from "@oclif/core";
import { againLine } from "../ci/again.js";
import { type CycleResult, runCycle } from "../ci/cycle.js";
import { type CycleOutcome, summaryText } from "../ci/cycles.js";
import { type FaultSource, planBefore } from "../ci/faults-meanwhile.js";
import { assertCommand } from "../ci/find-command.js";
import { isolated } from "../ci/isolated.js";
import { runReported } from "../ci/run-reported.js";
import { openReaders } from "../ci/write-report.js";
import { BaseCommand } from "../cli/base-command.js";
import { splitAtDashes } from "../cli/dashes.js";
import { durationFlag, isolatedFlag, seedFlag } from "../cli/flags.js";
import { type LoadedSpec, loadSpec } from "../cli/spec-file.js";
import { defaultPatienceMs } from "../cluster/default-patience.js";
import { DeviousError } from "../core/errors.js";
import { loadScenario } from "../scenario/load.js";
import { type ProfileName, profiles } from "../scenario/storm.js";
import { withOverrides } from "../spec/overrides.js";

interface RunCommandResult {
  /** The command's; of several cycles, that of the first that failed. */
  readonly exitCode: number;
  readonly seed: number;
  /** The line that makes the same again: of several cycles, the first that failed. */
  readonly again: string;
  readonly cycles: readonly CycleOutcome[];
}

export default class Run extends BaseCommand {
  static override summary = "Boot a cluster, run a command beside it, remove it, and leave with the command's exit code.";
  static override description =
    "The command has DEVIOUS_ENDPOINTS, DEVIOUS_CLUSTER, DEVIOUS_SEED and, for a node api-1 that publishes 8080, DEVIOUS_API_1_8080 and DEVIOUS_API_1 in its environment. Nothing is left, also after Ctrl-C; after SIGKILL, the next run of the same name or `devious gc` removes it. Where the command fails, what is known of the cluster is put under .devious/. What devious itself says goes to stderr; with --json, so does what the command says.";
  static override examples = [
    "<%= config.bin %> run -- npm test",
    "<%= config.bin %> run cluster.yaml --isolated -- go test ./...",
    "<%= config.bin %> run --storm rough --seed 42 -- npm test",
    "<%= config.bin %> run --scenario flap.yaml --repeat 10 --fail-fast -- ./smoke.sh",
    "<%= config.bin %> run --repeat 5 --junit report.xml -- npm test",
    "<%= config.bin %> run --time-limit 10m --keep-on-failure -- npm test",
  ];
  static override usage = "run [SPEC] [FLAGS] -- COMMAND...";
  static override args = { spec: Args.string({ description: "Spec file, or a folder with a devious.yaml." }) };
  static override flags = {
    name: Flags.string({ description: "Cluster name, instead of the spec's.", helpValue: "<name>" }),
    nodes: Flags.integer({ description: "Number of nodes of a spec with one service.", helpValue: "<n>" }),
    isolated: isolatedFlag,
    timeout: durationFlag({
      description: "How long to wait for the nodes. Default: 1m, or longer where the spec's `ready` says so.",
    }),
    "time-limit": durationFlag({ description: "How long the command may take; then it is ended, with exit code 124." }),
    "keep-on-failure": Flags.boolean({ default: false, description: "Where it fails, leave the cluster up for a closer look." }),
    scenario: Flags.string({
      description: "Faults while the command runs: scenario.yaml, .mjs or .ts. 1 where one could not be brought about.",
      helpValue: "<file>",
      exclusive: ["storm"],
    }),
    storm: Flags.option({
      description: "Random faults while the command runs, a quorum kept.",
      options: Object.keys(profiles) as readonly ProfileName[],
    })(),
    seed: seedFlag,
    repeat: Flags.integer({
      description: "So many whole cycles, each with a seed of its own.",
      helpValue: "<n>",
      min: 1,
      default: 1,
    }),
    "fail-fast": Flags.boolean({ default: false, description: "Of --repeat: end after the first that fails." }),
    junit: Flags.string({ description: "Write a report as JUnit XML, a test case for each cycle.", helpValue: "<file>" }),
  };

  async run(): Promise<RunCommandResult> {
    const [typed, words] = splitAtDashes(this.argv);
    const { args, flags } = await this.parse(Run, [...typed]);
    const [program, ...rest] = words;
    if (program === undefined) {
      throw new DeviousError("USAGE", "There is no command to run", { hint: "Write it after --: devious run -- npm test" });
    }
    const { world, signal, hurry, report } = this;
    await assertCommand(program, world.folder, world.environment["PATH"]);
    const loaded = await loadSpec(args.spec, world.folder, world.environment);
    const faults = await this.#faults(flags.scenario, flags.storm);
    const seed = flags.seed ?? seedFor(loaded, faults, flags.repeat);
    const { "time-limit": timeLimitMs = null, "keep-on-failure": keepOnFailure, repeat } = flags;
    const cycle = (own: number): Promise<CycleResult> => {
      const named = { ...withOverrides(loaded.spec, flags), seed: own };
      const spec = flags.isolated ? isolated(named, randomBytes(6)) : named;
      const timeoutMs = flags.timeout ?? defaultPatienceMs(spec);
      const planned = faults === null ? null : planBefore(faults, spec);
      const signalName = (): NodeJS.Signals => this.signalName ?? "SIGTERM";
      const stdoutToStderr = this.jsonEnabled();
      const command = { words: [program, ...rest] as const, stdoutToStderr, timeLimitMs, signal, signalName, hurry };
      return runCycle(world, { spec, owner: loaded.owner, base: named.name, command, faults, planned, timeoutMs, keepOnFailure, report }); // prettier-ignore
    };
    const readers = await openReaders(flags.junit, world.folder, world.environment);
    const { name } = withOverrides(loaded.spec, flags);
    const asked = { seed, repeat, failFast: flags["fail-fast"], signal, report, cycle };
    const cycles = await runReported(asked, { cluster: name, words, readers, version: world.version });
    const failed = cycles.find(({ exitCode }) => exitCode !== 0);
    const again = againLine(typed, words, failed?.seed ?? seed);
    if (repeat > 1) report({ type: "note", text: summaryText(cycles) });
    report({ type: "note", text: `again: ${again}` });
    process.exitCode = failed?.exitCode ?? 0;
    return { exitCode: failed?.exitCode ?? 0, seed, again, cycles };
  }

  async #faults(scenario: string | undefined, storm: ProfileName | undefined): Promise<FaultSource | null> {
    if (scenario !== undefined) return { by: "scenario", scenario: await loadScenario(scenario, this.world.folder) };
    return storm === undefined ? null : { by: "storm", profile: storm };
  }
}

/** Where nothing is left to chance, the spec's own. */
function seedFor({ spec }: LoadedSpec, faults: FaultSource | null, repeat: number): number {
  const own = faults?.by === "scenario" ? faults.scenario.seed : null;
  return own ?? (faults === null && repeat === 1 ? spec.seed : randomInt(2 ** 32));
}
