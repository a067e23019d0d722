import { BaseBucketTypeCommand } from "../../cli/bucket-type-command.js";
import { renderBucketTypes } from "../../cli/render-bucket-types.js";
import { ringFlags } from "../../cli/ring-command.js";
import type { ClusterBucketType } from "../../cluster/ring/bucket-types.js";

export default class BucketTypeList extends BaseBucketTypeCommand {
  static override summary = "List the bucket types of a leaderless store, with what each has otherwise than the default type.";
  static override examples = ["<%= config.bin %> bucket-type list", "<%= config.bin %> bucket-type list --json"];
  static override flags = ringFlags;

  async run(): Promise<readonly ClusterBucketType[]> {
    const { flags } = await this.parse(BucketTypeList);
    const types = await this.types(flags);
    this.log(renderBucketTypes(types, this.terminal.chalk));
    return types;
  }
}
