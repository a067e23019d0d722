/** The life of a shipper: on from where the last one stopped, until it is told to end; then what is left, and what became of it all. */
import type { Log } from "../core/log-line.js";
import { messageOf } from "../core/errors.js";
import { type ShipCounts, shipEvents } from "../core/ship-contract.js";
import { type LogEngine, readEntries } from "../logs/tail.js";
import { Batcher, type BatchLimits } from "./batcher.js";
import { ShipBookmark } from "./bookmark.js";
import type { BookmarkFile } from "./bookmark-file.js";
import { createDelivery, type Deliver, type DeliveryParts } from "./delivery.js";
import { publicUrl } from "./endpoint.js";
import type { Sender } from "./sender.js";

export interface ShipperParts {
  readonly engine: LogEngine;
  readonly cluster: string;
  /** Nodes of which nothing is sent. */
  readonly except: ReadonlySet<string>;
  /** The receiver's URL, for the log. */
  readonly otlp: string;
  readonly sender: Sender;
  readonly file: BookmarkFile;
  readonly log: Log;
  /** Tells it to end. */
  readonly stop: AbortSignal;
  /** How long that may take. */
  readonly graceMs: number;
  /** As {@link DeliveryParts.pause}. */
  readonly pause: DeliveryParts["pause"];
  /** How long the engine may be away. */
  readonly engineAwayMs: number;
  readonly limits?: BatchLimits | undefined;
  readonly progressMs?: number | undefined;
}

const usualLimits: BatchLimits = { entries: 512, chars: 1024 * 1024, waitMs: 1000 };

/** It may be late, and runs beside what the user measures. */
const heldMost = 4_000;

/** How soon a cluster that has no containers is looked at again. */
const lookAgainMs = 1000;

/** Of the grace, what is spent on sending; the rest is for counting what was not sent. */
const sendingShare = 0.7;
const countingShare = 0.95;

/**
 * Resolves when everything was sent that was said before `stop`, or the grace is over.
 *
 * Throws `DeviousError` (ENGINE_UNREACHABLE, ENGINE_REFUSED) where the engine is lost: whoever starts anew goes on.
 */
export async function ship(parts: ShipperParts): Promise<ShipCounts> {
  const { file, log, stop, graceMs } = parts;
  const { kept, problem } = await file.load();
  const bookmark = new ShipBookmark(kept);
  const otlp = publicUrl(parts.otlp);
  log("info", shipEvents.began, `sending to ${otlp}${kept === undefined ? "" : ", on from where the last shipper stopped"}`, {
    otlp,
  });
  if (problem !== undefined) log("warn", shipEvents.bookmarkUnreadable, `${problem}; everything is sent again`);

  const [sending, counting] = [new AbortController(), new AbortController()];
  const timers: NodeJS.Timeout[] = [];
  const startGrace = (): void => {
    timers.push(setTimeout(() => sending.abort(), graceMs * sendingShare));
    timers.push(setTimeout(() => counting.abort(), graceMs * countingShare));
  };
  if (stop.aborted) startGrace();
  else stop.addEventListener("abort", startGrace, { once: true });

  const save = createSave(parts, bookmark);
  const deliver = createDelivery({
    ...parts,
    giveUp: sending.signal,
    onSettled: (entries, dropped) => {
      bookmark.settle(entries, dropped);
      return save();
    },
  });
  timers.push(tellProgress(parts, bookmark));
  try {
    while (!stop.aborted) {
      await forward(parts, bookmark, deliver, { follow: true, signal: stop }, sending.signal);
      // a cluster may have no containers yet
      if (!stop.aborted) await parts.pause(lookAgainMs, stop);
    }
    await forward(parts, bookmark, deliver, { follow: false, signal: sending.signal }, sending.signal);
    if (sending.signal.aborted) await countRest(parts, bookmark, counting.signal);
  } finally {
    for (const timer of timers) clearTimeout(timer);
    stop.removeEventListener("abort", startGrace);
  }
  const counts = bookmark.counts();
  log("info", shipEvents.ended, `sent ${counts.sent} records, dropped ${counts.dropped}, left ${counts.waiting}`, { ...counts });
  return counts;
}

interface Reading {
  readonly follow: boolean;
  /** Ends the reading; what was read is still sent. */
  readonly signal: AbortSignal;
}

/** Reads and sends at the same time, until the reading is over and all of it settled, or `sending` is aborted. */
async function forward(
  parts: ShipperParts,
  bookmark: ShipBookmark,
  deliver: Deliver,
  reading: Reading,
  sending: AbortSignal,
): Promise<void> {
  const batcher = new Batcher(parts.limits ?? usualLimits);
  // a reading that failed ends the sending as well: the next shipper, which has the engine, goes on from what is settled
  const failed = new AbortController();
  const signal = AbortSignal.any([sending, failed.signal]);
  const end = (): void => batcher.end();
  signal.addEventListener("abort", end, { once: true });

  const read = async (): Promise<void> => {
    try {
      const either = { ...reading, signal: AbortSignal.any([reading.signal, failed.signal]) };
      for await (const entries of entriesOf(parts, bookmark, either)) {
        bookmark.read(entries.length);
        await batcher.add(entries);
        if (signal.aborted) break;
      }
    } catch (error) {
      failed.abort();
      throw error;
    } finally {
      batcher.end();
    }
  };
  const send = async (): Promise<void> => {
    try {
      for (let batch = await batcher.next(); batch !== undefined && !signal.aborted; batch = await batcher.next()) {
        await deliver(batch, signal);
      }
    } catch (error) {
      failed.abort();
      throw error;
    }
  };
  try {
    // what is on its way when the reading fails may be taken: its answer is waited for
    const [reader, sender] = await Promise.allSettled([read(), send()]);
    if (reader.status === "rejected") throw reader.reason;
    if (sender.status === "rejected") throw sender.reason;
  } finally {
    signal.removeEventListener("abort", end);
  }
}

/** What was said and not sent: read on, and not sent. */
async function countRest(parts: ShipperParts, bookmark: ShipBookmark, signal: AbortSignal): Promise<void> {
  for await (const entries of entriesOf(parts, bookmark, { follow: false, signal })) bookmark.read(entries.length);
}

function entriesOf(
  { engine, cluster, except, engineAwayMs: giveUpMs }: ShipperParts,
  bookmark: ShipBookmark,
  { follow, signal }: Reading,
) {
  const bookmarks = bookmark.begin();
  return readEntries(engine, cluster, { follow, life: true, except, bookmarks, signal, giveUpMs, heldMost });
}

/** Saves how far it has come. A disk that takes nothing stops no sending: it costs repeats after the next start. */
function createSave({ file, log }: ShipperParts, bookmark: ShipBookmark): () => Promise<void> {
  let fails = false;
  return async () => {
    try {
      await file.save(bookmark.kept());
      fails = false;
    } catch (error) {
      if (!fails) {
        log(
          "error",
          shipEvents.bookmarkUnsaved,
          `how far sending has come could not be saved: ${messageOf(error)}; trying again`,
        );
      }
      fails = true;
    }
  };
}

function tellProgress({ log, progressMs = 5000 }: ShipperParts, bookmark: ShipBookmark): NodeJS.Timeout {
  let told = "";
  return setInterval(() => {
    const counts = bookmark.counts();
    const text = `sent ${counts.sent} records, dropped ${counts.dropped}, waiting ${counts.waiting}`;
    if (text !== told) log("debug", shipEvents.progress, text, { ...counts });
    told = text;
  }, progressMs);
}
