import { Flags } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.js";
import { clusterFlag } from "../cli/flags.js";
import { theCluster } from "../cli/the-cluster.js";
import { findNode } from "../cluster/find.js";
import { chaosNode, levels } from "../core/log-record.js";
import { parseFilter } from "../logs/filter.js";
import { formatJson } from "../logs/format.js";
import { createPretty } from "../logs/pretty/pretty.js";
import { readLogs } from "../logs/tail.js";

export default class Logs extends BaseCommand {
  static override summary = "Show what every node said, and every fault, in one stream in time order.";
  static override description =
    "Faults are records of the node `chaos`. People see the level info and above unless --level says otherwise; --json gives every record, one a line.";
  static override examples = [
    "<%= config.bin %> logs -f",
    "<%= config.bin %> logs --node n1,chaos --since 5m",
    "<%= config.bin %> logs --level warn --grep 'leader|term'",
    "<%= config.bin %> logs --tail 20 --json",
  ];
  // one record a line, as they come: not one object at the end
  static override enableJsonFlag = false;
  static override flags = {
    cluster: clusterFlag,
    follow: Flags.boolean({ char: "f", description: "Go on with what is said from now on." }),
    since: Flags.string({ description: "Only what is younger: a duration or an RFC 3339 time.", helpValue: "<when>" }),
    tail: Flags.integer({ char: "n", description: "Only the last so many records of each node.", helpValue: "<n>", min: 0 }),
    node: Flags.string({
      description: "Only these nodes; `chaos` is the agent.",
      helpValue: "<n1,n2>",
      multiple: true,
      delimiter: ",",
    }),
    level: Flags.string({ description: "Only this level and above; default for people: info.", options: [...levels] }),
    grep: Flags.string({ description: "Only records that match this regular expression.", helpValue: "<regex>" }),
    json: Flags.boolean({ description: "One JSON object a record." }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Logs);
    const { engine } = this.world;
    const level = flags.level ?? (flags.json ? undefined : "info");
    const filter = parseFilter({ nodes: flags.node, level, grep: flags.grep, since: flags.since }, Date.now());
    const found = await theCluster(this.world, flags.cluster);
    for (const node of flags.node ?? []) if (node !== chaosNode) findNode(found, node);
    const nodes = found.nodes.map(({ node }) => node);
    const format = flags.json ? formatJson : createPretty({ chalk: this.terminal.chalk, nodes }).line;
    const records = readLogs(engine, found.name, { follow: flags.follow, filter, tail: flags.tail, signal: this.signal });
    for await (const record of records) this.log(format(record));
  }
}
