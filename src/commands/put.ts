import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.js";
import { writeFlags } from "../cli/key-flags.js";
import { renderWrite } from "../cli/render-keys.js";
import { theCluster } from "../cli/the-cluster.js";
import { openKeys } from "../cluster/access.js";
import type { ObjectWrite, RaftWrite } from "../cluster/keys/keys.js";

export default class Put extends BaseCommand {
  static override summary = "Write a key. Exit code 3: it had no effect; 2: it may have had.";
  static override description =
    "In a leaderless store a write that does not say what it follows stands beside what others wrote meanwhile, as a sibling.";
  static override examples = [
    "<%= config.bin %> put greeting hello",
    "<%= config.bin %> put greeting hello --node n2",
    `<%= config.bin %> put users/ada '{"n":1}' --w all`,
    `<%= config.bin %> put users/ada '{"n":2}' --resolve`,
  ];
  static override args = {
    key: Args.string({ description: "Key; in a leaderless store bucket/key or type/bucket/key.", required: true }),
    value: Args.string({ description: "Value.", required: true }),
  };
  static override flags = {
    ...writeFlags,
    resolve: Flags.boolean({
      description: "Leaderless: read first, and take the place of all siblings that are there.",
      exclusive: ["context"],
    }),
  };

  async run(): Promise<RaftWrite | ObjectWrite> {
    const { args, flags } = await this.parse(Put);
    const keys = await openKeys(this.world.engine, await theCluster(this.world, flags.cluster), flags.node);
    const written = await keys.put(args.key, args.value, flags);
    const { chalk, draw } = this.terminal;
    this.log(draw(renderWrite(written, chalk)));
    return written;
  }
}
