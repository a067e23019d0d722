import { matches } from "./filter.js";
import type { Shown } from "./shown.js";

/** The story up to the first record that the pattern matches, which is the last; `onMatch` is called before it is given out. */
export async function* untilMatch<T extends Pick<Shown, "record" | "isAside">>(
  batches: AsyncIterable<readonly T[]>,
  pattern: RegExp,
  onMatch: () => void,
): AsyncGenerator<readonly T[], void, undefined> {
  for await (const batch of batches) {
    const last = batch.findIndex(({ record, isAside }) => isAside !== true && matches(pattern, record));
    if (last === -1) {
      yield batch;
      continue;
    }
    onMatch();
    yield batch.slice(0, last + 1);
    return;
  }
}
