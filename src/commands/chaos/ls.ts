import { BaseCommand } from "../../cli/base-command.js";
import { clusterFlag } from "../../cli/flags.js";
import { renderFaults, renderLinks } from "../../cli/render-faults.js";
import { theCluster } from "../../cli/the-cluster.js";
import { listInForce } from "../../cluster/inject.js";
import type { InForce } from "../../cluster/status.js";

export default class ChaosLs extends BaseCommand {
  static override summary =
    "List the active faults: what, where, since when, how long they have left, and how they are known to be in force.";
  static override description =
    "Links that the spec asks for are no faults: they are shown apart, nothing ends them, and faults come on top.";
  static override examples = ["<%= config.bin %> chaos ls", "<%= config.bin %> chaos ls --json"];
  static override flags = { cluster: clusterFlag };

  async run(): Promise<InForce> {
    const { flags } = await this.parse(ChaosLs);
    const { chalk } = this.terminal;
    const { faults, links } = await listInForce(this.world.engine, await theCluster(this.world, flags.cluster));
    this.log([renderFaults(faults, chalk, Date.now()), ...renderLinks(links, chalk)].join("\n"));
    return { faults, links };
  }
}
