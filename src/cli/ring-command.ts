import { Flags } from "@oclif/core";
import type { ClusterRing } from "../cluster/ring/cluster-ring.js";
import { clusterRing } from "../cluster/ring/cluster-ring.js";
import { askRing, commandRing } from "../cluster/ring/ring-client.js";
import { DeviousError } from "../core/errors.js";
import type { RingCommand, RingView } from "../core/ring-contract.js";
import { BaseCommand } from "./base-command.js";
import { clusterFlag, nodeFlag } from "./flags.js";
import { describeChange, renderPlan } from "./render-ring.js";
import { theCluster } from "./the-cluster.js";

/** Flags of every command that looks at a ring. */
export const ringFlags = {
  cluster: clusterFlag,
  service: Flags.string({ description: "Of several leaderless stores in the cluster this one.", helpValue: "<service>" }),
};

/** And of those that ask one node to change it. */
export const ringChangeFlags = { ...ringFlags, node: nodeFlag };

interface RingWishes {
  readonly cluster: string | undefined;
  readonly service: string | undefined;
}

/** What the commands of a ring share. */
export abstract class BaseRingCommand extends BaseCommand {
  /** As all nodes that answer see it. */
  protected async ringOf({ cluster, service }: RingWishes): Promise<ClusterRing> {
    const found = await theCluster(this.world, cluster);
    const asked = await askRing(this.world.engine, found, service);
    const ring = clusterRing(found.name, asked);
    if (ring !== undefined) return ring;
    throw new DeviousError("NODE_UNREACHABLE", `No node of the ring of ${found.name} answers.`, {
      hint: "`devious status` shows how they are.",
    });
  }

  /** Asks one node, prints what is staged after it and what a commit would do. */
  protected async command(command: RingCommand, { cluster, service, node }: RingWishes & { readonly node: string | undefined }) {
    const found = await theCluster(this.world, cluster);
    const view = await commandRing(this.world.engine, found, command, { node, service });
    this.log(this.terminal.draw(this.#told(view)));
    return view;
  }

  #told({ staged, plan, planProblem, nextRing }: RingView): string {
    const { chalk } = this.terminal;
    const way = nextRing === null ? [] : [`on the way to ring ${nextRing}; devious ring shows how far`];
    if (staged.length === 0) return [...way, "nothing is staged"].join("\n");
    return [
      ...way,
      `staged: ${staged.map((change) => chalk.yellow(describeChange(change))).join(", ")}`,
      ...(planProblem === null ? [] : [chalk.red(`It cannot be committed: ${planProblem}.`)]),
      ...(plan === null ? [] : renderPlan(plan, chalk)),
    ].join("\n");
  }
}
