import { DeviousError, messageOf } from "../core/errors.js";
import { bounded } from "./bounded-pattern.js";
import { chaosNode, levels, type Level, type LogRecord, type RecordFlag } from "../core/log-record.js";
import { isLevel } from "./parse.js";
import { parseWhen } from "./when.js";
import type { Where } from "./where.js";

/** Which records to show; an absent part lets everything through. */
export interface LogFilter {
  /** The agent's records are those of node `chaos`. */
  readonly nodes?: ReadonlySet<string> | undefined;
  /** Leave the agent's records out. */
  readonly noFaults?: boolean | undefined;
  /** Stamp, included. */
  readonly since?: string | undefined;
  /** Stamp, included. */
  readonly until?: string | undefined;
  /** Let whatever is younger than `until` pass, so that a reader of the merged story sees that it is over ({@link throughUntil}). */
  readonly passEnd?: boolean | undefined;
  readonly minLevel?: Level | undefined;
  readonly event?: RegExp | undefined;
  readonly services?: ReadonlySet<string> | undefined;
  readonly grep?: RegExp | undefined;
  readonly where?: Where | undefined;
}

/** What a user types. */
export interface LogFilterInput {
  readonly nodes?: readonly string[] | undefined;
  readonly level?: string | undefined;
  readonly events?: readonly string[] | undefined;
  readonly services?: readonly string[] | undefined;
  readonly grep?: string | undefined;
  readonly since?: string | undefined;
}

/** The door: every part checked and compiled, or `DeviousError` with code USAGE. `nowMs` is what durations count back from. */
export function parseFilter(input: LogFilterInput, nowMs: number): LogFilter {
  return {
    nodes: setOf(input.nodes),
    services: setOf(input.services),
    minLevel: input.level === undefined ? undefined : parseLevel(input.level),
    event: input.events === undefined || input.events.length === 0 ? undefined : parseGlobs(input.events),
    grep: input.grep === undefined ? undefined : parsePattern(input.grep, "--grep"),
    since: input.since === undefined ? undefined : parseWhen(input.since, nowMs),
  };
}

function setOf(names: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return names === undefined || names.length === 0 ? undefined : new Set(names);
}

/** The cheapest tests come first. */
export function accepts(filter: LogFilter, record: LogRecord): boolean {
  if (filter.nodes !== undefined && !filter.nodes.has(record.node)) return false;
  if (filter.noFaults === true && record.node === chaosNode) return false;
  if (filter.since !== undefined && record.ts < filter.since) return false;
  if (filter.until !== undefined && record.ts > filter.until) return filter.passEnd === true;
  if (filter.minLevel !== undefined && levels.indexOf(record.level) < levels.indexOf(filter.minLevel)) return false;
  if (filter.event !== undefined && !filter.event.test(record.event)) return false;
  if (filter.services !== undefined && !filter.services.has(record.service)) return false;
  if (filter.grep !== undefined && !matches(filter.grep, record)) return false;
  return filter.where === undefined || filter.where(record);
}

/** In the message, the event's name, or one `key=value`. */
export function matches(pattern: RegExp, { msg, event, fields }: LogRecord): boolean {
  if (pattern.test(msg) || pattern.test(event)) return true;
  return Object.entries(fields).some(([key, value]) =>
    pattern.test(`${key}=${typeof value === "string" ? value : JSON.stringify(value)}`),
  );
}

/** Something that stands in a story, a record or a line that may become one. */
export interface Placed {
  readonly ts: string;
  readonly flags?: readonly RecordFlag[] | undefined;
}

/** What an ordered story says up to `until`, ended by the first behind it; one that comes late is left out and ends nothing. */
export async function* throughUntil<T extends Placed>(
  batches: AsyncIterable<readonly T[]>,
  until: string,
): AsyncGenerator<readonly T[], void, undefined> {
  for await (const batch of batches) {
    const end = batch.findIndex(({ ts, flags }) => ts > until && flags?.includes("late") !== true);
    yield (end === -1 ? batch : batch.slice(0, end)).filter(({ ts }) => ts <= until);
    if (end !== -1) return;
  }
}

function parseLevel(text: string): Level {
  const level = text.toLowerCase();
  if (isLevel(level)) return level;
  throw new DeviousError("USAGE", `"${text}" is no log level`, { hint: `Levels are ${levels.join(", ")}.` });
}

/** Names in which `*` stands for any letters. */
function parseGlobs(globs: readonly string[]): RegExp {
  const quoted = globs.map((glob) => glob.trim().replace(/[\\^$.+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^(?:${quoted.join("|").replaceAll("*", ".*")})$`, "u");
}

/** A regular expression as users of grep write it: `(?i)` in front makes it blind to case. `flag` is named in the error. */
export function parsePattern(text: string, flag: string): RegExp {
  const source = text.replace(/^\(\?i\)/, "");
  try {
    return bounded(new RegExp(source, source === text ? "u" : "iu"));
  } catch (cause) {
    throw new DeviousError("USAGE", `${flag} is no regular expression: ${messageOf(cause)}`, { cause });
  }
}
