import { parseDuration } from "../core/duration.js";
import { DeviousError, messageOf } from "../core/errors.js";
import { levels, type Level, type LogRecord } from "../core/log-record.js";
import { isLevel } from "./parse.js";
import { parseStamp, stampOfMs } from "./stamp.js";

/** Which records to show; an absent part lets everything through. */
export interface LogFilter {
  /** The agent's records are those of node `chaos`. */
  readonly nodes?: ReadonlySet<string> | undefined;
  readonly minLevel?: Level | undefined;
  readonly grep?: RegExp | undefined;
  /** Stamp, included. */
  readonly since?: string | undefined;
}

/** What a user types. */
export interface LogFilterInput {
  readonly nodes?: readonly string[] | undefined;
  readonly level?: string | undefined;
  readonly grep?: string | undefined;
  readonly since?: string | undefined;
}

/** The door: every part checked and compiled, or `DeviousError` with code USAGE. `nowMs` is what durations count back from. */
export function parseFilter(input: LogFilterInput, nowMs: number): LogFilter {
  return {
    nodes: input.nodes === undefined || input.nodes.length === 0 ? undefined : new Set(input.nodes),
    minLevel: input.level === undefined ? undefined : parseLevel(input.level),
    grep: input.grep === undefined ? undefined : parseGrep(input.grep),
    since: input.since === undefined ? undefined : parseSince(input.since, nowMs),
  };
}

export function accepts(filter: LogFilter, record: LogRecord): boolean {
  if (filter.nodes !== undefined && !filter.nodes.has(record.node)) return false;
  if (filter.minLevel !== undefined && levels.indexOf(record.level) < levels.indexOf(filter.minLevel)) return false;
  if (filter.since !== undefined && record.ts < filter.since) return false;
  return filter.grep === undefined || matches(filter.grep, record);
}

/** In the message, the event's name, or one `key=value`. */
function matches(pattern: RegExp, { msg, event, fields }: LogRecord): boolean {
  if (pattern.test(msg) || pattern.test(event)) return true;
  return Object.entries(fields).some(([key, value]) =>
    pattern.test(`${key}=${typeof value === "string" ? value : JSON.stringify(value)}`),
  );
}

/** A stamp from `5m` (that long before `nowMs`) or an RFC 3339 time. */
export function parseSince(text: string, nowMs: number): string {
  const durationMs = parseDuration(text);
  // no further back than stamps can say
  const stamp = durationMs === undefined ? parseStamp(text.trim()) : stampOfMs(Math.max(0, nowMs - durationMs));
  if (stamp !== undefined) return stamp;
  throw new DeviousError("USAGE", `"${text}" is neither a duration nor a time`, {
    hint: "Write a duration such as 5m or 1h30m, or a time with its zone such as 2026-11-21T10:00:00Z.",
  });
}

function parseLevel(text: string): Level {
  const level = text.toLowerCase();
  if (isLevel(level)) return level;
  throw new DeviousError("USAGE", `"${text}" is no log level`, { hint: `Levels are ${levels.join(", ")}.` });
}

function parseGrep(text: string): RegExp {
  try {
    return new RegExp(text, "u");
  } catch (cause) {
    throw new DeviousError("USAGE", `--grep is no regular expression: ${messageOf(cause)}`, { cause });
  }
}
