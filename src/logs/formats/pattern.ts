import { linePattern, type LogFormat } from "../../core/log-format.js";
import type { Level } from "../../core/log-record.js";
import { bounded } from "../bounded-pattern.js";
import { isTime, keysOf } from "./keys.js";
import { levelOf, levelOfText } from "./levels.js";
import { put, valueOf, type Fields, type Reader, type Said } from "./said.js";

/** What the named groups of a pattern found in a line. */
type Groups = Readonly<Record<string, string | undefined>>;

/** Of a text of several lines, a trace, patterns see the first; the others are part of the message. */
function matchFirstLine(pattern: RegExp, text: string): { readonly groups: Groups; readonly rest: string } | undefined {
  const end = text.indexOf("\n");
  const match = pattern.exec(end === -1 ? text : text.slice(0, end));
  return match === null ? undefined : { groups: match.groups ?? {}, rest: end === -1 ? "" : text.slice(end) };
}

/**
 * Reads lines in one of several layouts, the first that fits, by their named groups: `level`, `event` and `msg` are the record's, all
 * others are fields where they found something but `-`. A level that `levelFor` does not know makes it none of these layouts.
 */
export function patternReader(
  patterns: readonly RegExp[],
  levelFor: (level: string, groups: Groups) => Level | undefined = levelOf,
): Reader {
  return (text) => {
    for (const pattern of patterns) {
      const match = matchFirstLine(pattern, text);
      const level = match === undefined ? undefined : levelFor(match.groups["level"] ?? "", match.groups);
      if (match !== undefined && level !== undefined) return saidBy(match.groups, match.rest, level);
    }
    return undefined;
  };
}

/**
 * Reads lines by the user's own expression. What it finds as `time` is left out where it is one, what it finds as `level` stays a field
 * where it is none; a line without a `msg` is its own message.
 */
export function userPatternReader(format: LogFormat & { readonly pattern: string }): Reader {
  const pattern = bounded(linePattern(format.pattern));
  const { levelFor } = keysOf(format);
  return (text) => {
    const match = matchFirstLine(pattern, text);
    if (match === undefined) return undefined;
    const { time, level: word, ...groups } = match.groups;
    const level = word === undefined ? undefined : levelFor(valueOf(word));
    const kept = { ...(isTime(time) ? {} : { time }), ...groups };
    const said = saidBy(kept, match.rest, level ?? levelOfText(text));
    const fields = level === undefined && word !== undefined ? { level: word, ...said.fields } : said.fields;
    return { ...said, msg: groups["msg"] === undefined ? text : said.msg, fields };
  };
}

function saidBy({ event, msg, ...groups }: Groups, rest: string, level: Level): Said {
  const fields: Fields = {};
  for (const [name, value] of Object.entries(groups))
    if (name !== "level" && value !== undefined && value !== "-") put(fields, name, valueOf(value));
  return { level, event: event === undefined || event === "-" ? "" : event, msg: `${msg ?? ""}${rest}`, fields };
}
