/** The log in memory: a snapshot, the entries kept around it, and how far they are committed. */
import { invariant } from "../../core/invariant.js";
import type { ConfState, Entry, Snapshot, SnapshotData } from "./types.js";

/** What an entry costs beside its data where bytes are bounded: index, term and kind, roughly as on the wire. */
const entryOverheadBytes = 16;

function entryBytes(entry: Entry): number {
  return entry.data.length + entryOverheadBytes;
}

export class RaftLog {
  snapshot: Snapshot;
  /** Every entry up to here is committed and has been handed out to be applied. */
  commit: number;
  /** The place just before the first entry in memory; at or before the snapshot. */
  private before: { readonly index: number; readonly term: number };
  private readonly entries: Entry[];

  constructor(snapshot: Snapshot, entries: readonly Entry[]) {
    this.snapshot = snapshot;
    this.commit = snapshot.meta.index;
    this.before = { index: snapshot.meta.index, term: snapshot.meta.term };
    this.entries = [];
    this.append(entries);
  }

  get firstIndex(): number {
    return this.before.index + 1;
  }

  get lastIndex(): number {
    return this.before.index + this.entries.length;
  }

  get lastTerm(): number {
    return this.entries.at(-1)?.term ?? this.before.term;
  }

  /** The term at `index`, or undefined where the log does not reach or no longer reaches. */
  term(index: number): number | undefined {
    if (index === this.before.index) return this.before.term;
    return this.entries[index - this.firstIndex]?.term;
  }

  matches(index: number, term: number): boolean {
    return this.term(index) === term;
  }

  /** Whether a log that ends so holds everything this one may have committed (thesis §3.6.1). */
  isUpToDate(lastIndex: number, lastTerm: number): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);
  }

  at(index: number): Entry {
    const entry = this.entries[index - this.firstIndex];
    invariant(entry !== undefined, "an entry outside the log was asked for");
    return entry;
  }

  /** Entries from `index` on: at least one where there is one, no more than `bytesMax` beyond that. */
  slice(index: number, bytesMax: number): Entry[] {
    invariant(index >= this.firstIndex, "a compacted entry was asked for");
    const start = index - this.firstIndex;
    let end = start;
    let bytes = 0;
    for (; end < this.entries.length; end++) {
      bytes += entryBytes(this.entries[end] as Entry);
      if (bytes > bytesMax && end > start) break;
    }
    return this.entries.slice(start, end);
  }

  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      invariant(entry.index === this.lastIndex + 1, "an entry does not follow the end of the log");
      invariant(entry.term >= this.lastTerm, "an entry's term is lower than that of the one before");
      this.entries.push(entry);
    }
  }

  /**
   * The first of `entries` that this log does not hold, or undefined where it holds them all. Only then may a tail be cut: an
   * old append that arrives late holds fewer entries than the log, which is no reason to lose any.
   */
  firstMissing(entries: readonly Entry[]): Entry | undefined {
    return entries.find((entry) => !this.matches(entry.index, entry.term));
  }

  /** Drops the entries from `index` on. */
  truncate(index: number): void {
    invariant(index > this.commit, `entry ${index} is committed (up to ${this.commit}) and would be overwritten`);
    this.entries.length = index - this.firstIndex;
  }

  /**
   * Where a log that has `term` at `index` may still agree with this one: the last index at or below `index` whose term is not above
   * `term`. Skips a whole term of conflicting entries in one round trip.
   */
  findConflictByTerm(index: number, term: number): { readonly index: number; readonly term: number } {
    for (let i = index; i > 0; i--) {
      const ours = this.term(i);
      // compacted: whoever needs this needs a snapshot, and the caller will see that
      if (ours === undefined) return { index: i, term: 0 };
      if (ours <= term) return { index: i, term: ours };
    }
    return { index: 0, term: 0 };
  }

  /** Puts a snapshot of our own at `index` in the place of what came before, but for the last `keep` entries. */
  compact(index: number, conf: ConfState, data: SnapshotData, keep: number): void {
    const term = this.term(index);
    invariant(term !== undefined && index <= this.commit, `a snapshot at ${index} is not of this log's committed part`);
    this.snapshot = { meta: { index, term, conf }, data };
    const beforeIndex = Math.max(index - keep, this.before.index);
    const beforeTerm = this.term(beforeIndex);
    invariant(beforeTerm !== undefined, `entry ${beforeIndex} is not in the log`);
    this.entries.splice(0, beforeIndex - this.before.index);
    this.before = { index: beforeIndex, term: beforeTerm };
  }

  /** Starts anew from a leader's snapshot. */
  restore(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    this.commit = snapshot.meta.index;
    this.before = { index: snapshot.meta.index, term: snapshot.meta.term };
    this.entries.length = 0;
  }
}
