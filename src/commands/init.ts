import { Flags } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.js";
import { specFromCompose } from "../cli/compose-file.js";
import type { TakenOver } from "../cli/compose-file.js";
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
    "Write a devious.yaml into this folder: one with comments, a template with a scenario to hurt it by, or what a compose file asks for.";
  static override examples = [
    "<%= config.bin %> init",
    "<%= config.bin %> init --name shop --nodes 5",
    "<%= config.bin %> init --list",
    "mkdir try && cd try && <%= config.bin %> init --template etcd",
    "<%= config.bin %> init --from docker-compose.yml",
    "<%= config.bin %> init --from ../shop --profile debug",
  ];
  static override flags = {
    name: Flags.string({ description: "Cluster name; default: the folder's.", helpValue: "<name>" }),
    nodes: Flags.integer({ description: "How many nodes.", default: 3, helpValue: "<n>" }),
    template: Flags.string({
      description: "Write the files of this template instead.",
      helpValue: "<name>",
      exclusive: ["nodes"],
    }),
    list: Flags.boolean({
      description: "Say which templates there are.",
      exclusive: ["name", "nodes", "template", "from", "force"],
    }),
    from: Flags.string({
      description:
        "Take over a compose file, or that of a folder; what could not be taken over, or means something else, is said line by line.",
      helpValue: "<file>",
      exclusive: ["nodes", "template"],
    }),
    profile: Flags.string({
      description: "Of the compose file: take over the services of this profile too, `*` is all.",
      helpValue: "<name>",
      multiple: true,
      dependsOn: ["from"],
    }),
    force: Flags.boolean({ description: "Replace files that are there." }),
  };

  async run(): Promise<Written | WrittenTemplate | TakenOver | { readonly templates: readonly Template[] }> {
    const { flags } = await this.parse(Init);
    if (flags.list) return this.#list();
    if (flags.from !== undefined) return this.#takeOver(flags.from, flags.profile ?? [], flags);
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

  async #takeOver(
    from: string,
    profiles: readonly string[],
    { name, force }: { readonly name?: string | undefined; readonly force: boolean },
  ): Promise<TakenOver> {
    const { folder, environment } = this.world;
    const taken = await specFromCompose(folder, { from, name, profiles, force, environment });
    if (!this.jsonEnabled()) {
      for (const { line, column, message } of taken.notices) this.logToStderr(`${taken.from}:${line}:${column} ${message}`);
    }
    this.log(`wrote ${taken.file}; \`devious up\` boots it`);
    return taken;
  }
}
