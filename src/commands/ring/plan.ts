import { BaseRingCommand, ringChangeFlags } from "../../cli/ring-command.js";
import type { RingView } from "../../core/ring-contract.js";

export default class RingPlan extends BaseRingCommand {
  static override summary = "Show what is staged and what a commit would do.";
  static override description = "Changes nothing.";
  static override examples = ["<%= config.bin %> ring plan"];
  static override flags = ringChangeFlags;

  async run(): Promise<RingView> {
    const { flags } = await this.parse(RingPlan);
    return this.command({ command: "plan" }, flags);
  }
}
