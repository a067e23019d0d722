import { Flags } from "@oclif/core";
import { BaseBucketTypeCommand, propsArg, typeArg } from "../../cli/bucket-type-command.js";
import { parseBucketTypeProps } from "../../cli/bucket-type-props.js";
import { ringChangeFlags } from "../../cli/ring-command.js";
import type { ClusterBucketType } from "../../cluster/ring/bucket-types.js";

export default class BucketTypeCreate extends BaseBucketTypeCommand {
  static override summary = "Create a bucket type; clients can use it once it is activated.";
  static override description =
    "It can be created anew until then; its data type stays from then on, and there is no way to remove it. Data types are counter, set, map, hll, gset.";
  static override examples = [
    "<%= config.bin %> bucket-type create counters datatype=counter --activate",
    "<%= config.bin %> bucket-type create strict n_val=5 w=all allow_mult=false",
    `<%= config.bin %> bucket-type create maps '{"props":{"datatype":"map"}}'`,
  ];
  static override args = { type: typeArg, props: propsArg };
  static override flags = {
    ...ringChangeFlags,
    activate: Flags.boolean({ default: false, description: "And activate it, once all members know it." }),
  };
  // any number of properties
  static override strict = false;

  async run(): Promise<ClusterBucketType> {
    const { args, argv, flags } = await this.parse(BucketTypeCreate);
    const props = parseBucketTypeProps(argv.slice(1).map(String));
    const created = await this.command({ command: "create", type: args.type, props }, flags);
    return this.said(flags.activate ? await this.command({ command: "activate", type: args.type }, flags) : created);
  }
}
