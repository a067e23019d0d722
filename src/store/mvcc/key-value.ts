/**
 * The words of multi-version concurrency control, as etcd uses them: nothing is overwritten, every write is a version of its key.
 * https://etcd.io/docs/v3.4/learning/data_model/
 */

/** One character per byte (latin1), so that the order of strings is the order of bytes and a Map can hash them. */
export type Key = string;

/** Counts write transactions, from 1 (the empty store). Exact below 2^53. */
export type Revision = number;

/** 0n: none. */
export type LeaseId = bigint;

export interface KeyValue {
  readonly key: Key;
  readonly value: Uint8Array;
  /** Revision of the put that made the key. */
  readonly createRevision: Revision;
  /** Revision of the last put. */
  readonly modRevision: Revision;
  /** Puts since the key was made; starts at 1 again after a delete. */
  readonly version: number;
  readonly lease: LeaseId;
}

/**
 * One write: what a put stored, or the tombstone that a delete left. It is an event of a watch as it stands, and a put's is also the
 * answer to a range. A tombstone has a key and a modRevision only.
 *
 * (modRevision, sub) is unique and ascends in the order of writes: `sub` numbers the changes of one transaction from 0.
 */
export interface Version extends KeyValue {
  readonly sub: number;
  readonly deleted: boolean;
}

export const noValue: Uint8Array = new Uint8Array(0);

export const noLease: LeaseId = 0n;

export function tombstone(key: Key, modRevision: Revision, sub: number): Version {
  // The same fields in the same order as those of a put: one hidden class serves all versions.
  return { key, value: noValue, createRevision: 0, modRevision, version: 0, lease: noLease, sub, deleted: true };
}

/** Memory that a version is counted as, in bytes: its key, its value, and a flat rate for the rest. */
export function weightOf(version: Version): number {
  return version.key.length + version.value.length + restBytes;
}

const restBytes = 64;
