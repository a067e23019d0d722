import { Args } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.js";
import { clusterFlag, nodeFlag } from "../cli/flags.js";
import { theCluster } from "../cli/the-cluster.js";
import { openStore } from "../cluster/access.js";

export default class Del extends BaseCommand {
  static override summary = "Delete a key; deleting what is not there is no error.";
  static override examples = ["<%= config.bin %> del greeting"];
  static override args = { key: Args.string({ description: "Key.", required: true }) };
  static override flags = { cluster: clusterFlag, node: nodeFlag };

  async run(): Promise<{ readonly key: string; readonly deleted: number }> {
    const { args, flags } = await this.parse(Del);
    const store = await openStore(this.world.engine, await theCluster(this.world, flags.cluster), flags.node);
    const { deleted } = await store.del(args.key);
    this.log(deleted === 0 ? "there was no such key" : "deleted");
    return { key: args.key, deleted };
  }
}
