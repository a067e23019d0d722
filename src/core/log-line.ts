import type { CausalFields, Level, LogLine } from "./log-record.js";

/** Writes one structured line; `fields` must survive JSON. */
export type Log = (level: Level, event: string, msg: string, fields?: Readonly<Record<string, unknown>>) => void;

/**
 * A {@link Log} for one node, given a clock (ms since the epoch), a place for finished lines (newline included), and what else every line
 * is stamped with.
 */
export function createLog(
  node: string,
  nowMs: () => number,
  write: (line: string) => void,
  stamp: () => Partial<CausalFields> = () => ({}),
): Log {
  return (level, event, msg, fields = {}) => {
    const line: LogLine = { ts: new Date(nowMs()).toISOString(), level, node, event, msg, ...fields, ...stamp() };
    write(`${JSON.stringify(line)}\n`);
  };
}
