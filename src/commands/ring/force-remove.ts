import { Args } from "@oclif/core";
import { BaseRingCommand, ringChangeFlags } from "../../cli/ring-command.js";
import type { RingView } from "../../core/ring-contract.js";

export default class RingForceRemove extends BaseRingCommand {
  static override summary = "Stage that a member which is lost is taken out of the ring; it hands nothing over.";
  static override description = "What only it had is gone. Nothing moves before `devious ring commit`.";
  static override examples = ["<%= config.bin %> ring force-remove n2"];
  static override args = { member: Args.string({ description: "Member by name.", required: true }) };
  static override flags = ringChangeFlags;

  async run(): Promise<RingView> {
    const { args, flags } = await this.parse(RingForceRemove);
    return this.command({ command: "force-remove", member: args.member }, flags);
  }
}
