import { Compaction } from "./compaction.js";
import { KeyIndex } from "./key-index.js";
import type { Revision, Version } from "./key-value.js";
import { noLease, weightOf } from "./key-value.js";
import { LeasedKeys } from "./leased-keys.js";
import { RevisionLog } from "./revision-log.js";
import type { WriteTarget } from "./transaction.js";

/** All that the store remembers. A version is one object, held by its key's history and, until it is compacted, by the log. */
export class MvccState implements WriteTarget {
  readonly index = new KeyIndex();
  readonly log = new RevisionLog();
  readonly leased = new LeasedKeys();
  readonly compaction = new Compaction(this.index, this.log);
  /** etcd's count starts at 1 too, so that 0 can mean "now" in requests. */
  revision: Revision = 1;
  /** Before the first compaction -1, as in etcd: there even 0 can be compacted, once. */
  compactRevision: Revision = -1;
  /** What all versions weigh that are in memory now. */
  bytes = 0;
  /** Keys that stand now. */
  keys = 0;

  write(version: Version, before: Version | undefined): void {
    this.#keep(version, before);
    this.log.append(version);
    this.revision = version.modRevision;
  }

  /** The state of which all surviving versions are given, by key, then by revision. */
  static of(revision: Revision, compactRevision: Revision, survivors: readonly Version[]): MvccState {
    const state = new MvccState();
    state.revision = revision;
    state.compactRevision = compactRevision;
    let before: Version | undefined;
    for (const version of survivors) {
      state.#keep(version, before?.key === version.key ? before : undefined);
      before = version;
    }
    for (const version of inOrder(survivors, Math.max(compactRevision, 0), revision)) state.log.append(version);
    return state;
  }

  #keep(version: Version, before: Version | undefined): void {
    this.index.append(version);
    this.leased.move(version.key, before?.lease ?? noLease, version.lease);
    this.bytes += weightOf(version);
    const stood = before !== undefined && !before.deleted;
    this.keys += Number(!version.deleted) - Number(stood);
  }
}

/**
 * The writes of the revisions `from` to `to`, in order. Every revision since the compacted one has left its writes, so there is a place for
 * each: sorting by comparisons held the node for seconds at a million of them.
 */
function inOrder(versions: readonly Version[], from: Revision, to: Revision): readonly Version[] {
  const nextPlace = new Uint32Array(to - from + 2);
  for (const { modRevision } of versions) {
    if (modRevision >= from) nextPlace[modRevision - from + 1] = (nextPlace[modRevision - from + 1] as number) + 1;
  }
  for (let at = 1; at < nextPlace.length; at++) nextPlace[at] = (nextPlace[at] as number) + (nextPlace[at - 1] as number);
  const ordered: Version[] = [];
  ordered.length = nextPlace[to - from + 1] as number;
  for (const version of versions) {
    const { modRevision } = version;
    if (modRevision < from) continue;
    const place = nextPlace[modRevision - from] as number;
    nextPlace[modRevision - from] = place + 1;
    ordered[place] = version;
  }
  // within a transaction they came by key
  let begin = 0;
  for (let end = 1; end <= ordered.length; end++) {
    if (ordered[end]?.modRevision === ordered[begin]?.modRevision) continue;
    if (end - begin > 1) {
      const writes = ordered.slice(begin, end).sort((a, b) => a.sub - b.sub);
      for (const [at, version] of writes.entries()) ordered[begin + at] = version;
    }
    begin = end;
  }
  return ordered;
}
