import { BaseRingCommand, ringChangeFlags } from "../../cli/ring-command.js";
import type { RingView } from "../../core/ring-contract.js";

export default class RingClear extends BaseRingCommand {
  static override summary = "Forget all that is staged.";
  static override description = "What was committed goes on.";
  static override examples = ["<%= config.bin %> ring clear"];
  static override flags = ringChangeFlags;

  async run(): Promise<RingView> {
    const { flags } = await this.parse(RingClear);
    return this.command({ command: "clear" }, flags);
  }
}
