import { BaseBucketTypeCommand, propsArg, typeArg } from "../../cli/bucket-type-command.js";
import { parseBucketTypeProps } from "../../cli/bucket-type-props.js";
import { ringChangeFlags } from "../../cli/ring-command.js";
import type { ClusterBucketType } from "../../cluster/ring/bucket-types.js";

export default class BucketTypeUpdate extends BaseBucketTypeCommand {
  static override summary = "Change properties of a bucket type that is active; those not named stay.";
  static override examples = ["<%= config.bin %> bucket-type update carts r=1 w=all"];
  static override args = { type: typeArg, props: { ...propsArg, required: true } };
  static override flags = ringChangeFlags;
  // any number of properties
  static override strict = false;

  async run(): Promise<ClusterBucketType> {
    const { args, argv, flags } = await this.parse(BucketTypeUpdate);
    const props = parseBucketTypeProps(argv.slice(1).map(String));
    return this.said(await this.command({ command: "update", type: args.type, props }, flags));
  }
}
