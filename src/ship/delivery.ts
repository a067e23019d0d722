/** Sees to it that a batch is settled: taken by the receiver, however often it must be offered, or refused for good. */
import type { Log } from "../core/log-line.js";
import { shipEvents } from "../core/ship-contract.js";
import type { Entry } from "../logs/entry.js";
import { createResources, toOtlp } from "./otlp-record.js";
import { pauseAfterMs } from "./backoff.js";
import type { Outcome, Sender } from "./sender.js";

export interface DeliveryParts {
  readonly sender: Sender;
  readonly log: Log;
  /** Called when entries are settled, of which the receiver refused so many. */
  readonly onSettled: (entries: readonly Entry[], dropped: number) => Promise<void>;
  /** Resolves after so long, or at once when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Aborted when there is no time left: what is on its way then may arrive or not. */
  readonly giveUp: AbortSignal;
}

/** Resolves when the batch is settled, or not offered any more: `signal` ends that, after the answer to what is on its way. */
export type Deliver = (batch: readonly Entry[], signal: AbortSignal) => Promise<void>;

export function createDelivery({ sender, log, onSettled, pause, giveUp }: DeliveryParts): Deliver {
  const resourceOf = createResources();
  /** Failures in a row. */
  let failures = 0;

  function answered(): void {
    if (failures > 0) log("info", shipEvents.resumed, "the receiver takes records again");
    failures = 0;
  }

  async function drop(entries: readonly Entry[], count: number, why: string): Promise<void> {
    log("error", shipEvents.dropped, `the receiver refused ${count} of ${entries.length} records for good: ${why}`, {
      count,
      why,
    });
    await onSettled(entries, count);
  }

  async function offer(batch: readonly Entry[], signal: AbortSignal): Promise<Outcome | undefined> {
    const records = batch.map(({ record }) => toOtlp(record, resourceOf(record)));
    while (!signal.aborted) {
      const outcome = await unlessAborted(sender.send(records), giveUp);
      if (outcome === undefined || outcome.kind !== "not-now") return outcome;
      failures += 1;
      const { why } = outcome;
      if (failures === 1) log("warn", shipEvents.stalled, `the receiver takes nothing at the moment: ${why}`, { why });
      await pause(pauseAfterMs(failures), signal);
    }
    return undefined;
  }

  return async function deliver(batch, signal): Promise<void> {
    const outcome = await offer(batch, signal);
    if (outcome === undefined) return;
    answered();
    switch (outcome.kind) {
      case "taken": {
        const rejected = Math.min(outcome.rejected, batch.length);
        return rejected > 0 ? drop(batch, rejected, outcome.why) : onSettled(batch, 0);
      }
      case "too-large": {
        if (batch.length === 1) return drop(batch, 1, outcome.why);
        const half = Math.ceil(batch.length / 2);
        await deliver(batch.slice(0, half), signal);
        return signal.aborted ? undefined : deliver(batch.slice(half), signal);
      }
      case "refused":
        return drop(batch, batch.length, outcome.why);
      case "not-now":
        return undefined;
    }
  };
}

/** What comes of a promise; undefined where the signal is aborted before. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const { promise: aborted, stop } = abortOf(signal);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stop();
  }
}

function abortOf(signal: AbortSignal): { readonly promise: Promise<undefined>; readonly stop: () => void } {
  let stop = (): void => undefined;
  const promise = new Promise<undefined>((resolve) => {
    const end = (): void => resolve(undefined);
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
    stop = () => signal.removeEventListener("abort", end);
  });
  return { promise, stop };
}
