import type { LogRecord } from "../../core/log-record.js";
import type { Shown } from "../shown.js";

/** Turns a story into lines, without the last newline. An empty text is nothing to write yet. */
export interface RecordWriter {
  /** Written before the first record. */
  readonly head?: string;
  readonly line: (record: LogRecord) => string;
  /** In place of {@link RecordWriter.line}, for who need not know what the record says. */
  readonly shown?: (shown: Shown) => string;
  /** A fault that is not asked for begins or ends: only where this is given is it told. What was held back before it. */
  readonly skip?: (record: LogRecord) => string;
  /** What is held back: at the end, and while following once a second. */
  readonly flush?: () => string;
}
