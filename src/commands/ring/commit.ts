import { Args } from "@oclif/core";
import { BaseRingCommand, ringChangeFlags } from "../../cli/ring-command.js";
import type { RingView } from "../../core/ring-contract.js";

export default class RingCommit extends BaseRingCommand {
  static override summary = "Carry out all that is staged.";
  static override description =
    "With the id of a plan it does what that plan showed or nothing. `devious ring` shows how far it is.";
  static override examples = ["<%= config.bin %> ring commit", "<%= config.bin %> ring commit 0f3a9c21d4be"];
  static override args = { plan: Args.string({ description: "Id of the plan that was shown; default: whatever is staged." }) };
  static override flags = ringChangeFlags;

  async run(): Promise<RingView> {
    const { args, flags } = await this.parse(RingCommit);
    return this.command({ command: "commit", ...(args.plan === undefined ? {} : { plan: args.plan }) }, flags);
  }
}
