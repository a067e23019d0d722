/** Go's klog and glog: `I1121 10:00:00.123456       1 controller.go:116] "Starting" worker=3` (kubernetes/klog). */
import { levelOfLetter } from "./levels.js";
import { readPairs, unquote } from "./logfmt.js";
import { patternReader } from "./pattern.js";
import type { Said } from "./said.js";

const head = /^(?<level>[IWEF])\d{4} \d\d:\d\d:\d\d\.\d{6} +(?<thread>\d+) (?<caller>[^\s\]]+:\d+)\] ?(?<msg>.*)$/;
const readHead = patternReader([head], levelOfLetter);

/** What `klog.InfoS` writes: a message in quotes, then pairs. */
const structured = /^"([^"\\]*(?:\\.[^"\\]*)*)"(?: |$)/;

export function readKlog(text: string): Said | undefined {
  const said = readHead(text);
  const quoted = said === undefined ? null : structured.exec(said.msg);
  if (said === undefined || quoted === null) return said;
  const pairs = readPairs(said.msg, quoted[0].length);
  if (pairs === undefined || "thread" in pairs || "caller" in pairs) return said;
  return { ...said, msg: unquote(quoted[1] ?? ""), fields: { ...said.fields, ...pairs } };
}
