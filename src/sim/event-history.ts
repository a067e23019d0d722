import type { Version } from "../store/mvcc/key-value.js";
import type { MvccStore } from "../store/mvcc/mvcc-store.js";
import { BrokenInvariant } from "./broken-invariant.js";

/** One write, as text that is equal for equal writes. */
export interface HistoricEvent {
  readonly revision: number;
  readonly key: string;
  readonly text: string;
}

export function describeEvent({
  key,
  modRevision,
  deleted,
  value,
}: Pick<Version, "key" | "modRevision" | "deleted" | "value">): HistoricEvent {
  const what = deleted ? "deleted" : `= ${Buffer.from(value).toString("latin1")}`;
  return { revision: modRevision, key, text: `${key} ${what} in revision ${modRevision}` };
}

/** All writes that the cluster ever applied, in their order: the same on all members, and what watchers are to be told. */
export class EventHistory {
  readonly #events: HistoricEvent[] = [];
  /** Where the events of a revision begin. */
  readonly #startOf = new Map<number, number>();
  #newest = 1;

  readonly #isLossy: boolean;

  /** `isLossy`: what was committed may go, and members may tell different stories. */
  constructor(isLossy: boolean) {
    this.#isLossy = isLossy;
  }

  get events(): readonly HistoricEvent[] {
    return this.#events;
  }

  /** A member's store stood at `before`, and has gone on. */
  grew(kv: MvccStore, before: number): void {
    if (kv.revision === before || this.#isLossy) return;
    const isNew = before === this.#newest;
    let at = isNew ? this.#events.length : this.#startOf.get(before + 1);
    for (const version of kv.changesFrom(before + 1)) {
      const event = describeEvent(version);
      if (isNew) {
        if (!this.#startOf.has(event.revision)) this.#startOf.set(event.revision, this.#events.length);
        this.#events.push(event);
      } else {
        const known = at === undefined ? undefined : this.#events[at++];
        if (known?.text !== event.text)
          throw new BrokenInvariant("one history", `a member writes ${event.text}, another one ${known?.text}`);
      }
    }
    if (isNew) this.#newest = kv.revision;
  }
}
