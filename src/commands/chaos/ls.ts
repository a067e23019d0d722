import type { FaultView } from "../../chaos/protocol.js";
import { BaseCommand } from "../../cli/base-command.js";
import { clusterFlag } from "../../cli/flags.js";
import { renderFaults } from "../../cli/render-faults.js";
import { theCluster } from "../../cli/the-cluster.js";
import { listFaults } from "../../cluster/inject.js";

export default class ChaosLs extends BaseCommand {
  static override summary =
    "List the active faults: what, where, since when, how long they have left, and how they are known to be in force.";
  static override examples = ["<%= config.bin %> chaos ls", "<%= config.bin %> chaos ls --json"];
  static override flags = { cluster: clusterFlag };

  async run(): Promise<{ readonly faults: readonly FaultView[] }> {
    const { flags } = await this.parse(ChaosLs);
    const faults = await listFaults(this.world.engine, await theCluster(this.world, flags.cluster));
    this.log(renderFaults(faults, this.terminal.chalk, Date.now()));
    return { faults };
  }
}
