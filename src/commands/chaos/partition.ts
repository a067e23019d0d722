import { Args } from "@oclif/core";
import type { FaultView } from "../../chaos/protocol.js";
import { defaultDropPercent } from "../../chaos/shape.js";
import { FaultCommand } from "../../cli/fault-command.js";
import { dropFlag, faultFlags } from "../../cli/flags.js";
import { trafficFlags, trafficOf } from "../../cli/link-flags.js";

export default class ChaosPartition extends FaultCommand {
  static override summary = "Cut the network between nodes; what crosses the cut is lost in silence.";
  static override description =
    "Nodes that no group names form one more group. `ring`: each node hears a majority, and no two the same. `bridge`: two halves, and one node that hears both. `one-way n1 n2`: n2 no longer hears n1. `flaky`: links lose half of their packets. Clients on this machine still reach every node.";
  static override examples = [
    "<%= config.bin %> chaos partition 'n1 | n2,n3' --for 30s",
    "<%= config.bin %> chaos partition 'leader | followers'",
    "<%= config.bin %> chaos partition majority --seed 42",
    "<%= config.bin %> chaos partition ring",
    "<%= config.bin %> chaos partition one-way leader n2",
    "<%= config.bin %> chaos partition halves --port 2380 --proto tcp",
    "<%= config.bin %> chaos partition flaky n2 --drop 30%",
  ];
  static override args = {
    shape: Args.string({
      description:
        "'n1 | n2,n3' (in quotes) · isolate n2 · halves · majority · ring · bridge · bridge n3 · one-way n1 n2 · flaky · flaky n2",
      required: true,
      // a shape may be several words
      multiple: true,
    }),
  };
  static override flags = { drop: dropFlag, ...trafficFlags, ...faultFlags };

  async run(): Promise<FaultView> {
    const { args, flags } = await this.parse(ChaosPartition);
    const shape = this.shape([args.shape].flat().join(" "));
    const percent = flags.drop ?? defaultDropPercent(shape);
    return this.injectWish({ kind: "partition", shape, traffic: trafficOf(flags), percent }, flags);
  }
}
