import { Args } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.js";
import { readFlags } from "../cli/key-flags.js";
import { renderFound } from "../cli/render-keys.js";
import { theCluster } from "../cli/the-cluster.js";
import { openKeys } from "../cluster/access.js";
import type { NamedObject } from "../cluster/keys/keys.js";
import type { KeyValue } from "../cluster/store-client.js";
import { DeviousError } from "../core/errors.js";

export default class Get extends BaseCommand {
  static override summary = "Read a key: of a raft store linearizably. Exit code 1: there is no such key.";
  static override description =
    "Of a leaderless store all siblings are shown, and on stderr the context that a write which follows from them brings along.";
  static override examples = [
    "<%= config.bin %> get greeting",
    "<%= config.bin %> get greeting --node n3 --json",
    "<%= config.bin %> get users/ada --r all",
  ];
  static override args = {
    key: Args.string({ description: "Key; in a leaderless store bucket/key or type/bucket/key.", required: true }),
  };
  static override flags = readFlags;

  async run(): Promise<KeyValue | NamedObject> {
    const { args, flags } = await this.parse(Get);
    const keys = await openKeys(this.world.engine, await theCluster(this.world, flags.cluster), flags.node);
    const found = await keys.get(args.key, flags);
    if (found === undefined) throw new DeviousError("KEY_NOT_FOUND", `There is no key "${args.key}"`);
    this.log(renderFound(found, this.terminal.chalk));
    // stdout holds the value only
    if ("context" in found) this.logToStderr(this.terminal.chalk.dim(`context ${found.context}`));
    return found;
  }
}
