import type { FaultView } from "../../chaos/protocol.js";
import { FaultCommand } from "../../cli/fault-command.js";
import { faultFlags, targetArg } from "../../cli/flags.js";

export default class ChaosPause extends FaultCommand {
  static override summary = "Freeze nodes: their processes stop where they are, and go on afterwards as if nothing had been.";
  static override examples = [
    "<%= config.bin %> chaos pause leader --for 10s",
    "<%= config.bin %> chaos pause n1,n3",
    "<%= config.bin %> chaos pause minority --for 500ms",
  ];
  static override args = { target: targetArg };
  static override flags = faultFlags;

  async run(): Promise<FaultView> {
    const { args, flags } = await this.parse(ChaosPause);
    return this.injectWish({ kind: "pause", target: this.target(args.target) }, flags);
  }
}
