/** How far a cluster's records have been taken by their receiver, and how many: enough for the next shipper to go on exactly. */
import { z } from "zod";
import type { ShipCounts } from "../core/ship-contract.js";
import type { Entry } from "../logs/entry.js";
import type { LastTold } from "../logs/life-stream.js";
import type { Bookmark, Place } from "../logs/node-log.js";
import type { Bookmarks } from "../logs/tail.js";

const count = z.number().int().nonnegative();
const reached = z.object({
  since: z.string().optional(),
  first: z.string().optional(),
  seen: count,
  total: count,
  start: z.string().optional(),
  last: z.string(),
  seenAtLast: count,
  afterLast: count,
});
const keptSchema = z.object({
  /** By the engine's ids of the containers. */
  places: z.record(z.string(), z.object({ seq: count, ts: z.string(), reached })),
  /** By nodes: what the engine told of them. */
  told: z.record(z.string(), z.object({ seq: count, ts: z.string() })),
  sent: count,
  dropped: count,
  gaps: count,
  sentUpTo: z.string().nullable(),
});

/** Plain data, as it is on disk. */
export type Kept = z.infer<typeof keptSchema>;

/** Throws where the text is not one of ours. */
export function decodeKept(text: string): Kept {
  return keptSchema.parse(JSON.parse(text));
}

export class ShipBookmark {
  readonly #places: Map<string, Place>;
  readonly #told: Map<string, LastTold>;
  #counts: Omit<ShipCounts, "waiting">;
  #read = 0;
  #settled = 0;
  /** By container: the places that the reading has told of and that are not settled, in order. */
  #ahead = new Map<string, Place[]>();

  constructor(kept?: Kept) {
    const { places = {}, told = {}, sent = 0, dropped = 0, gaps = 0, sentUpTo = null } = kept ?? {};
    this.#places = new Map(Object.entries(places));
    this.#told = new Map(Object.entries(told));
    this.#counts = { sent, dropped, gaps, sentUpTo };
  }

  /** A reading begins at what is settled. What an earlier one has read and not settled is read again, and what it still tells is of no account. */
  begin(): Bookmarks {
    const ahead = new Map<string, Place[]>();
    const told = new Map(this.#told);
    this.#ahead = ahead;
    this.#read = this.#settled;
    return {
      of: (container) => this.#bookmarkOf(container, ahead),
      lastTold: (node) => told.get(node),
    };
  }

  #bookmarkOf(container: string, ahead: Map<string, Place[]>): Bookmark {
    const places: Place[] = [];
    ahead.set(container, places);
    return {
      from: this.#places.get(container),
      passed: (place) => {
        if (places.at(-1)?.seq === place.seq) places.pop();
        places.push(place);
      },
    };
  }

  /** So many entries were read. */
  read(entries: number): void {
    this.#read += entries;
  }

  /** The receiver has taken or refused these, which are the next of their streams; `dropped`: how many it refused. */
  settle(entries: readonly Entry[], dropped: number): void {
    let { gaps, sentUpTo } = this.#counts;
    const lastOf = new Map<string, number>();
    for (const { source, stream, ts, seq, flags } of entries) {
      if (stream === "engine") this.#told.set(source.node, { ts, seq });
      else lastOf.set(source.container ?? "", seq);
      if (flags.includes("gap")) gaps += 1;
      if (sentUpTo === null || ts > sentUpTo) sentUpTo = ts;
    }
    for (const [container, seq] of lastOf) this.#reach(container, seq);
    this.#settled += entries.length;
    const { sent, dropped: before } = this.#counts;
    this.#counts = { sent: sent + entries.length - dropped, dropped: before + dropped, gaps, sentUpTo };
  }

  #reach(container: string, seq: number): void {
    const ahead = this.#ahead.get(container) ?? [];
    let passed = 0;
    while ((ahead[passed]?.seq ?? Infinity) <= seq) passed += 1;
    const place = ahead[passed - 1];
    if (place === undefined) return;
    this.#places.set(container, place);
    ahead.splice(0, passed);
  }

  counts(): ShipCounts {
    const { sent, dropped, gaps, sentUpTo } = this.#counts;
    return { sent, dropped, gaps, waiting: this.#read - this.#settled, sentUpTo };
  }

  kept(): Kept {
    return { places: Object.fromEntries(this.#places), told: Object.fromEntries(this.#told), ...this.#counts };
  }
}
