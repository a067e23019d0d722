import { invariant, unreachable } from "../../core/invariant.js";
import { deleteRange, put, transact } from "./apply.js";
import { crc32c } from "./crc32c.js";
import type { Key, KeyValue, LeaseId, Revision, Version } from "./key-value.js";
import { MvccState } from "./mvcc-state.js";
import { range } from "./range.js";
import type {
  DeleteRangeAnswer,
  DeleteRangeOp,
  LeaseExists,
  PutAnswer,
  PutOp,
  RangeAnswer,
  RangeQuery,
  Refused,
  TxnAnswer,
  TxnOp,
} from "./requests.js";
import { refused } from "./requests.js";
import { snapshotChunks } from "./snapshot.js";
import { Transaction } from "./transaction.js";
import { packed } from "./version-codec.js";

/** A snapshot on its way out, of the revision at which it was begun; the store may be written to meanwhile. */
export interface SnapshotWriter {
  readonly revision: Revision;
  /** Makes the next chunk; undefined after the last one. A chunk is the caller's. */
  next(): Uint8Array | undefined;
  /** Gives it up: there is no next chunk. The store keeps what the snapshot needs until then, or until the last chunk was made. */
  release(): void;
}

/** A hash being taken, of the state as it was when it was begun. */
export interface HashWalk {
  /** Takes in some 64 KiB more; the answer, once there is no more. */
  step(): HashAnswer | undefined;
  /** Gives it up: there is no further step. Done or given up, it no longer keeps compaction waiting. */
  release(): void;
}

export interface HashAnswer {
  readonly hash: number;
  /** The one that was hashed. */
  readonly revision: Revision;
  readonly compactRevision: Revision;
}

/**
 * The replicated key-value state: etcd's multi-version store, in memory and pure. The same requests in the same order give the same
 * answers and the same state everywhere; compaction, hashes and snapshots can be done in slices between them.
 *
 * Requests must have passed `checkRequest` before they were proposed.
 */
export class MvccStore {
  readonly #state: MvccState;
  readonly #leaseExists: LeaseExists;
  /** Snapshots and hashes under way. Compaction removes nothing meanwhile, since they may need it. */
  readonly #walks = new Set<object>();
  /** No write of this revision or later was removed. */
  #keptFrom: Revision;
  #mostBytes = 0;

  /** @param state of a `SnapshotReader`, or a new one. */
  constructor(leaseExists: LeaseExists, state: MvccState = new MvccState()) {
    this.#leaseExists = leaseExists;
    this.#state = state;
    this.#keptFrom = state.compactRevision;
  }

  get revision(): Revision {
    return this.#state.revision;
  }

  /** The oldest revision that can be read; below 1 all can. */
  get compactRevision(): Revision {
    return this.#state.compactRevision;
  }

  /** Whether {@link compactSlice} has anything to do. */
  get isCompacting(): boolean {
    return !this.#state.compaction.isDone;
  }

  /** Keys that stand now. */
  get size(): number {
    return this.#state.keys;
  }

  /** Roughly what the store takes in memory. Not the same on all members: they compact at their own pace. */
  get bytes(): number {
    return this.#state.bytes;
  }

