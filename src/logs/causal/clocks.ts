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

/** Of each node, the number of its last line that can have caused this one. */
export interface Vector {
  /** The record's own number. */
  readonly own: number;
  readonly others: readonly (readonly [node: string, line: number])[];
}

/** The record's vector clock; undefined where its writer keeps none, or where what is called `vc` there is something else. */
export function vectorOf({ node, fields }: LogRecord): Vector | undefined {
  const { vc } = fields;
  if (typeof vc !== "object" || vc === null || Array.isArray(vc)) return undefined;
  let own = 0;
  const others: [string, number][] = [];
  for (const [of, line] of Object.entries(vc)) {
    if (!Number.isSafeInteger(line) || line < 0) return undefined;
    if (of === node) own = line as number;
    else others.push([of, line as number]);
  }
  return own > 0 ? { own, others } : undefined;
}
