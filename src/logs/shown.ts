import type { LogRecord } from "../core/log-record.js";
import type { Placed } from "./filter.js";

/** A record on its way to whoever asked, with what it takes to write it without taking it apart. */
export interface Shown extends Placed {
  readonly record: LogRecord;
  /** Nobody asked for it: it only tells which faults are in force, to whoever draws them. */
  readonly isAside?: boolean;
  /** The record as one line of JSON, where that is known without looking into it. */
  readonly json?: () => string;
  /** The line as its program wrote it, where somebody kept it. */
  readonly text?: string;
}
