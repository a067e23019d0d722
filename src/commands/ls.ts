import { BaseCommand } from "../cli/base-command.js";
import { formatTable } from "../cli/table.js";
import { observeAll } from "../cluster/observe.js";
import { summarise } from "../cluster/summary.js";
import type { ClusterSummary } from "../cluster/summary.js";

export default class Ls extends BaseCommand {
  static override summary = "List the clusters on this engine.";
  static override examples = ["<%= config.bin %> ls", "<%= config.bin %> ls --json"];

  async run(): Promise<{ readonly clusters: readonly ClusterSummary[] }> {
    await this.parse(Ls);
    const clusters = (await observeAll(this.world.engine)).map(summarise);
    const { chalk } = this.terminal;
    const header = ["CLUSTER", "NODES", "RUNNING", "OWNER"].map((title) => chalk.dim(title));
    const rows = clusters.map(({ cluster, nodes, running, owner }) => [
      chalk.bold(cluster),
      String(nodes.length),
      nodes.length === 0 ? chalk.dim("down, data kept") : String(running),
      owner,
    ]);
    this.log(clusters.length === 0 ? "no clusters; `devious up` boots one" : formatTable([header, ...rows]));
    return { clusters };
  }
}
