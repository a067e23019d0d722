import { Args, Flags } from "@oclif/core";
import { renderWhere } from "../../cli/render-ring.js";
import { BaseRingCommand, ringFlags } from "../../cli/ring-command.js";
import { objectNameOf } from "../../cluster/keys/object-name.js";
import { type Whereabouts, whereIs } from "../../cluster/ring/whereabouts.js";

export default class RingWhere extends BaseRingCommand {
  static override summary = "Show who owns a key of a leaderless store: its preference list.";
  static override description = "Worked out of the ring as the nodes tell it; whether there is such a key is not asked.";
  static override examples = ["<%= config.bin %> ring where users/ada", "<%= config.bin %> ring where ada --bucket users"];
  static override args = { key: Args.string({ description: "bucket/key or type/bucket/key.", required: true }) };
  static override flags = {
    ...ringFlags,
    bucket: Flags.string({ description: "The bucket; the key is then all of <key>.", helpValue: "<bucket>" }),
    type: Flags.string({ description: "The bucket type; default: default.", helpValue: "<type>" }),
    n: Flags.integer({ description: "How many owners the bucket's keys have; default: the store's.", min: 1, max: 15 }),
  };

  async run(): Promise<Whereabouts> {
    const { args, flags } = await this.parse(RingWhere);
    const where = whereIs(objectNameOf(args.key, flags), await this.ringOf(flags), flags.n);
    this.log(renderWhere(where, this.terminal.chalk));
    return where;
  }
}
