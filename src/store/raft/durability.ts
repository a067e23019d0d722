/**
 * What of the log and of the hard state is on disk, and what is on its way there. Writes are handed out in order, several may be
 * under way, and a later one may overwrite the tail an earlier one carried: the earlier one's answer must then not count for that tail.
 */
import { invariant } from "../../core/invariant.js";
import type { HardState, MemberId } from "./types.js";

interface Write {
  readonly persistNumber: number;
  /** Last index of the log as of this write, or less where the tail was overwritten since. */
  lastIndex: number;
  readonly term: number;
  readonly vote: MemberId;
}

export class Durability {
  /** Highest index of the present log that is on disk. */
  index: number;
  term: number;
  vote: MemberId;
  /** Highest index of the present log that was handed out for writing. */
  handedOut: number;
  private persistNumber = 0;
  private underWay: Write[] = [];

  constructor(hardState: HardState, lastIndex: number) {
    this.index = lastIndex;
    this.handedOut = lastIndex;
    this.term = hardState.term;
    this.vote = hardState.vote;
  }

  /** Numbers the write that brings the disk to `lastIndex`, `term` and `vote`. */
  handOut(lastIndex: number, term: number, vote: MemberId): number {
    this.handedOut = lastIndex;
    this.persistNumber++;
    this.underWay.push({ persistNumber: this.persistNumber, lastIndex, term, vote });
    return this.persistNumber;
  }

  /** Everything up to `persistNumber` is durable. */
  confirm(persistNumber: number): void {
    invariant(persistNumber <= this.persistNumber, `persist ${persistNumber} was confirmed but never asked for`);
    while (this.underWay[0] !== undefined && this.underWay[0].persistNumber <= persistNumber) {
      const { lastIndex, term, vote } = this.underWay[0];
      this.underWay.shift();
      this.index = Math.max(this.index, lastIndex);
      this.term = term;
      this.vote = vote;
    }
  }

  /** The log's entries from `index` on are no longer those that were handed out. */
  cut(index: number): void {
    this.handedOut = Math.min(this.handedOut, index - 1);
    this.index = Math.min(this.index, index - 1);
    for (const write of this.underWay) write.lastIndex = Math.min(write.lastIndex, index - 1);
  }
  /** A leader's snapshot at `snapshotIndex` took the log's place; up to `commit` the old one agreed with it. */
  replacedBy(snapshotIndex: number, commit: number): void {
    this.cut(commit + 1);
    this.handedOut = snapshotIndex;
  }
}
