import type { LogRecord } from "../../core/log-record.js";

/** Turns a story into lines, without the last newline. An empty text is nothing to write yet. */
export interface RecordWriter {
  /** Written before the first record. */
  readonly head?: string;
  readonly line: (record: LogRecord) => string;
  /** What is held back, at the end. */
  readonly flush?: () => string;
}
