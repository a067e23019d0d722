import type { LogRecord } from "../core/log-record.js";
import { CausalSorter } from "./causal/order.js";

export interface CausalOptions {
  /** The records go on: each leaves at the latest `windowMs` after it came. Otherwise all are read before the first one leaves. */
  readonly follow: boolean;
  /** How long a record waits for what caused it; 300 unless given. */
  readonly windowMs?: number | undefined;
}

/**
 * A story in the order of the engine's stamps, told in the order of cause and effect ({@link CausalSorter}). Where `records` ends with an
 * error, what came before it is told first. Whoever stops listening ends the source by its own signal: it may be waiting for a record.
 */
export async function* inCausalOrder(
  records: AsyncIterable<LogRecord>,
  { follow, windowMs = 300 }: CausalOptions,
): AsyncGenerator<LogRecord, void, undefined> {
  const sorter = new CausalSorter(windowMs);
  let failure: { readonly error: unknown } | undefined;
  try {
    if (follow) yield* released(records, sorter);
    else for await (const record of records) sorter.push(record, 0);
  } catch (error) {
    failure = { error };
  }
  yield* sorter.flush();
  if (failure !== undefined) throw failure.error;
}

/** What leaves while records still come. */
async function* released(records: AsyncIterable<LogRecord>, sorter: CausalSorter): AsyncGenerator<LogRecord, void, undefined> {
  const source = records[Symbol.asyncIterator]();
  let next = source.next();
  try {
    for (;;) {
      const dueMs = sorter.dueMs();
      const came = dueMs === undefined ? await next : await within(next, dueMs - performance.now());
      if (came?.done === true) return;
      if (came !== undefined) {
        sorter.push(came.value, performance.now());
        next = source.next();
      }
      yield* sorter.release(performance.now());
    }
  } finally {
    // nobody is left to hear how the source ends, and it is not waited for
    next.catch(() => undefined);
    void source.return?.().catch(() => undefined);
  }
}

/** What `promise` brings within so long; undefined where it takes longer. */
function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), Math.max(0, ms));
    promise.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}
