import { randomInt } from "node:crypto";
import { Flags } from "@oclif/core";
import { clusterFlag, durationFlag, seedFlag } from "../../cli/flags.js";
import { RunCommand, type RunResult } from "../../cli/run-command.js";
import { theCluster } from "../../cli/the-cluster.js";
import { capabilitiesOf } from "../../cluster/inject.js";
import { DeviousError } from "../../core/errors.js";
import { renderGantt } from "../../scenario/gantt.js";
import { parseNodes } from "../../scenario/nodes.js";
import { type ProfileName, ableToAll, planStorm, profiles } from "../../scenario/storm.js";
import type { Timeline } from "../../scenario/timeline.js";

const defaultStormMs = 60_000;

export default class ChaosStorm extends RunCommand {
  static override summary = "Let random faults loose on the cluster for a while, and end in quiet with all of them over.";
  static override description =
    "The same seed, profile, time, nodes and kernel make the same storm. Protected nodes are left alone. Ctrl-C heals.";
  static override examples = [
    "<%= config.bin %> chaos storm",
    "<%= config.bin %> chaos storm --profile brutal --for 5m --seed 42",
    "<%= config.bin %> chaos storm --profile rough --plan --nodes 5",
  ];
  static override flags = {
    cluster: clusterFlag,
    profile: Flags.option({
      description: "How often, how many at once, which kinds and how hard.",
      options: Object.keys(profiles) as readonly ProfileName[],
      default: "gentle" as const,
    })(),
    for: durationFlag({ description: "How long, the quiet end included (10s, or a fifth of a short storm); default 1m." }),
    seed: seedFlag,
    "keep-quorum": Flags.boolean({
      description: "Never leave a service without a majority that runs and hears each other.",
      default: true,
      allowNo: true,
    }),
    "fail-fast": Flags.boolean({ description: "End at the first fault that cannot be brought about, and heal." }),
    plan: Flags.boolean({ description: "Print what would happen, and do nothing." }),
    nodes: Flags.string({
      description:
        "With --plan, for a cluster that is not there: how many nodes, or their names, on a kernel that can do everything.",
      helpValue: "5|a,b,c",
      dependsOn: ["plan"],
    }),
  };

  async run(): Promise<RunResult | Timeline> {
    const { flags } = await this.parse(ChaosStorm);
    const { profile, for: durationMs = defaultStormMs, "keep-quorum": keepQuorum, "fail-fast": failFast } = flags;
    if (flags.nodes !== undefined && flags.cluster !== undefined) {
      throw new DeviousError("USAGE", "--nodes is for a cluster that is not there, --cluster for one that is");
    }
    const weather = { profile, seed: flags.seed ?? randomInt(2 ** 32), durationMs, keepQuorum };
    if (flags.nodes !== undefined) {
      return this.#show(planStorm({ ...weather, nodes: parseNodes(flags.nodes), capabilities: ableToAll }));
    }
    const found = await theCluster(this.world, flags.cluster);
    const [nodes, capabilities] = await Promise.all([this.nodesOf(found), capabilitiesOf(this.world.engine, found)]);
    const timeline = planStorm({ ...weather, nodes, capabilities });
    return flags.plan ? this.#show(timeline) : this.conduct(found, timeline, { failFast, scenarioHash: null });
  }

  #show(timeline: Timeline): Timeline {
    const { chalk, draw } = this.terminal;
    this.log(draw(renderGantt(timeline, { width: process.stdout.columns ?? 100, chalk })));
    return timeline;
  }
}
