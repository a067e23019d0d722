import { randomInt } from "node:crypto";
import { Args, Flags } from "@oclif/core";
import { clusterFlag, seedFlag } from "../../cli/flags.js";
import { RunCommand, type RunResult } from "../../cli/run-command.js";
import { theCluster } from "../../cli/the-cluster.js";
import { DeviousError } from "../../core/errors.js";
import { loadScenario } from "../../scenario/load.js";
import { loadReplay } from "../../scenario/load-replay.js";

export default class ChaosRun extends RunCommand {
  static override summary =
    "Run a scenario: its faults in their order and time, all over at the end. Exit code 1: a step could not be done.";
  static override description =
    "Ctrl-C heals what the run brought about. What happened is kept under .devious/, and --replay runs it again on the same nodes.";
  static override examples = [
    "<%= config.bin %> chaos run scenario.yaml",
    "<%= config.bin %> chaos run scenario.yaml --seed 42 --fail-fast",
    "<%= config.bin %> chaos run --replay .devious/demo/runs/2026-11-21T101500.000Z-leader-flap.json",
  ];
  static override args = { file: Args.string({ description: "scenario.yaml, .mjs or .ts; not with --replay" }) };
  static override flags = {
    cluster: clusterFlag,
    seed: seedFlag,
    replay: Flags.string({
      description: "Run what this record of a run says, with the nodes it hit.",
      helpValue: "<file>",
      exclusive: ["seed"],
    }),
    "fail-fast": Flags.boolean({ description: "End at the first step that cannot be done, and heal." }),
  };

  async run(): Promise<RunResult> {
    const { args, flags } = await this.parse(ChaosRun);
    if ((args.file === undefined) === (flags.replay === undefined)) {
      throw new DeviousError("USAGE", "Name a scenario, or a record with --replay, and not both");
    }
    const { folder } = this.world;
    const failFast = flags["fail-fast"];
    if (args.file === undefined) {
      const replay = await loadReplay(flags.replay ?? "", folder);
      const found = await theCluster(this.world, flags.cluster);
      return this.conduct(found, replay(await this.nodesOf(found)), { failFast, scenarioHash: null });
    }
    const scenario = await loadScenario(args.file, folder);
    const found = await theCluster(this.world, flags.cluster);
    const timeline = scenario.plan(flags.seed ?? scenario.seed ?? randomInt(2 ** 32), await this.nodesOf(found));
    return this.conduct(found, timeline, { failFast, scenarioHash: scenario.hash });
  }
}
