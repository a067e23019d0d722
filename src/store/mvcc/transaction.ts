import { invariant } from "../../core/invariant.js";
import type { KeyIndex } from "./key-index.js";
import type { Key, LeaseId, Revision, Version } from "./key-value.js";
import { tombstone } from "./key-value.js";
import type { ReadView } from "./range.js";

/** Where a transaction's writes go. */
export interface WriteTarget extends ReadView {
  /** Takes the next version of a key; `before` is what stood there until now. */
  write(version: Version, before: Version | undefined): void;
}

/**
 * One write transaction: all its changes have the same revision, the one after the store's, and are seen by its own reads. One that
 * changes nothing uses up no revision.
 */
export class Transaction implements ReadView {
  readonly index: KeyIndex;
  readonly compactRevision: Revision;
  readonly #target: WriteTarget;
  readonly #begin: Revision;
  #changes = 0;

  constructor(target: WriteTarget) {
    this.#target = target;
    this.#begin = target.revision;
    this.index = target.index;
    this.compactRevision = target.compactRevision;
  }

  /** The store's revision as it will be if nothing else is changed. */
  get revision(): Revision {
    return this.#changes === 0 ? this.#begin : this.#begin + 1;
  }

  get(key: Key): Version | undefined {
    return this.index.get(key, this.revision);
  }

  /** `before` is what {@link get} gives for the key. */
  put(key: Key, value: Uint8Array, lease: LeaseId, before: Version | undefined): void {
    const modRevision = this.#begin + 1;
    this.#write(
      {
        key,
        value,
        createRevision: before === undefined ? modRevision : before.createRevision,
        modRevision,
        version: before === undefined ? 1 : before.version + 1,
        lease,
        sub: this.#changes,
        deleted: false,
      },
      before,
    );
  }

  /** Deletes the key that `standing` is the newest version of. */
  delete(standing: Version): void {
    this.#write(tombstone(standing.key, this.#begin + 1, this.#changes), standing);
  }

  #write(version: Version, before: Version | undefined): void {
    invariant(version.modRevision <= Number.MAX_SAFE_INTEGER, "revisions are whole numbers below 2^53");
    this.#changes++;
    this.#target.write(version, before);
  }
}
