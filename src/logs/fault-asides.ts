import type { LogRecord } from "../core/log-record.js";
import { faultNews } from "./fault-news.js";

/**
 * Some of a log's items, in order: the last `tail` that are wanted, and as asides all others that tell of faults, so that whoever is shown
 * the rest knows which are in force. They are the agent's, and few.
 */
export function withFaultAsides<T extends { readonly record: LogRecord }>(
  items: readonly T[],
  wants: (item: T) => boolean,
  asideOf: (item: T) => T,
  tail = Infinity,
): T[] {
  let early = items.filter(wants).length - tail;
  return items.flatMap((item) => {
    if (wants(item) && early-- <= 0) return [item];
    return faultNews(item.record) === undefined ? [] : [asideOf(item)];
  });
}
