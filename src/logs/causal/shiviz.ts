import { DeviousError } from "../../core/errors.js";
import { invariant } from "../../core/invariant.js";
import type { LogRecord } from "../../core/log-record.js";
import { escapeControls } from "../format.js";
import { type Vector, isClock, vectorOf } from "./clocks.js";
import { causalOrder } from "./order.js";
import { validateShiviz } from "./shiviz-rules.js";

/** What ShiViz is to parse the rest with. Groups beyond the three that it asks for are shown beside an event. */
const parser = String.raw`(?<date>\S+) (?<level>\S+) (?<event>.*)\n(?<host>\S+) (?<clock>\{.*\})`;

/** One host's events so far. */
interface Host {
  /** The vector clocks' own numbers of its events, not falling. */
  readonly lines: number[];
  /** The exported clock of each event. */
  readonly clocks: ReadonlyMap<string, number>[];
}

/**
 * A file for ShiViz (https://bestchai.bitbucket.io/shiviz/), of all records with a vector clock. Throws `DeviousError` (USAGE) where none
 * has one. Records may come in any order that keeps each node's own.
 *
 * ShiViz wants the events of a host numbered 1, 2, 3 … without gaps, and clocks that mention only events that are there and all that
 * follows from them. What was really written has gaps: the log begins late, lines were filtered away, a crash took some along. So the
 * clocks are made anew: events are taken in causal order, and each one's clock is that of its host's event before it, joined with those of
 * the last exported events of other hosts that its own vector clock covers. What happened before what stays the same between any two events
 * that are exported. A restarted node goes on in its column. Where clocks contradict each other, an event does not mention what comes after
 * it, so that the file is valid whatever the log says; that it is, is looked at before it is handed out.
 */
export function shiviz(records: Iterable<LogRecord>): string {
  const hosts = new Map<string, Host>();
  const lines = [parser, ""];
  for (const record of causalOrder(withVectors(records))) {
    const vector = vectorOf(record);
    if (vector === undefined) continue;
    const clock = append(hosts, record.node, vector);
    lines.push(`${record.ts} ${record.level} ${textOf(record)}`, `${record.node} ${JSON.stringify(Object.fromEntries(clock))}`);
  }
  if (hosts.size === 0) {
    throw new DeviousError("USAGE", "No record has a vector clock, so there is nothing to draw.", {
      hint: "Only the bundled store stamps its lines with vector clocks: take its nodes in, and all levels.",
    });
  }
  const text = `${lines.join("\n")}\n`;
  const [problem] = validateShiviz(text);
  invariant(problem === undefined, `the export keeps ShiViz's rules; line ${problem?.line}: ${problem?.message}`);
  return text;
}

function* withVectors(records: Iterable<LogRecord>): Generator<LogRecord, void, undefined> {
  for (const record of records) if (vectorOf(record) !== undefined) yield record;
}

/** Adds an event to its host; returns its clock. */
function append(hosts: Map<string, Host>, name: string, { own, lines }: Vector): ReadonlyMap<string, number> {
  let host = hosts.get(name);
  if (host === undefined) hosts.set(name, (host = { lines: [], clocks: [] }));
  const clock = new Map(host.clocks.at(-1));
  clock.set(name, host.lines.length + 1);
  for (const [other, line] of Object.entries(lines)) {
    const from = hosts.get(other);
    if (from === undefined || from === host) continue;
    const heard = countUpTo(from.lines, line);
    // what is known of that host already brought everything along that follows from it
    if (heard > (clock.get(other) ?? 0)) joinInto(clock, from.clocks[heard - 1] ?? new Map());
  }
  host.lines.push(Math.max(own, host.lines.at(-1) ?? 0));
  host.clocks.push(clock);
  return clock;
}

function joinInto(clock: Map<string, number>, other: ReadonlyMap<string, number>): void {
  for (const [host, time] of other) if (time > (clock.get(host) ?? 0)) clock.set(host, time);
}

/** How many of the sorted numbers are at most `limit`. */
function countUpTo(sorted: readonly number[], limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? Infinity) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The record in one line, without its clocks. */
function textOf({ event, msg, fields }: LogRecord): string {
  const shown = Object.entries(fields).filter(([name]) => !isClock(name, fields));
  const parts = [event, msg, ...shown.map(([name, value]) => `${name}=${JSON.stringify(value)}`)];
  return escapeControls(parts.filter((part) => part !== "").join(" "));
}
