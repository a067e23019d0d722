import { Args, Flags } from "@oclif/core";
import { describeFault } from "../../chaos/fault.js";
import type { ActiveFault } from "../../chaos/fault.js";
import { BaseCommand } from "../../cli/base-command.js";
import { clusterFlag } from "../../cli/flags.js";
import { theCluster } from "../../cli/the-cluster.js";
import { findNode } from "../../cluster/find.js";
import { heal } from "../../cluster/inject.js";
import { DeviousError } from "../../core/errors.js";

export default class ChaosHeal extends BaseCommand {
  static override summary = "End faults now: one, those of a node, or all. Healing what is healed is success.";
  static override examples = [
    "<%= config.bin %> chaos heal",
    "<%= config.bin %> chaos heal f2",
    "<%= config.bin %> chaos heal --node n2",
  ];
  static override args = { id: Args.string({ description: "Fault, as `chaos ls` names it; default: all." }) };
  static override flags = {
    cluster: clusterFlag,
    node: Flags.string({ description: "Every fault that hits this node.", helpValue: "<node>" }),
  };

  async run(): Promise<{ readonly healed: readonly ActiveFault[] }> {
    const { args, flags } = await this.parse(ChaosHeal);
    if (args.id !== undefined && flags.node !== undefined) throw new DeviousError("USAGE", "Name a fault or a node, not both");
    const found = await theCluster(this.world, flags.cluster);
    const { id } = args;
    const node = flags.node === undefined ? undefined : findNode(found, flags.node).node;
    const what =
      id !== undefined ? { by: "id" as const, id } : node !== undefined ? { by: "node" as const, node } : { by: "all" as const };
    const healed = await heal(this.world.engine, found, what);
    this.log(
      healed.length === 0
        ? "nothing to heal"
        : healed.map(({ id: one, fault }) => `healed ${one} ${describeFault(fault)}`).join("\n"),
    );
    return { healed };
  }
}
