import type { FaultView } from "../../chaos/protocol.js";
import { FaultCommand } from "../../cli/fault-command.js";
import { faultFlags, numberFlag, targetArg } from "../../cli/flags.js";

export default class ChaosCpu extends FaultCommand {
  static override summary = "Take processor time away from nodes.";
  static override description = "Their former limit is put back exactly when it ends; of two such faults the tighter one counts.";
  static override examples = [
    "<%= config.bin %> chaos cpu leader --cpus 0.1",
    "<%= config.bin %> chaos cpu n1,n2 --cpus 0.5 --for 5m",
  ];
  static override args = { target: targetArg };
  static override flags = {
    cpus: numberFlag({ description: "Processors' worth of time for each node: 0.1 is a tenth of one.", required: true }),
    ...faultFlags,
  };

  async run(): Promise<FaultView> {
    const { args, flags } = await this.parse(ChaosCpu);
    return this.injectWish({ kind: "cpu", target: this.target(args.target), cpus: flags.cpus }, flags);
  }
}
