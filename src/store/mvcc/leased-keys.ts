import type { Key, LeaseId } from "./key-value.js";
import { noLease } from "./key-value.js";

/** Which keys hang on a lease now, and end with it. Follows from the newest version of each key. */
export class LeasedKeys {
  // No set is empty.
  readonly #keys = new Map<LeaseId, Set<Key>>();

  /** The key's lease was `from` and is `to`. */
  move(key: Key, from: LeaseId, to: LeaseId): void {
    if (from === to) return;
    if (from !== noLease) this.#detach(key, from);
    if (to !== noLease) this.#attach(key, to);
  }

  /** Ascending, so that a lease ends in the same way everywhere. */
  of(lease: LeaseId): readonly Key[] {
    return [...(this.#keys.get(lease) ?? [])].sort();
  }

  #attach(key: Key, lease: LeaseId): void {
    const keys = this.#keys.get(lease);
    if (keys === undefined) this.#keys.set(lease, new Set([key]));
    else keys.add(key);
  }

  #detach(key: Key, lease: LeaseId): void {
    const keys = this.#keys.get(lease);
    keys?.delete(key);
    if (keys?.size === 0) this.#keys.delete(lease);
  }
}
