import { randomInt } from "node:crypto";
import { isRandom, parseTarget } from "../../chaos/target.js";
import { BaseCommand } from "../../cli/base-command.js";
import { clusterFlag, seedFlag, targetArg } from "../../cli/flags.js";
import { theCluster } from "../../cli/the-cluster.js";
import { startNodes } from "../../cluster/inject.js";

export default class ChaosStart extends BaseCommand {
  static override summary = "Start nodes that do not run, whoever stopped them. Starting what runs is success.";
  static override description = "Whatever keeps them down ends for them, and goes on for the other nodes that it hit.";
  static override examples = ["<%= config.bin %> chaos start n2", "<%= config.bin %> chaos start all"];
  static override args = { target: targetArg };
  static override flags = { cluster: clusterFlag, seed: seedFlag };

  async run(): Promise<{ readonly started: readonly string[] }> {
    const { args, flags } = await this.parse(ChaosStart);
    const target = parseTarget(args.target);
    const seed = flags.seed ?? randomInt(2 ** 32);
    const found = await theCluster(this.world, flags.cluster);
    const started = await startNodes(this.world.engine, found, target, seed);
    const drawn = isRandom(target) ? ` (seed ${seed})` : "";
    this.log(started.length === 0 ? `nothing to start${drawn}` : `started ${started.join(", ")}${drawn}`);
    return { started };
  }
}
