/**
 * How the lines of one service's programs are written, where its spec says so. The reader of logs takes it off the node's label, so it is
 * a value that JSON can say; the door for people is the spec.
 */
import { label } from "./labels.js";
import type { Level } from "./log-record.js";

/** `auto` tries them all; `text` understands nothing but a level that is spoken out. */
export const formatNames = [
  "auto",
  "json",
  "logfmt",
  "log4j",
  "syslog",
  "klog",
  "capnslog",
  "nginx",
  "postgres",
  "redis",
  "text",
] as const;
export type FormatName = (typeof formatNames)[number];

export interface LogFormat {
  /** `auto` unless given. */
  readonly format?: FormatName | undefined;
  /** Keys of JSON and logfmt; `a.b` is the key of that name, or `b` inside `a`. */
  readonly time?: string | undefined;
  readonly level?: string | undefined;
  readonly message?: string | undefined;
  readonly event?: string | undefined;
  /** Levels by what a line says (in lower case), before the usual names and numbers. */
  readonly levels?: Readonly<Record<string, Level>> | undefined;
  /** Instead of a format: a regular expression with named groups. */
  readonly pattern?: string | undefined;
}

/** The regular expression of a format, checked strictly. Throws SyntaxError. */
export function linePattern(pattern: string): RegExp {
  return new RegExp(pattern, "u");
}

/** What the labels of a node say of its lines; undefined where its spec said nothing. */
export function logFormatOf(labels: Readonly<Record<string, string>>): LogFormat | undefined {
  const said = labels[label.logs];
  return said === undefined ? undefined : (JSON.parse(said) as LogFormat);
}
