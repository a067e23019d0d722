import { Args } from "@oclif/core";
import { activateType, bucketTypeNamed, bucketTypes, commandType } from "../cluster/ring/bucket-types-client.js";
import type { ClusterBucketType } from "../cluster/ring/bucket-types.js";
import type { BucketTypeCommand } from "../core/bucket-types-contract.js";
import { BaseCommand } from "./base-command.js";
import { describeBucketType } from "./render-bucket-types.js";
import { theCluster } from "./the-cluster.js";

export const typeArg = Args.string({ description: "Name of the bucket type.", required: true });

export const propsArg = Args.string({
  description: "Properties, name=value each (datatype=set, n_val=5, allow_mult=false), or JSON as riak-admin takes it.",
});

interface Wishes {
  readonly cluster: string | undefined;
  readonly service: string | undefined;
  readonly node?: string | undefined;
}

/** What the commands of bucket types share. */
export abstract class BaseBucketTypeCommand extends BaseCommand {
  protected async types(wishes: Wishes): Promise<readonly ClusterBucketType[]> {
    const { engine } = this.world;
    return bucketTypes(engine, await theCluster(this.world, wishes.cluster), whomOf(wishes));
  }

  protected async typeNamed(name: string, wishes: Wishes): Promise<ClusterBucketType> {
    const { engine } = this.world;
    return bucketTypeNamed(engine, await theCluster(this.world, wishes.cluster), name, whomOf(wishes));
  }

  /** Has it carried out; what the type is then is still to be said. */
  protected async command(command: BucketTypeCommand, wishes: Wishes): Promise<ClusterBucketType> {
    const { engine } = this.world;
    const found = await theCluster(this.world, wishes.cluster);
    const whom = whomOf(wishes);
    if (command.command === "activate") return activateType(engine, found, command.type, whom);
    return commandType(engine, found, command, whom);
  }

  protected said(type: ClusterBucketType): ClusterBucketType {
    this.log(describeBucketType(type));
    return type;
  }
}

function whomOf({ node, service }: Wishes): { readonly node: string | undefined; readonly service: string | undefined } {
  return { node, service };
}
