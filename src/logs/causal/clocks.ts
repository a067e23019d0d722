import { isHlcText } from "../../core/hlc.js";
import { type LogRecord, causalFields } from "../../core/log-record.js";

/** The record's hybrid logical clock as text; undefined where its writer keeps none. */
export function hlcOf({ fields }: LogRecord): string | undefined {
  const { hlc } = fields;
  return isHlcText(hlc) ? hlc : undefined;
}

/** Whether this field of a record is one of the store's clocks, which nobody wants to read; one of a user's with the same name is not. */
export function isClock(name: string, fields: LogRecord["fields"]): boolean {
  return (causalFields as readonly string[]).includes(name) && isHlcText(fields["hlc"]);
}

/** Of each node, the number of its last line that can have caused this one; the record's own among them. */
export interface Vector {
  /** The record's own number, from 1. */
  readonly own: number;
  readonly lines: Readonly<Record<string, number>>;
}

/** The record's vector clock; undefined where its writer keeps none, or where what is called `vc` there is something else. */
export function vectorOf({ node, fields }: LogRecord): Vector | undefined {
  const { vc } = fields;
  if (typeof vc !== "object" || vc === null || Array.isArray(vc) || !Object.hasOwn(vc, node)) return undefined;
  const lines = vc as Readonly<Record<string, unknown>>;
  // looked at in place: there is one for every line
  for (const name in lines) if (!isLineNumber(lines[name])) return undefined;
  const own = lines[node] as number;
  return own > 0 ? { own, lines: lines as Vector["lines"] } : undefined;
}

function isLineNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
