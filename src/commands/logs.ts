import { once } from "node:events";
import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.js";
import { clusterFlag, durationFlag } from "../cli/flags.js";
import { parseLogQuestion } from "../cli/log-question.js";
import { keepHeapSmall } from "../cli/heap.js";
import { exportShiviz, summarize } from "../cli/log-report.js";
import { type LogSource, archivedLogs, engineLogs, logLines } from "../cli/log-view.js";
import type { Terminal } from "../cli/terminal.js";
import { theCluster } from "../cli/the-cluster.js";
import { levels } from "../core/log-record.js";
import { footerOf, footerRecord } from "../logs/footer.js";
import { formatJson } from "../logs/format.js";
import { Tally } from "../logs/tally.js";
import { findArchive } from "../workspace/archives.js";

const when = "a duration ago, a clock time such as 14:02:07, or RFC 3339";
// not greedy: a node may follow
const list = { multiple: true, multipleNonGreedy: true, delimiter: "," } as const;

export default class Logs extends BaseCommand {
  static override summary = "Show what every node said, and every fault, in one stream in time order.";
  static override description =
    "Faults are records of the node `chaos`. People see the level info and above unless they ask for a level, an event or a condition; --json and logfmt give every record, one a line.";
  static override examples = [
    "<%= config.bin %> logs -f",
    "<%= config.bin %> logs n1 chaos --since 5m",
    "<%= config.bin %> logs --level warn --grep 'leader|term'",
    `<%= config.bin %> logs --where 'term > 3 && level >= "warn"'`,
    "<%= config.bin %> logs --fault f3",
    "<%= config.bin %> logs --around 14:02:07 --span 30s",
    "<%= config.bin %> logs --until-match 'became leader' --timeout 30s",
    "<%= config.bin %> logs --columns ts,node,level,msg,term",
    "<%= config.bin %> logs --summary",
    "<%= config.bin %> logs --archive LAST --level error",
    "<%= config.bin %> logs --order causal --shiviz run.log",
    "<%= config.bin %> logs --tail 20 --json",
  ];
  // one record a line, as they come: not one object at the end
  static override enableJsonFlag = false;
  static override args = {
    node: Args.string({
      description: "Whose records: nodes, services, zones, leader, not(n1); `chaos` is the agent. Default: everybody's.",
    }),
  };
  // any number of nodes
  static override strict = false;
  static override flags = {
    cluster: clusterFlag,
    follow: Flags.boolean({ char: "f", description: "Go on with what is said from now on." }),
    since: Flags.string({
      description: `Only what is younger: ${when}.`,
      helpValue: "<when>",
    }),
    until: Flags.string({
      description: "Only what is older, written as for --since.",
      helpValue: "<when>",
    }),
    around: Flags.string({
      description: "What was said 10s before and after a time, written as for --since.",
      helpValue: "<when>",
    }),
    span: durationFlag({ description: "How long before and after --around." }),
    fault: Flags.string({
      description: "From 5s before this fault to 5s after it, or to now; `chaos ls` and the log itself name them.",
      helpValue: "<f3>",
    }),
    tail: Flags.integer({ char: "n", description: "Only the last so many records of each node.", helpValue: "<n>", min: 0 }),
    node: Flags.string({ ...list, description: "The same as the argument.", helpValue: "<n1,n2>" }),
    service: Flags.string({ ...list, description: "Only nodes of these services.", helpValue: "<kv,api>" }),
    level: Flags.string({ description: "Only this level and above; default for people: info.", options: [...levels] }),
    event: Flags.string({ ...list, description: "Only these events; `*` stands for any letters.", helpValue: "<names>" }),
    grep: Flags.string({
      description: "Only records that match this regular expression; (?i) in front ignores case.",
      helpValue: "<regex>",
    }),
    where: Flags.string({
      description: "Only records for which this condition in CEL holds; it names fields and keys of records.",
      helpValue: "<condition>",
    }),
    "no-faults": Flags.boolean({ description: "Leave out what the agent says." }),
    "until-match": Flags.string({
      description: "Follow until a record matches this regular expression, written as for --grep; 1 where none does.",
      helpValue: "<regex>",
    }),
    timeout: durationFlag({ description: "How long --until-match waits." }),
    window: durationFlag({
      description: "While following, how long a record waits for earlier ones of other nodes; default 300ms.",
    }),
    json: Flags.boolean({ description: "One JSON object a record." }),
    format: Flags.string({
      description: "pretty, logfmt, json, or a template such as '{{ts}} {{node}} {{msg}} {{fields.term}}'.",
      helpValue: "<format>",
    }),
    raw: Flags.boolean({ description: "The lines as their programs wrote them, control characters and all." }),
    time: Flags.string({
      description: "How times are shown to people; default: absolute.",
      options: ["absolute", "relative", "utc", "none"],
    }),
    fold: Flags.boolean({ description: "Neighbours that say the same but for their numbers become one line." }),
    order: Flags.string({
      description: "By the engine's stamps, or by cause and effect; default: time.",
      options: ["time", "causal"],
    }),
    summary: Flags.boolean({
      description: "One page: counts over time, elections and faults, what is new, the most frequent messages.",
    }),
    "new-since": Flags.string({
      description: "For --summary: errors first said since then are new; default: in the last quarter.",
      helpValue: "<when>",
    }),
    shiviz: Flags.string({ description: "Write who heard what from whom to a file for ShiViz.", helpValue: "<file>" }),
    archive: Flags.string({
      description: "Read what `down` or `collect` kept: a file, a folder, or LAST.",
      helpValue: "<file>",
    }),
    columns: Flags.string({ ...list, description: "These keys and fields as aligned columns.", helpValue: "<ts,node,msg>" }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Logs);
    if (flags.follow) keepHeapSmall();
    const nodes = [...argv.map(String), ...(flags.node ?? [])];
    const question = await parseLogQuestion({ ...flags, nodes }, Date.now());
    const source = await this.#source(flags.archive, flags.cluster);
    const telling = { signal: this.signal, tally: new Tally() };
    if (flags.summary) return this.log(await summarize(question, source, telling, this.#paper));
    if (flags.shiviz !== undefined) return this.log(await exportShiviz(question, source, telling, flags.shiviz));
    for await (const lines of logLines(question, source, this.#paper, telling)) await this.#print(lines);
    const footer = footerOf(telling.tally);
    if (question.isJson) this.log(formatJson(footerRecord(telling.tally, source.name, Date.now())));
    else if (footer !== undefined) this.logToStderr(footer);
  }

  async #source(archive: string | undefined, cluster: string | undefined): Promise<LogSource> {
    if (archive !== undefined) return archivedLogs(await findArchive(archive, this.world.folder, cluster));
    return engineLogs(this.world.engine, await theCluster(this.world, cluster));
  }

  /** What is written on: a person's terminal has a width. */
  get #paper(): Terminal & { readonly width: number | undefined } {
    const { terminal } = this;
    return { ...terminal, width: terminal.live ? process.stdout.columns : undefined };
  }

  /** Whoever reads slowly is waited for: what is not read would be kept in memory. */
  async #print(lines: string): Promise<void> {
    this.log(lines);
    if (process.stdout.writableNeedDrain) await once(process.stdout, "drain");
  }
}
