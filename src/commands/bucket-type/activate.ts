import { BaseBucketTypeCommand, typeArg } from "../../cli/bucket-type-command.js";
import { ringChangeFlags } from "../../cli/ring-command.js";
import type { ClusterBucketType } from "../../cluster/ring/bucket-types.js";

export default class BucketTypeActivate extends BaseBucketTypeCommand {
  static override summary = "Let clients use a bucket type that was created.";
  static override description =
    "Waits some seconds until all members know it, and is refused while one does not; then until all that answer have it active.";
  static override examples = ["<%= config.bin %> bucket-type activate maps"];
  static override args = { type: typeArg };
  static override flags = ringChangeFlags;

  async run(): Promise<ClusterBucketType> {
    const { args, flags } = await this.parse(BucketTypeActivate);
    return this.said(await this.command({ command: "activate", type: args.type }, flags));
  }
}
