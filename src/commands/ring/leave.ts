import { Args } from "@oclif/core";
import { BaseRingCommand, ringChangeFlags } from "../../cli/ring-command.js";
import type { RingView } from "../../core/ring-contract.js";

export default class RingLeave extends BaseRingCommand {
  static override summary = "Stage that a member leaves the ring; it hands over what it has.";
  static override description = "Nothing moves before `devious ring commit`.";
  static override examples = ["<%= config.bin %> ring leave n2"];
  static override args = { member: Args.string({ description: "Member by name.", required: true }) };
  static override flags = ringChangeFlags;

  async run(): Promise<RingView> {
    const { args, flags } = await this.parse(RingLeave);
    return this.command({ command: "leave", member: args.member }, flags);
  }
}
