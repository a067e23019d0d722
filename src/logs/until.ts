import type { LogRecord } from "../core/log-record.js";
import { matches } from "./filter.js";

/** The story up to the first record that the pattern matches, which is the last; `onMatch` is called before it is given out. */
export async function* untilMatch(
  records: AsyncIterable<LogRecord>,
  pattern: RegExp,
  onMatch: () => void,
): AsyncGenerator<LogRecord, void, undefined> {
  for await (const record of records) {
    const isLast = matches(pattern, record);
    if (isLast) onMatch();
    yield record;
    if (isLast) return;
  }
}
