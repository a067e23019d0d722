/** PostgreSQL's stderr log with `log_line_prefix` as delivered or with user and database: `2026-11-21 10:00:00.123 UTC [1] LOG:  ready`. */
import type { Level } from "../../core/log-record.js";
import { patternReader } from "./pattern.js";

const severities: Readonly<Record<string, Level>> = {
  LOG: "info",
  INFO: "info",
  NOTICE: "info",
  WARNING: "warn",
  ERROR: "error",
  FATAL: "fatal",
  PANIC: "fatal",
};

const prefix = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{3})? (?:[A-Z]{2,5}|[+-]\d\d(?::?\d\d)?) \[(?<pid>\d+)\](?: (?<user>[^\s@]+)@(?<database>\S+))?`;
const layouts = [
  new RegExp(String.raw`^${prefix} (?<level>DEBUG[1-5]|${Object.keys(severities).join("|")}): +(?<msg>.*)$`),
  // more about the line before
  new RegExp(String.raw`^${prefix} (?<msg>(?:DETAIL|HINT|QUERY|CONTEXT|STATEMENT|LOCATION|BACKTRACE): +.*)$`),
];

export const readPostgres = patternReader(layouts, (severity) =>
  severity.startsWith("DEBUG") ? "debug" : (severities[severity] ?? "info"),
);
