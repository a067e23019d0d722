import { randomInt } from "node:crypto";
import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/base-command.js";
import { seedFlag } from "../../cli/flags.js";
import { loadSpec } from "../../cli/spec-file.js";
import { renderGantt } from "../../scenario/gantt.js";
import { loadScenario } from "../../scenario/load.js";
import { nodesOfSpec, parseNodes } from "../../scenario/nodes.js";
import type { Timeline } from "../../scenario/timeline.js";

export default class ChaosPlan extends BaseCommand {
  static override summary = "Print what a scenario would do, as a chart over time; needs no cluster.";
  static override description = "The same scenario, seed and nodes give the same plan on any machine.";
  static override examples = [
    "<%= config.bin %> chaos plan scenario.yaml --seed 42",
    "<%= config.bin %> chaos plan scenario.yaml --nodes 5 --json",
  ];
  static override args = { file: Args.string({ description: "scenario.yaml, .mjs or .ts", required: true }) };
  static override flags = {
    seed: seedFlag,
    nodes: Flags.string({ description: "How many, or their names; default: those of this folder's spec.", helpValue: "5|a,b,c" }),
  };

  async run(): Promise<Timeline> {
    const { args, flags } = await this.parse(ChaosPlan);
    const { folder } = this.world;
    const scenario = await loadScenario(args.file, folder);
    const nodes = flags.nodes === undefined ? nodesOfSpec((await loadSpec(undefined, folder)).spec) : parseNodes(flags.nodes);
    const timeline = scenario.plan(flags.seed ?? scenario.seed ?? randomInt(2 ** 32), nodes);
    const { chalk, draw } = this.terminal;
    this.log(draw(renderGantt(timeline, { width: process.stdout.columns ?? 100, chalk })));
    return timeline;
  }
}
