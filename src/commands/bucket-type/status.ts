import { BaseBucketTypeCommand, typeArg } from "../../cli/bucket-type-command.js";
import { renderBucketType } from "../../cli/render-bucket-types.js";
import { ringFlags } from "../../cli/ring-command.js";
import type { ClusterBucketType } from "../../cluster/ring/bucket-types.js";

export default class BucketTypeStatus extends BaseBucketTypeCommand {
  static override summary = "Show whether clients can use a bucket type, who does not know it yet, and its properties.";
  static override examples = ["<%= config.bin %> bucket-type status maps"];
  static override args = { type: typeArg };
  static override flags = ringFlags;

  async run(): Promise<ClusterBucketType> {
    const { args, flags } = await this.parse(BucketTypeStatus);
    const type = await this.typeNamed(args.type, flags);
    this.log(renderBucketType(type));
    return type;
  }
}
