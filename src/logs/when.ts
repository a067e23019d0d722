import { parseDuration } from "../core/duration.js";
import { DeviousError } from "../core/errors.js";
import { msOfStamp, parseStamp, stampOfMs } from "./stamp.js";

/** Which of the days' `14:02:07` is meant: the last one up to a time, or the first one from it on. */
export type ClockSide = { readonly upToMs: number } | { readonly fromMs: number };

/**
 * A stamp from what a user types: `5m` (that long before `nowMs`), an RFC 3339 time, or a clock time of this machine's zone such as
 * `14:02` or `14:02:07.5`, which by default is the last one there was. Throws USAGE.
 */
export function parseWhen(text: string, nowMs: number, side: ClockSide = { upToMs: nowMs }): string {
  const durationMs = parseDuration(text);
  // no further back than stamps can say
  if (durationMs !== undefined) return stampOfMs(Math.max(0, Math.round(nowMs - durationMs)));
  const stamp = parseStamp(text.trim()) ?? clockStamp(text.trim(), side);
  if (stamp !== undefined) return stamp;
  throw new DeviousError("USAGE", `"${text}" is neither a duration nor a time`, {
    hint: "Write a duration such as 5m or 1h30m, a clock time such as 14:02:07, or a time with its zone such as 2026-11-21T10:00:00Z.",
  });
}

const clockTime = /^(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?$/;

function clockStamp(text: string, side: ClockSide): string | undefined {
  const match = clockTime.exec(text);
  if (match === null) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(1, 4).map((part) => Number(part ?? 0));
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const isLast = "upToMs" in side;
  const edgeMs = isLast ? side.upToMs : side.fromMs;
  const at = new Date(edgeMs);
  at.setHours(hours, minutes, seconds, 0);
  const stamp = (): string => `${stampOfMs(at.getTime()).slice(0, 20)}${(match[4] ?? "").padEnd(9, "0")}Z`;
  const edge = stampOfMs(edgeMs);
  // by the calendar, because days that change the clocks are not 24 hours long
  if (isLast ? stamp() > edge : stamp() < edge) at.setDate(at.getDate() + (isLast ? -1 : 1));
  return stamp();
}

/** The stamp so many milliseconds later, or earlier, to the nanosecond. */
export function stampBeside(stamp: string, byMs: number): string {
  return `${stampOfMs(Math.max(0, msOfStamp(stamp) + Math.round(byMs))).slice(0, 23)}${stamp.slice(23)}`;
}