  /** The most that {@link bytes} has been since {@link defragmented}: memory that is no longer used is not given back before that, as far as is known. */
  get mostBytes(): number {
    return Math.max(this.#mostBytes, this.#state.bytes);
  }

  /** What the compacted versions took counts as given back. */
  defragmented(): void {
    this.#mostBytes = 0;
  }

  apply(op: PutOp): PutAnswer | Refused;
  apply(op: DeleteRangeOp): DeleteRangeAnswer;
  apply(op: TxnOp): TxnAnswer | Refused;
  apply(op: PutOp | DeleteRangeOp | TxnOp): PutAnswer | DeleteRangeAnswer | TxnAnswer | Refused;
  apply(op: PutOp | DeleteRangeOp | TxnOp): PutAnswer | DeleteRangeAnswer | TxnAnswer | Refused {
    const txn = new Transaction(this.#state);
    switch (op.type) {
      case "put":
        return put(txn, op, this.#leaseExists);
      case "deleteRange":
        return deleteRange(txn, op);
      case "txn":
        return transact(txn, op, this.#leaseExists);
      default:
        return unreachable(op);
    }
  }

  /** Deletes the keys of a lease that ends, as one transaction; returns the revision after it. */
  endLease(lease: LeaseId): Revision {
    const txn = new Transaction(this.#state);
    for (const key of this.#state.leased.of(lease)) {
      const standing = txn.get(key);
      invariant(standing !== undefined, "a key on a lease is there");
      txn.delete(standing);
    }
    return txn.revision;
  }

  /** Makes all revisions below `revision` unreadable from now on; {@link compactSlice} then gives their memory back. */
  compact(revision: Revision): { readonly type: "done"; readonly revision: Revision } | Refused {
    if (revision <= this.#state.compactRevision) return refused("compacted");
    if (revision > this.#state.revision) return refused("futureRevision");
    this.#state.compactRevision = revision;
    this.#state.compaction.begin(revision);
    return { type: "done", revision: this.#state.revision };
  }

  /**
   * Goes on with removing what was compacted while `hasTime` says so. Returns whether there is more to do, which may be so without anything
   * having been done: it waits for the end of snapshots and hashes.
   */
  compactSlice(hasTime: () => boolean): boolean {
    const { compaction } = this.#state;
    if (this.#walks.size === 0 && !compaction.isDone) {
      this.#keptFrom = this.#state.compactRevision;
      // only here it ever falls
      this.#mostBytes = this.mostBytes;
      this.#state.bytes -= compaction.slice(hasTime);
    }
    return !compaction.isDone;
  }

  range(query: RangeQuery): RangeAnswer | Refused {
    return range(this.#state, query);
  }

  /** A transaction for which `isReadOnly` holds: it needs no log entry. */
  readOnlyTxn(op: TxnOp): TxnAnswer | Refused {
    invariant(isReadOnly(op), "a transaction that may write goes through the log");
    return transact(new Transaction(this.#state), op, this.#leaseExists);
  }

  /** The keys that hang on a lease, ascending. */
  keysOf(lease: LeaseId): readonly Key[] {
    return this.#state.leased.of(lease);
  }

  /**
   * All writes of `revision` and later ones, in order, to be read before the next write. It must not be below the compacted one, unless nothing
   * was removed since that was compacted.
   */
  changesFrom(revision: Revision): Iterable<Version> {
    invariant(revision >= this.#keptFrom, `changes are kept from revision ${this.#keptFrom} on`);
    return this.#state.log.from(revision);
  }

  /** What stood under a key before the transaction that wrote `version`, unless that was compacted. */
  before({ key, modRevision }: Version): KeyValue | undefined {
    return modRevision - 1 < this.#state.compactRevision ? undefined : this.#state.index.get(key, modRevision - 1);
  }

  /**
   * Hashes all versions up to `revision` (0: now) that compaction lets survive. Members that are equal up to there and compacted to the same
   * revision get the same hash. As in etcd, a compacted revision cannot be hashed though it can be read.
   */
  hash(revision: Revision): HashWalk | Refused {
    const { compactRevision, index } = this.#state;
    if (revision > this.#state.revision) return refused("futureRevision");
    if (revision > 0 && revision <= compactRevision) return refused("compacted");
    const hashed = revision > 0 ? revision : this.#state.revision;
    const chunks = packed(index.survivors(hashed, compactRevision), chunkBytesMax);
    const walk = this.#beginWalk();
    let hash = 0;
    const step = (): HashAnswer | undefined => {
      invariant(walk.isOpen(), "a hash that is done or was given up has no more steps");
      const chunk = chunks.next();
      if (chunk.done !== true) {
        hash = crc32c(chunk.value, hash);
        return undefined;
      }
      walk.release();
      return { hash, revision: hashed, compactRevision };
    };
    return { step, release: walk.release };
  }

  /** @param chunkBytes what a chunk has at most, unless a single version is larger. */
  snapshot(chunkBytes = chunkBytesMax): SnapshotWriter {
    const { revision, compactRevision, index } = this.#state;
    const chunks = snapshotChunks(index.survivors(revision, compactRevision), revision, compactRevision, chunkBytes);
    const walk = this.#beginWalk();
    const next = (): Uint8Array | undefined => {
      const chunk = walk.isOpen() ? chunks.next() : undefined;
      if (chunk?.done === false) return chunk.value;
      walk.release();
      return undefined;
    };
    return { revision, next, release: walk.release };
  }

  /** Keeps compaction from removing anything until the walk is released. */
  #beginWalk(): { readonly isOpen: () => boolean; readonly release: () => void } {
    const walk = {};
    this.#walks.add(walk);
    return { isOpen: () => this.#walks.has(walk), release: () => void this.#walks.delete(walk) };
  }
}

/** Some hundred versions of usual size: well below a millisecond's work. */
const chunkBytesMax = 64 * 1024;

/** Whether a transaction consists of ranges alone. Nested ones count as writes whatever is in them: so it is in etcd. */
export function isReadOnly({ success, failure }: TxnOp): boolean {
  return [...success, ...failure].every(({ type }) => type === "range");
}
