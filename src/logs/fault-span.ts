import { DeviousError } from "../core/errors.js";
import { closest } from "../core/ids.js";
import type { LogRecord } from "../core/log-record.js";
import { faultNews } from "./fault-news.js";

/** When a fault was there, in the engine's stamps. */
export interface FaultSpan {
  readonly from: string;
  /** Undefined while it is active. */
  readonly to: string | undefined;
}

/**
 * Finds a fault's time in the agent's own records, in order: from the first that names it to the one that says that it is over, or to the
 * start of an agent that no longer knows it. Throws UNKNOWN_FAULT, with the faults there were.
 */
export async function faultSpan(
  agentRecords: AsyncIterable<readonly { readonly record: LogRecord }[]>,
  fault: string,
): Promise<FaultSpan> {
  const known = new Set<string>();
  let from: string | undefined;
  let to: string | undefined;
  const tell = (record: LogRecord): void => {
    const news = faultNews(record);
    if (news === undefined) return;
    if (news.is === "remaining") {
      if (from !== undefined && !news.faults.includes(fault)) to ??= record.ts;
      return;
    }
    const named = news.is === "renewed" ? news.faults : [news.fault];
    for (const name of named) known.add(name);
    if (!named.includes(fault)) return;
    from ??= record.ts;
    to = news.is === "ended" || news.is === "failed" ? record.ts : undefined;
  };
  for await (const batch of agentRecords) for (const { record } of batch) tell(record);
  if (from !== undefined) return { from, to };
  const names = [...known];
  const meant = closest(fault, names);
  const there = names.length === 0 ? "The agent's log knows of none." : `The agent's log knows ${names.join(", ")}.`;
  throw new DeviousError("UNKNOWN_FAULT", `There was no fault "${fault}".`, {
    hint: meant === undefined ? there : `Did you mean "${meant}"? ${there}`,
  });
}
