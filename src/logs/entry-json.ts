/**
 * An entry as one line of JSON, the record as {@link formatJson} writes it. Most lines are our own programs' and plain: their values need
 * not be taken out of one JSON text to be put into another, which is most of the work.
 */
import type { RecordStream } from "../core/log-record.js";
import type { Entry, Source } from "./entry.js";
import { formatJson } from "./format.js";

/** Printable ASCII, with none of JSON's escapes but the short ones: the same in a record as in the line. */
const plain = String.raw`[ !#-\[\]-~]*(?:\\["\\/bfnrt][ !#-\[\]-~]*)*`;
const scalar = String.raw`(?:"${plain}"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null)`;
const flat = String.raw`(?:${scalar}|\[(?:${scalar}(?:,${scalar})*)?\]|\{(?:"${plain}":${scalar}(?:,"${plain}":${scalar})*)?\})`;
const field = String.raw`"(?!(?:ts|level|node|event|msg)")${plain}":${flat}`;
/** A `LogLine` as `createLog` writes it, its own keys first and only once: its level, what it says, its fields. */
const ourLine = new RegExp(
  String.raw`^\{"ts":"${plain}","level":"(trace|debug|info|warn|error|fatal)","node":"${plain}",("event":"${plain}","msg":"${plain}")` +
    String.raw`(?:,(${field}(?:,${field})*))?\}$`,
);

/** Without a newline. */
export function entryJson(entry: Entry): string {
  const { source, stream, ts, text, seq, flags } = entry;
  const said = source.hasFormat === true ? null : ourLine.exec(text);
  if (said === null) return formatJson(entry.record);
  const [, level = "", what = "", fields = ""] = said;
  const start = startOf(source, stream, level);
  const flagged = flags.length === 0 ? "" : `,"flags":${JSON.stringify(flags)}`;
  return `{"ts":"${ts}${start}${what},"fields":{${fields}},"seq":${seq}${flagged}}`;
}

/** What the records of a source have between stamp and event, by stream and level: most of a record's text, made once. */
const starts = new WeakMap<Source, Record<RecordStream, Partial<Record<string, string>>>>();

function startOf(source: Source, stream: RecordStream, level: string): string {
  let ofSource = starts.get(source);
  if (ofSource === undefined) starts.set(source, (ofSource = { stdout: {}, stderr: {}, engine: {} }));
  const { cluster, service, node } = source;
  return (ofSource[stream][level] ??= `",${JSON.stringify({ cluster, service, node, stream, level }).slice(1, -1)},`);
}
