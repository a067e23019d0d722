import type { FaultView } from "../../chaos/protocol.js";
import { defaultGraceMs } from "../../chaos/stop.js";
import { FaultCommand } from "../../cli/fault-command.js";
import { faultFlags, graceFlag, targetArg } from "../../cli/flags.js";

export default class ChaosStop extends FaultCommand {
  static override summary = "Stop nodes as their operator would; they stay down until the time is up or `chaos start`.";
  static override examples = ["<%= config.bin %> chaos stop n2 --for 30s", "<%= config.bin %> chaos stop followers --grace 10s"];
  static override args = { target: targetArg };
  static override flags = { grace: graceFlag, ...faultFlags };

  async run(): Promise<FaultView> {
    const { args, flags } = await this.parse(ChaosStop);
    const { grace: graceMs = defaultGraceMs } = flags;
    return this.injectWish({ kind: "stop", target: this.target(args.target), graceMs }, flags);
  }
}
