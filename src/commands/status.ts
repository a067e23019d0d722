import { Flags } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.js";
import { clusterFlag } from "../cli/flags.js";
import { renderStatus } from "../cli/render-status.js";
import { theCluster } from "../cli/the-cluster.js";
import { clusterStatus } from "../cluster/status.js";
import type { ClusterStatus } from "../cluster/status.js";

export default class Status extends BaseCommand {
  static override summary = "Show every node's role, term, applied index and health, and the active faults.";
  static override description =
    "Reads only; with --hash every node also hashes its keys and values, so that equal hashes show equal data.";
  static override examples = ["<%= config.bin %> status", "<%= config.bin %> status --hash --json"];
  static override flags = {
    cluster: clusterFlag,
    hash: Flags.boolean({ description: "Let every node hash its data." }),
  };

  async run(): Promise<ClusterStatus> {
    const { flags } = await this.parse(Status);
    const found = await theCluster(this.world, flags.cluster);
    const status = await clusterStatus(this.world.engine, found, { withHash: flags.hash });
    this.log(renderStatus(status, this.terminal.chalk, Date.now()));
    return status;
  }
}
