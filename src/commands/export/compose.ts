import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/base-command.js";
import { composeFromSpec } from "../../cli/export-compose.js";
import type { ExportedCompose } from "../../cli/export-compose.js";

export default class ExportComposeFile extends BaseCommand {
  static override summary = "Print a compose file that boots the same nodes without devious.";
  static override description =
    "Nodes keep their names, ports are on 127.0.0.1, templates are filled in, and variables stay. What compose has no words for, such as faults' zones and links, is said on stderr. Nodes of the bundled store need its image, which `devious up` builds.";
  static override examples = [
    "<%= config.bin %> export compose",
    "<%= config.bin %> export compose shop --output shop/docker-compose.yml",
    "<%= config.bin %> export compose | docker compose -p shop -f - up -d",
  ];
  static override args = { spec: Args.string({ description: "Spec file, or a folder with a devious.yaml." }) };
  static override flags = {
    output: Flags.string({
      description:
        "Write it to this file, replacing it, and what the spec puts into nodes as `files` into a folder beside it: docker-compose 1 takes that too.",
      helpValue: "<file>",
    }),
  };

  async run(): Promise<ExportedCompose> {
    const { args, flags } = await this.parse(ExportComposeFile);
    const exported = await composeFromSpec(this.world, args.spec, flags.output);
    if (!this.jsonEnabled()) for (const notice of exported.notices) this.logToStderr(notice);
    this.log(exported.file === null ? exported.compose.trimEnd() : `wrote ${exported.file}`);
    return exported;
  }
}
