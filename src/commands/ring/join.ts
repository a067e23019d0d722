import { Args } from "@oclif/core";
import { BaseRingCommand, ringChangeFlags } from "../../cli/ring-command.js";
import type { RingView } from "../../core/ring-contract.js";

export default class RingJoin extends BaseRingCommand {
  static override summary = "Stage that a member joins the ring.";
  static override description = "A node that runs and owns nothing yet; nothing moves before `devious ring commit`.";
  static override examples = ["<%= config.bin %> ring join n6"];
  static override args = { member: Args.string({ description: "Member by name.", required: true }) };
  static override flags = ringChangeFlags;

  async run(): Promise<RingView> {
    const { args, flags } = await this.parse(RingJoin);
    return this.command({ command: "join", member: args.member }, flags);
  }
}
