import { isRandom, parseTarget, type Target } from "../chaos/target.js";
import { DeviousError } from "../core/errors.js";
import { chaosNode } from "../core/log-record.js";
import { shipperNode } from "../core/ship-contract.js";
import { parseFilter, parsePattern, type LogFilter } from "../logs/filter.js";
import { formatJson } from "../logs/format.js";
import type { TimeStyle } from "../logs/pretty/clock.js";
import { createPretty, type PrettyOptions } from "../logs/pretty/pretty.js";
import { msOfStamp } from "../logs/stamp.js";
import { createColumns } from "../logs/templates/columns.js";
import { formatLogfmt } from "../logs/templates/logfmt.js";
import { createTemplate } from "../logs/templates/template.js";
import type { RecordWriter } from "../logs/templates/writer.js";
import { parseWhen, stampBeside } from "../logs/when.js";
import { compileWhere } from "../logs/where.js";

/** What a user types after `devious logs`; durations in milliseconds. */
export interface LogQuestionInput {
  /** Targets of nodes; `chaos` is the agent. */
  readonly nodes: readonly string[];
  readonly service?: readonly string[] | undefined;
  readonly level?: string | undefined;
  readonly event?: readonly string[] | undefined;
  readonly grep?: string | undefined;
  readonly where?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly around?: string | undefined;
  readonly span?: number | undefined;
  readonly fault?: string | undefined;
  readonly follow?: boolean | undefined;
  readonly tail?: number | undefined;
  readonly window?: number | undefined;
  readonly "until-match"?: string | undefined;
  readonly timeout?: number | undefined;
  readonly "no-faults"?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly format?: string | undefined;
  readonly columns?: readonly string[] | undefined;
  readonly raw?: boolean | undefined;
  readonly fold?: boolean | undefined;
  readonly time?: string | undefined;
  readonly order?: string | undefined;
  readonly shiviz?: string | undefined;
  readonly summary?: boolean | undefined;
  readonly "new-since"?: string | undefined;
  readonly archive?: string | undefined;
}

/** A question about a cluster's log, checked as far as that goes without the cluster. */
export interface LogQuestion {
  /** Whose records; undefined: everybody's. */
  readonly who: { readonly target: Target; readonly ours: readonly string[] } | undefined;
  readonly services: readonly string[];
  /** All but the nodes. */
  readonly filter: LogFilter;
  /** The time of this fault, in place of the filter's. */
  readonly fault: string | undefined;
  readonly follow: boolean;
  /** The last so many records of each node. */
  readonly tail: number | undefined;
  readonly holdBackMs: number | undefined;
  readonly untilMatch: RegExp | undefined;
  readonly timeoutMs: number | undefined;
  /** By cause and effect, not by the engine's stamps. */
  readonly isCausal: boolean;
  /** Of a summary: what was first said since then is new. */
  readonly newSince: string | undefined;
  /** One JSON object a line, also of what is told beside the records. */
  readonly isJson: boolean;
  readonly writer: (pretty: PrettyOptions) => RecordWriter;
}

type Flag = Exclude<keyof LogQuestionInput, "nodes">;

/** Flags that cannot both be meant. */
const contradictions: readonly (readonly [Flag, ...Flag[]])[] = [
  ["around", "fault", "since", "until", "tail", "follow", "until-match"],
  ["fault", "since", "until", "tail"],
  ["json", "format", "columns", "raw"],
  ["format", "columns", "raw", "summary"],
  ["columns", "raw", "summary"],
  ["raw", "summary", "order"],
  ["summary", "follow", "until-match", "shiviz", "fold", "time"],
  ["shiviz", "follow", "until-match", "json", "format", "columns", "raw"],
  ["archive", "follow", "until-match", "raw"],
];

/** Flags that say something about another one only. */
const companions: readonly (readonly [Flag, Flag])[] = [
  ["span", "around"],
  ["timeout", "until-match"],
  ["new-since", "summary"],
];

const aroundMs = 10_000;

/** The door of `devious logs`. Throws USAGE for every mistake that can be seen without the cluster. `nowMs` is what durations count back from. */
export async function parseLogQuestion(input: LogQuestionInput, nowMs: number): Promise<LogQuestion> {
  refuseContradictions(input);
  const writer = parseWriter(input);
  const untilMatch = input["until-match"] === undefined ? undefined : parsePattern(input["until-match"], "--until-match");
  const follow = input.follow === true || untilMatch !== undefined;
  const filter = parseFilter({ level: levelOf(input), events: input.event, services: input.service, grep: input.grep }, nowMs);
  const time = parseTime(input, follow, nowMs);
  const who = parseWho(input.nodes);
  if (input["no-faults"] === true && who?.ours.includes(chaosNode) === true) {
    throw new DeviousError("USAGE", `--no-faults leaves out what "${chaosNode}" asks for`, { hint: "Leave one of the two out." });
  }
  const where = input.where === undefined ? undefined : await compileWhere(input.where);
  return {
    who,
    services: input.service ?? [],
    filter: { ...filter, ...time, where, noFaults: input["no-faults"] },
    fault: input.fault,
    follow,
    tail: input.tail,
    holdBackMs: input.window,
    untilMatch,
    timeoutMs: input.timeout,
    isCausal: input.order === "causal",
    newSince: input["new-since"] === undefined ? undefined : parseWhen(input["new-since"], nowMs),
    isJson: input.json === true || input.format === "json",
    writer,
  };
}

