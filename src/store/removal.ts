import type { Log } from "../core/log-line.js";
import type { Clock } from "./clock.js";
import type { MemberId } from "./raft/types.js";
import type { Replica } from "./replica.js";

export interface RemovalOptions {
  readonly self: MemberId;
  readonly clock: Pick<Clock, "every">;
  readonly log: Log;
  /** As applied here by now. */
  readonly replica: () => Pick<Replica, "members" | "isRemoved">;
  readonly nameOf: (member: MemberId) => string;
  /** Called once. */
  readonly onRemoved: () => void;
}

/** Others than this may answer by mistake, e.g. from the volumes of another cluster of the same name. */
const voicesMax = 2;
/** A leader that removes itself still has to tell its client, and the others that this is committed; etcd waits as long. */
const lastWordsMs = 1000;

/**
 * How a member learns that it is none any more. Where its own log says so, that is certain. Otherwise its peers tell it, from theirs, when
 * it greets them: nobody sends a removed member the entry that removes it. One of them would do, for what it tells is committed and
 * numbers are never given again; but ending is for ever, so two have to agree where there are two.
 */
export class Removal {
  readonly #options: RemovalOptions;
  readonly #toldBy = new Set<MemberId>();
  #isOver = false;

  constructor(options: RemovalOptions) {
    this.#options = options;
  }

  /** A change of members was applied here. */
  changed(): void {
    const { self, clock, replica, onRemoved } = this.#options;
    if (this.#isOver || !replica().isRemoved(self)) return;
    this.#isOver = true;
    this.#mention("its own log says so");
    const callOff = clock.every(lastWordsMs, () => {
      callOff();
      onRemoved();
    });
  }

  /** A peer knows that this member was removed. */
  told(by: MemberId): void {
    const { self, replica, nameOf, onRemoved } = this.#options;
    this.#toldBy.add(by);
    const others = [...replica().members.keys()].filter((id) => id !== self).length;
    if (this.#isOver || this.#toldBy.size < Math.min(voicesMax, others)) return;
    this.#isOver = true;
    this.#mention(`${[...this.#toldBy].map(nameOf).join(" and ")} say${this.#toldBy.size === 1 ? "s" : ""} so`);
    onRemoved();
  }

  #mention(how: string): void {
    const { self, log, nameOf } = this.#options;
    const msg = `${nameOf(self)} ends: it was removed from the cluster as member ${self} (${how})`;
    log("warn", "removed", msg, { member: self, toldBy: [...this.#toldBy].map(nameOf) });
  }
}
