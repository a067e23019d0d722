import type { LogFormat } from "../core/log-format.js";
import { formats } from "./formats/family.js";
import { jsonReader } from "./formats/json.js";
import { keysOf } from "./formats/keys.js";
import { isLevel, levelOfText } from "./formats/levels.js";
import { logfmtReader } from "./formats/logfmt.js";
import { userPatternReader } from "./formats/pattern.js";
import type { Reader, Said } from "./formats/said.js";

export { isLevel };
export type { Said };

const all = Object.values(formats);

/**
 * Understands the lines of one stream, by the format that its spec names or by trying them all; what fitted last is tried first. It never
 * throws and loses nothing but a logger's own time, and that only where the format knows it for one. What nobody understands is `msg` as it is.
 */
export function createParser(format: LogFormat = {}): (text: string) => Said {
  const readers = readersFor(format);
  const [first] = readers;
  let usual = first;
  return (text) => {
    const said = usual?.(text);
    if (said !== undefined) return said;
    const bare = withoutColours(text);
    for (const reader of readers) {
      const other = reader === usual && bare === text ? undefined : reader(bare);
      if (other === undefined) continue;
      usual = reader;
      return other;
    }
    return { level: levelOfText(bare), event: "", msg: text, fields: {} };
  };
}

/** One line, without a stream around it. */
export function parseLine(text: string): Said {
  return createParser()(text);
}

function readersFor(format: LogFormat): readonly Reader[] {
  const { pattern, format: name = "auto", time, level, message, event, levels } = format;
  if (pattern !== undefined) return [userPatternReader({ ...format, pattern })];
  const named = [time, level, message, event, levels].some((key) => key !== undefined);
  const family = named ? { ...formats, json: jsonReader(keysOf(format)), logfmt: logfmtReader(keysOf(format)) } : formats;
  switch (name) {
    case "auto":
      return named ? Object.values(family) : all;
    case "text":
      return [];
    default:
      return [family[name]];
  }
}

/** Colours that a program gives its levels, as ECMA-48 has them ("select graphic rendition"). */
const colours = new RegExp(String.raw`\u001b\[[\d;:]*m`, "g");

function withoutColours(text: string): string {
  return text.includes("\u001b") ? text.replace(colours, "") : text;
}
