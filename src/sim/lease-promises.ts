import { BrokenInvariant } from "./broken-invariant.js";
import type { LeaseId } from "../store/mvcc/key-value.js";
import type { Lease, LeaseBook } from "../store/lease/lease-book.js";
import type { Applied } from "../store/replica.js";

/** A lease as an observer of the whole cluster sees it; ms of the true time. */
interface Known {
  readonly id: LeaseId;
  readonly serial: number;
  readonly grantedMs: number;
  endedMs: number;
  /** Until then a client may count on it. */
  promisedMs: number;
  /** Its client gave it up: nothing is promised any more. */
  isRevoked: boolean;
}

/**
 * What must hold of leases: none ends before its time, counted from when its client asked for it or for the last renewal that was acknowledged,
 * and equal logs make equal books.
 */
export class LeasePromises {
  readonly #nowMs: () => number;
  /** How much faster than true time a clock may run. */
  readonly #drift: number;
  readonly #leases = new Map<number, Known>();
  readonly #bySomeId = new Map<LeaseId, Known[]>();
  /** By the index after which it was seen. */
  readonly #books = new Map<number, string>();
  /** By whoever is furthest. */
  #applied = 0;
  /** Leases that ended by time, and renewals that were acknowledged. */
  ended = 0;
  renewed = 0;

  constructor(nowMs: () => number, drift: number) {
    this.#nowMs = nowMs;
    this.#drift = drift;
  }

  /** A member applied the entry at `index`, or a snapshot that ends with it, and has this book. */
  holds(index: number, book: LeaseBook): void {
    const part = JSON.stringify(book.part());
    const expected = this.#books.get(index) ?? part;
    if (part !== expected) throw new BrokenInvariant("equal lease books", `after ${index} one has ${part}, another ${expected}`);
    this.#books.set(index, part);
  }

  /** What an entry did, on any member: whoever is first counts. */
  applied(index: number, applied: Applied): void {
    if (index <= this.#applied) return;
    this.#applied = index;
    if (applied.type !== "command") return;
    const { answer } = applied;
    if (answer.type === "leaseGrant") this.#granted(answer.lease);
    else if (answer.type === "leaseRevoke") {
      const alive = this.#bySomeId.get(answer.id)?.find(({ endedMs }) => endedMs === Infinity);
      if (alive !== undefined) this.#end(alive, true);
    } else if (answer.type === "leaseTimes") {
      for (const { serial } of answer.ended) {
        const lease = this.#leases.get(serial);
        if (lease?.endedMs === Infinity) this.#end(lease, false);
      }
    }
  }

  /** A client that asked at `askedMs` has heard that it has this lease. */
  grantAcknowledged({ serial, ttlSec }: Lease, askedMs: number): void {
    const lease = this.#leases.get(serial);
    if (lease !== undefined) this.#promise(lease, askedMs, ttlSec);
  }

  /**
   * A client that asked at `askedMs` has heard that the lease of this id is renewed. Where there was more than one of that id between its
   * question and its answer, nobody can tell which one it was.
   */
  renewalAcknowledged(id: LeaseId, ttlSec: number, askedMs: number): void {
    this.renewed++;
    const candidates = (this.#bySomeId.get(id) ?? []).filter(({ endedMs }) => endedMs >= askedMs);
    const [lease, other] = candidates;
    if (lease === undefined)
      throw new BrokenInvariant("a lease that is over is not renewed", `lease ${id} was, ${this.#nowMs()} ms after the start`);
    if (other === undefined) this.#promise(lease, askedMs, ttlSec);
  }

  #granted({ id, serial }: Lease): void {
    if (this.#leases.has(serial)) return;
    const lease = { id, serial, grantedMs: this.#nowMs(), endedMs: Infinity, promisedMs: 0, isRevoked: false };
    this.#leases.set(serial, lease);
    this.#bySomeId.set(id, [...(this.#bySomeId.get(id) ?? []), lease]);
  }

  #end(lease: Known, isRevoked: boolean): void {
    lease.endedMs = this.#nowMs();
    lease.isRevoked = isRevoked;
    if (!isRevoked) this.ended++;
    this.#check(lease);
  }

  #promise(lease: Known, askedMs: number, ttlSec: number): void {
    lease.promisedMs = Math.max(lease.promisedMs, askedMs + (ttlSec * 1000) / (1 + this.#drift));
    this.#check(lease);
  }

  #check({ id, serial, grantedMs, endedMs, promisedMs, isRevoked }: Known): void {
    if (isRevoked || endedMs >= promisedMs) return;
    throw new BrokenInvariant(
      "a lease lasts its time",
      `lease ${id} (grant ${serial}, at ${grantedMs.toFixed(1)} ms) ended at ${endedMs.toFixed(1)} ms and was promised until ${promisedMs.toFixed(1)} ms`,
    );
  }
}
