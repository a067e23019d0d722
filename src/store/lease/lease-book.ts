import type { LeaseId } from "../mvcc/key-value.js";
import type { Refused } from "../mvcc/requests.js";
import { refused } from "../mvcc/requests.js";

/** A promise to clients: it lasts for `ttlSec` after it was granted and after each renewal. Its keys hang on it in the key-value state. */
export interface Lease {
  readonly id: LeaseId;
  /** Counts grants. An id may be granted again once its lease has ended, a serial never is. */
  readonly serial: number;
  readonly ttlSec: number;
  /** What a leader last said was left of it, for whoever leads next; the whole `ttlSec` unless one has. */
  readonly remainingSec: number;
}

/** What a leader's clock says of leases. Of one that has ended meanwhile it says nothing, whatever has its id now. */
export interface LeaseTimes {
  readonly expired: readonly LeaseMark[];
  /** `sec` 0: the whole TTL, since it was renewed. */
  readonly remaining: readonly (LeaseMark & { readonly sec: number })[];
}

export interface LeaseMark {
  readonly id: LeaseId;
  readonly serial: number;
}

/** The book as JSON; equal for equal books. */
export interface LeasePart {
  readonly lastSerial: number;
  /** In the order of their grants. */
  readonly leases: readonly (Omit<Lease, "id"> & { readonly id: string })[];
}

/** Which leases there are: what all members agree on. When they end is the leader's to say: see `Lessor`. */
export class LeaseBook {
  // In the order of their grants: a Map keeps it, and an id leaves before it can come again.
  readonly #leases = new Map<LeaseId, Lease>();
  #lastSerial = 0;

  static restore(part: LeasePart): LeaseBook {
    const book = new LeaseBook();
    for (const lease of part.leases) book.#leases.set(BigInt(lease.id), { ...lease, id: BigInt(lease.id) });
    book.#lastSerial = part.lastSerial;
    return book;
  }

  get size(): number {
    return this.#leases.size;
  }

  get(id: LeaseId): Lease | undefined {
    return this.#leases.get(id);
  }

  has(id: LeaseId): boolean {
    return this.#leases.has(id);
  }

  /** In the order of their grants. */
  all(): Iterable<Lease> {
    return this.#leases.values();
  }

  grant(id: LeaseId, ttlSec: number): Lease | Refused<"leaseExists"> {
    if (this.#leases.has(id)) return refused("leaseExists");
    const lease: Lease = { id, serial: ++this.#lastSerial, ttlSec, remainingSec: ttlSec };
    this.#leases.set(id, lease);
    return lease;
  }

  /** Whether there was such a lease. */
  end(id: LeaseId): boolean {
    return this.#leases.delete(id);
  }

  /** Whether the lease that has the id is still the one that was spoken of. */
  isSame({ id, serial }: LeaseMark): boolean {
    return this.#leases.get(id)?.serial === serial;
  }

  /** @param sec 0: the whole TTL. */
  checkpoint(mark: LeaseMark, sec: number): void {
    const lease = this.#leases.get(mark.id);
    if (lease?.serial !== mark.serial) return;
    this.#leases.set(lease.id, { ...lease, remainingSec: sec === 0 ? lease.ttlSec : sec });
  }

  part(): LeasePart {
    const leases = [...this.#leases.values()].map(({ id, serial, ttlSec, remainingSec }) => ({
      id: String(id),
      serial,
      ttlSec,
      remainingSec,
    }));
    return { lastSerial: this.#lastSerial, leases };
  }
}
