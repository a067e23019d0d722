import { Args } from "@oclif/core";
import type { FaultView } from "../../chaos/protocol.js";
import { parseShape } from "../../chaos/shape.js";
import { anyTraffic } from "../../chaos/traffic.js";
import { FaultCommand } from "../../cli/fault-command.js";
import { faultFlags } from "../../cli/flags.js";

export default class ChaosPartition extends FaultCommand {
  static override summary = "Cut the network between groups of nodes; what crosses the cut is lost in silence.";
  static override description =
    "Nodes that no group names form one more group; a node in two groups hears both. Clients on this machine still reach every node.";
  static override examples = [
    "<%= config.bin %> chaos partition 'n1 | n2,n3' --for 30s",
    "<%= config.bin %> chaos partition 'leader | followers'",
    "<%= config.bin %> chaos partition isolate n2",
  ];
  static override args = { shape: Args.string({ description: "'n1 | n2,n3' (in quotes) · isolate n2", required: true }) };
  static override flags = faultFlags;
  // `isolate n2` is two words
  static override strict = false;

  async run(): Promise<FaultView> {
    const { argv, flags } = await this.parse(ChaosPartition);
    const shape = parseShape(argv.map(String).join(" "));
    return this.injectWish({ kind: "partition", shape, traffic: anyTraffic, percent: 100 }, flags);
  }
}
