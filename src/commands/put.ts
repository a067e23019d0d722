import { Args } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.js";
import { clusterFlag, nodeFlag } from "../cli/flags.js";
import { theCluster } from "../cli/the-cluster.js";
import { openStore } from "../cluster/access.js";

export default class Put extends BaseCommand {
  static override summary = "Write a key. Exit code 3: it had no effect; 2: it may have had.";
  static override examples = ["<%= config.bin %> put greeting hello", "<%= config.bin %> put greeting hello --node n2"];
  static override args = {
    key: Args.string({ description: "Key.", required: true }),
    value: Args.string({ description: "Value.", required: true }),
  };
  static override flags = { cluster: clusterFlag, node: nodeFlag };

  async run(): Promise<{ readonly key: string; readonly revision: number }> {
    const { args, flags } = await this.parse(Put);
    const store = await openStore(this.world.engine, await theCluster(this.world, flags.cluster), flags.node);
    const { revision } = await store.put(args.key, args.value);
    this.log(`ok, revision ${revision}`);
    return { key: args.key, revision };
  }
}
