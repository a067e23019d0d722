import type { FaultView } from "../../chaos/protocol.js";
import { FaultCommand } from "../../cli/fault-command.js";
import { bytesFlag, faultFlags, targetArg } from "../../cli/flags.js";

export default class ChaosMemory extends FaultCommand {
  static override summary = "Take memory away from nodes; one that needs more than it is left is killed by the kernel.";
  static override description =
    "Their former limit is put back exactly when it ends; of two such faults the tighter one counts. A node that the kernel killed stays down, also when the fault is over, as it would without devious: `chaos start` starts it.";
  static override examples = ["<%= config.bin %> chaos memory n2 --limit 64mb --for 30s"];
  static override args = { target: targetArg };
  static override flags = {
    limit: bytesFlag({ description: "Memory for each node.", required: true }),
    ...faultFlags,
  };

  async run(): Promise<FaultView> {
    const { args, flags } = await this.parse(ChaosMemory);
    return this.injectWish({ kind: "memory", target: this.target(args.target), bytes: flags.limit }, flags);
  }
}
