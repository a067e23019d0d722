import type { FaultView } from "../../chaos/protocol.js";
import { defaultGraceMs } from "../../chaos/stop.js";
import { FaultCommand } from "../../cli/fault-command.js";
import { faultFlags, graceFlag, targetArg } from "../../cli/flags.js";

const { cluster, seed, verify } = faultFlags;

export default class ChaosRestart extends FaultCommand {
  static override summary = "Stop nodes as their operator would and start them again at once.";
  static override description = "It is over when it is done, so there is no --for.";
  static override examples = ["<%= config.bin %> chaos restart leader", "<%= config.bin %> chaos restart all --grace 0s"];
  static override args = { target: targetArg };
  static override flags = { grace: graceFlag, cluster, seed, verify };

  async run(): Promise<FaultView> {
    const { args, flags } = await this.parse(ChaosRestart);
    const { grace: graceMs = defaultGraceMs } = flags;
    return this.injectWish({ kind: "restart", target: this.target(args.target), graceMs }, flags);
  }
}