function refuseContradictions(input: LogQuestionInput): void {
  const isGiven = (flag: Flag): boolean => input[flag] !== undefined && input[flag] !== false;
  for (const [flag, ...others] of contradictions) {
    const other = others.find(isGiven);
    if (!isGiven(flag) || other === undefined) continue;
    throw new DeviousError("USAGE", `--${flag} and --${other} contradict each other`, { hint: "Leave one of the two out." });
  }
  for (const [flag, other] of companions) {
    if (isGiven(flag) && !isGiven(other)) throw new DeviousError("USAGE", `--${flag} means nothing without --${other}`);
  }
}

/** People are not shown debug and trace unless they ask for a level, or for something that may well be said there. */
function levelOf({ level, event, where, json, format, raw, summary, shiviz }: LogQuestionInput): string | undefined {
  const forPrograms = json === true || format === "json" || format === "logfmt" || raw === true;
  const forAll = forPrograms || summary === true || shiviz !== undefined;
  return level ?? (forAll || event !== undefined || where !== undefined ? undefined : "info");
}

function parseTime(input: LogQuestionInput, follow: boolean, nowMs: number): Pick<LogFilter, "since" | "until"> {
  if (input.around !== undefined) {
    const stamp = parseWhen(input.around, nowMs);
    const spanMs = input.span ?? aroundMs;
    return { since: stampBeside(stamp, -spanMs), until: stampBeside(stamp, spanMs) };
  }
  const since = input.since === undefined ? undefined : parseWhen(input.since, nowMs);
  if (input.until === undefined) return { since };
  // 23:50 to 0:10 is one night; while following, the end is to come
  const fromMs = since === undefined ? nowMs : msOfStamp(since);
  const until = parseWhen(input.until, nowMs, since === undefined && !follow ? { upToMs: nowMs } : { fromMs });
  if (since !== undefined && until < since) {
    throw new DeviousError("USAGE", `--until ${input.until} is before --since ${input.since ?? ""}`, {
      hint: "A duration is that long ago: the larger one comes first.",
    });
  }
  return { since, until };
}

/** Who has a log and is no node of the cluster. */
const ourNodes: readonly string[] = [chaosNode, shipperNode];

function parseWho(nodes: readonly string[]): LogQuestion["who"] {
  if (nodes.length === 0) return undefined;
  const all = parseTarget(nodes.join(","));
  const ours = all.flatMap((one) => (one.by === "name" && ourNodes.includes(one.name) ? [one.name] : []));
  const target = all.filter((one) => one.by !== "name" || !ourNodes.includes(one.name));
  if (isRandom(target)) {
    throw new DeviousError("USAGE", "Whose log is shown cannot be left to chance", {
      hint: "Name nodes, services or zones, or leader, followers, all, not(n1).",
    });
  }
  return { target, ours };
}

function parseWriter(input: LogQuestionInput): LogQuestion["writer"] {
  const { json, format, columns, raw } = input;
  if (columns !== undefined) {
    const names = columns.map((name) => name.trim());
    // for its mistakes, before anything is read
    createColumns(names, []);
    return ({ nodes = [] }) => createColumns(names, nodes);
  }
  if (raw === true) return () => rawWriter;
  if (json === true) return () => jsonWriter;
  switch (format) {
    case undefined:
    case "pretty":
      return (pretty) => createPretty({ ...pretty, fold: input.fold, time: input.time as TimeStyle | undefined });
    case "json":
      return () => jsonWriter;
    case "logfmt":
      return () => ({ line: formatLogfmt });
    default: {
      if (!format.includes("{{")) {
        throw new DeviousError("USAGE", `There is no format "${format}"`, {
          hint: "Formats are pretty, logfmt, json, or a template such as '{{ts}} {{node}} {{msg}}'.",
        });
      }
      const template = createTemplate(format);
      return () => template;
    }
  }
}

const jsonWriter: RecordWriter = {
  line: formatJson,
  shown: (shown) => shown.json?.() ?? formatJson(shown.record),
};

/** Lines as they were written, whatever is in them. */
const rawWriter: RecordWriter = { line: ({ msg }) => msg, shown: ({ text, record }) => text ?? record.msg };
