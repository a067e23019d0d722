/**
 * An entry as one line of JSON, the record as {@link formatJson} writes it. Most lines are our own programs' and plain: their values need
 * not be taken out of one JSON text to be put into another, which is most of the work.
 */
import type { Entry, Source } from "./entry.js";
import { formatJson } from "./format.js";

/** Printable ASCII, with none of JSON's escapes but the short ones: the same in a record as in the line. */
const plain = String.raw`(?:[ !#-\[\]-~]|\\["\\/bfnrt])*`;
const scalar = String.raw`(?:"${plain}"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null)`;
const flat = String.raw`(?:${scalar}|\[(?:${scalar}(?:,${scalar})*)?\]|\{(?:"${plain}":${scalar}(?:,"${plain}":${scalar})*)?\})`;
/** A `LogLine` as `createLog` writes it, its own keys first and only once. */
const ourLine = new RegExp(
  String.raw`^\{"ts":"${plain}","level":"(trace|debug|info|warn|error|fatal)","node":"${plain}","event":"(${plain})","msg":"(${plain})"` +
    String.raw`((?:,"(?!(?:ts|level|node|event|msg)")${plain}":${flat})*)\}$`,
);

const starts = new WeakMap<Source, string>();

/** Without a newline. */
export function entryJson(entry: Entry): string {
  const { source, stream, ts, text, seq, flags } = entry;
  const said = source.hasFormat === true ? null : ourLine.exec(text);
  if (said === null) return formatJson(entry.record);
  const [, level = "", event = "", msg = "", fields = ""] = said;
  const flagged = flags.length === 0 ? "" : `,"flags":${JSON.stringify(flags)}`;
  return `{"ts":"${ts}",${startOf(source)}"${stream}","level":"${level}","event":"${event}","msg":"${msg}","fields":{${fields.slice(1)}},"seq":${seq}${flagged}}`;
}

/** What all records of a source share. */
function startOf(source: Source): string {
  let start = starts.get(source);
  if (start === undefined) {
    const { cluster, service, node } = source;
    start = `"cluster":${JSON.stringify(cluster)},"service":${JSON.stringify(service)},"node":${JSON.stringify(node)},"stream":`;
    starts.set(source, start);
  }
  return start;
}
