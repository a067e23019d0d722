import { Args } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.js";
import { clusterFlag, nodeFlag } from "../cli/flags.js";
import { theCluster } from "../cli/the-cluster.js";
import { openStore } from "../cluster/access.js";
import type { KeyValue } from "../cluster/store-client.js";
import { DeviousError } from "../core/errors.js";

export default class Get extends BaseCommand {
  static override summary = "Read a key, linearizably. Exit code 1: there is no such key.";
  static override examples = ["<%= config.bin %> get greeting", "<%= config.bin %> get greeting --node n3 --json"];
  static override args = { key: Args.string({ description: "Key.", required: true }) };
  static override flags = { cluster: clusterFlag, node: nodeFlag };

  async run(): Promise<KeyValue> {
    const { args, flags } = await this.parse(Get);
    const store = await openStore(this.world.engine, await theCluster(this.world, flags.cluster), flags.node);
    const found = await store.get(args.key);
    if (found === undefined) throw new DeviousError("KEY_NOT_FOUND", `There is no key "${args.key}"`);
    this.log(found.value);
    return found;
  }
}
