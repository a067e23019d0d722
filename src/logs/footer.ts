/** What a reader should know of a story that is over: how complete it is, and how much of it is out of place. */
import type { LogRecord } from "../core/log-record.js";
import { stampOfMs } from "./stamp.js";
import type { Tally } from "./tally.js";

/** One sentence; undefined where there is nothing to say. */
export function footerOf(tally: Tally): string | undefined {
  const parts = Object.entries(countsOf(tally)).filter(([what, count]) => what !== "records" && count > 0);
  if (parts.length === 0) return undefined;
  return `${tally.records} records: ${parts.map(([what, count]) => `${count} ${what}`).join(", ")}`;
}

/** The same as the last record of a story, whatever there is to say. It is nobody's: its node is `devious`. */
export function footerRecord(tally: Tally, cluster: string, nowMs: number): LogRecord {
  const fields = countsOf(tally);
  const msg = footerOf(tally) ?? `${tally.records} records`;
  return {
    ts: stampOfMs(nowMs),
    cluster,
    service: "",
    node: "devious",
    stream: "engine",
    level: "info",
    event: "log-read",
    msg,
    fields,
    seq: 1,
  };
}

function countsOf(tally: Tally): Readonly<Record<string, number>> {
  return {
    records: tally.records,
    late: tally.of("late"),
    clamped: tally.of("clamped"),
    joined: tally.of("joined"),
    truncated: tally.of("truncated"),
    gaps: tally.of("gap"),
    reconnects: tally.reconnects,
  };
}
