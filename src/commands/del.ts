import { Args } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.js";
import { writeFlags } from "../cli/key-flags.js";
import { renderDeletion } from "../cli/render-keys.js";
import { theCluster } from "../cli/the-cluster.js";
import { openKeys } from "../cluster/access.js";
import type { ObjectDeletion, RaftDeletion } from "../cluster/keys/keys.js";

export default class Del extends BaseCommand {
  static override summary = "Delete a key; deleting what is not there is no error.";
  static override examples = ["<%= config.bin %> del greeting", "<%= config.bin %> del users/ada --pw 2"];
  static override args = {
    key: Args.string({ description: "Key; in a leaderless store bucket/key or type/bucket/key.", required: true }),
  };
  static override flags = writeFlags;

  async run(): Promise<RaftDeletion | ObjectDeletion> {
    const { args, flags } = await this.parse(Del);
    const keys = await openKeys(this.world.engine, await theCluster(this.world, flags.cluster), flags.node);
    const deletion = await keys.del(args.key, flags);
    this.log(renderDeletion(deletion));
    return deletion;
  }
}
