import { Flags } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.js";
import { initSpec } from "../cli/init-spec.js";
import { formatTable } from "../cli/table.js";
import { type Template, listTemplates, writeTemplate } from "../cli/templates.js";

interface Written {
  readonly file: string;
}

interface WrittenTemplate {
  readonly template: string;
  /** Relative to this folder. */
  readonly files: readonly string[];
}

export default class Init extends BaseCommand {
  static override summary =
    "Write a devious.yaml with comments into this folder, or a template: a system with a scenario to hurt it by.";
  static override examples = [
    "<%= config.bin %> init",
    "<%= config.bin %> init --name shop --nodes 5",
    "<%= config.bin %> init --list",
    "mkdir try && cd try && <%= config.bin %> init --template etcd",
  ];
  static override flags = {
    name: Flags.string({ description: "Cluster name; default: the folder's.", helpValue: "<name>" }),
    nodes: Flags.integer({ description: "How many nodes.", default: 3, helpValue: "<n>" }),
    template: Flags.string({
      description: "Write the files of this template instead.",
      helpValue: "<name>",
      exclusive: ["nodes"],
    }),
    list: Flags.boolean({ description: "Say which templates there are.", exclusive: ["name", "nodes", "template", "force"] }),
    force: Flags.boolean({ description: "Replace files that are there." }),
  };

  async run(): Promise<Written | WrittenTemplate | { readonly templates: readonly Template[] }> {
    const { flags } = await this.parse(Init);
    if (flags.list) return this.#list();
    if (flags.template !== undefined) return this.#write(flags.template, flags);
    const file = await initSpec(this.world.folder, flags);
    this.log(`wrote ${file}; \`devious up\` boots it`);
    return { file };
  }

  async #list(): Promise<{ readonly templates: readonly Template[] }> {
    const templates = await listTemplates();
    const rows = templates.map(({ name, says, tested }) => [name, tested ? says : `${says} (not tested here)`]);
    this.log(formatTable(rows));
    return { templates };
  }

  async #write(
    template: string,
    wanted: { readonly name?: string | undefined; readonly force: boolean },
  ): Promise<WrittenTemplate> {
    const files = await writeTemplate(template, this.world.folder, wanted);
    this.log(`wrote ${files.join(", ")}`);
    this.log("`devious up` boots it, README.md says what to try, and `devious chaos run smoke.yaml` is a first scenario");
    return { template, files };
  }
}
