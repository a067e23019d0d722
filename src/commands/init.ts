import { Flags } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.js";
import { initSpec } from "../cli/init-spec.js";

export default class Init extends BaseCommand {
  static override summary = "Write a devious.yaml with comments into this folder.";
  static override examples = ["<%= config.bin %> init", "<%= config.bin %> init --name shop --nodes 5"];
  static override flags = {
    name: Flags.string({ description: "Cluster name; default: the folder's.", helpValue: "<name>" }),
    nodes: Flags.integer({ description: "How many nodes.", default: 3, helpValue: "<n>" }),
    force: Flags.boolean({ description: "Replace the file that is there." }),
  };

  async run(): Promise<{ readonly file: string }> {
    const { flags } = await this.parse(Init);
    const file = await initSpec(this.world.folder, flags);
    this.log(`wrote ${file}; \`devious up\` boots it`);
    return { file };
  }
}
