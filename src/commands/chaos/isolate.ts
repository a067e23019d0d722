import type { FaultView } from "../../chaos/protocol.js";
import { FaultCommand } from "../../cli/fault-command.js";
import { dropFlag, faultFlags, targetArg } from "../../cli/flags.js";
import { trafficFlags, trafficOf } from "../../cli/link-flags.js";

export default class ChaosIsolate extends FaultCommand {
  static override summary = "Cut nodes off from every other node, and from each other.";
  static override description = "The short form of `chaos partition isolate TARGET`. Clients on this machine still reach them.";
  static override examples = [
    "<%= config.bin %> chaos isolate leader --for 30s",
    "<%= config.bin %> chaos isolate n1,n2 --port 2380",
  ];
  static override args = { target: targetArg };
  static override flags = { drop: dropFlag, ...trafficFlags, ...faultFlags };

  async run(): Promise<FaultView> {
    const { args, flags } = await this.parse(ChaosIsolate);
    const shape = { kind: "isolate", target: this.target(args.target) } as const;
    return this.injectWish({ kind: "partition", shape, traffic: trafficOf(flags), percent: flags.drop ?? 100 }, flags);
  }
}
