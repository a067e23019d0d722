import { Args, Flags } from "@oclif/core";
import { BaseRingCommand, ringChangeFlags } from "../../cli/ring-command.js";
import type { RingView } from "../../core/ring-contract.js";

export default class RingReplace extends BaseRingCommand {
  static override summary = "Stage that another node takes exactly what a member owns.";
  static override description = "Nothing moves before `devious ring commit`.";
  static override examples = ["<%= config.bin %> ring replace n2 n6", "<%= config.bin %> ring replace n2 n6 --force"];
  static override args = {
    member: Args.string({ description: "Member that leaves.", required: true }),
    by: Args.string({ description: "Node that takes its place; it owns nothing yet.", required: true }),
  };
  static override flags = {
    ...ringChangeFlags,
    force: Flags.boolean({ default: false, description: "The member is lost, and hands nothing over." }),
  };

  async run(): Promise<RingView> {
    const { args, flags } = await this.parse(RingReplace);
    return this.command({ command: flags.force ? "force-replace" : "replace", member: args.member, by: args.by }, flags);
  }
}
