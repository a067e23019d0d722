import type { LeaseId } from "../mvcc/key-value.js";
import type { Lease, LeaseMark, LeaseTimes } from "./lease-book.js";
import { WakeQueue } from "./wake-queue.js";

export interface LessorOptions {
  /** Added to what is left of every lease when this member begins to lead. */
  readonly graceMs: number;
  /** What is left of a lease that lasts longer than this is put down in the log so often, for whoever leads next. */
  readonly checkpointEveryMs: number;
  /** How many leases one {@link Lessor.due} may end, and of how many it may put down what is left. */
  readonly duesMax: number;
  /** After so long an end that was proposed, and did not come, is proposed again. */
  readonly proposeAgainMs: number;
  /**
   * The most that a lease ages between two looks at the clock. A process that was stopped for longer, or whose clock was set forward, could
   * not take renewals meanwhile, or they wait to be read.
   */
  readonly stepMsMax: number;
}

/**
 * gone: there is no such lease · renewed · inLog: not before the log has ended it, or has taken back what it says is left of it; then ask
 * again.
 */
export type Renewal = "gone" | "renewed" | "inLog";

/** What the leader knows of a lease beyond the book. */
interface Watched extends LeaseMark {
  readonly ttlMs: number;
  deadlineMs: number;
  /** When what is left of it is to be put down next. */
  checkpointMs: number;
  /**
   * made: what was left of it is in the log, or on its way there; renewals count only once that is taken back · clearing: this is on its
   * way, and what would come after it in the log must not undo it.
   */
  checkpoint: "none" | "made" | "clearing";
  /** Its end is proposed: nobody can tell any more whether a renewal would come before it. */
  isEnding: boolean;
}

/**
 * The leader's clock for leases: when each is over unless it is renewed. Followers have none, and whoever begins to lead gives each lease
 * all its time again, or all that a leader before put down. A lease thus never ends early, counted from when its client asked for it or last
 * asked for its renewal; it may end late.
 *
 * For that to hold, a renewal must be confirmed by a quorum after it was asked for, and what {@link due} says must be proposed by this
 * leader only: it must never reach the log of another. Pure: monotonic ms are handed in.
 */
export class Lessor {
  readonly #options: LessorOptions;
  readonly #watched = new Map<LeaseId, Watched>();
  readonly #queue = new WakeQueue<Watched>();
  #isLeading = false;
  /** By this all deadlines are counted: the clock's time without its leaps. */
  #timeMs = 0;
  #lookedMs = 0;

  constructor(options: LessorOptions) {
    this.#options = options;
  }

  get isLeading(): boolean {
    return this.#isLeading;
  }

  /** This member leads, and has applied everything that leaders before it proposed: `leases` are all there are. */
  lead(leases: Iterable<Lease>, nowMs: number): void {
    this.follow();
    this.#isLeading = true;
    this.#lookedMs = nowMs;
    for (const lease of leases) this.#watch(lease, this.#options.graceMs + lease.remainingSec * 1000);
  }

  /** This member leads no more. */
  follow(): void {
    this.#isLeading = false;
    this.#watched.clear();
    this.#queue.clear();
  }

  /** A lease was granted. */
  granted(lease: Lease, nowMs: number): void {
    if (!this.#isLeading) return;
    this.#pass(nowMs);
    this.#watch(lease, lease.ttlSec * 1000);
  }

  /** A lease has ended, for whatever reason. */
  ended(id: LeaseId): void {
    this.#watched.delete(id);
  }

  /** The log has taken back what it said was left of the lease. */
  cleared({ id, serial }: LeaseMark): void {
    const lease = this.#watched.get(id);
    if (lease?.serial === serial && lease.checkpoint === "clearing") lease.checkpoint = "none";
  }

  renew(id: LeaseId, nowMs: number): Renewal {
    const timeMs = this.#pass(nowMs);
    const lease = this.#watched.get(id);
    if (lease === undefined) return "gone";
    if (lease.isEnding) return "inLog";
    if (lease.checkpoint !== "none") {
      lease.checkpoint = "clearing";
      return "inLog";
    }
    lease.deadlineMs = timeMs + lease.ttlMs;
    lease.checkpointMs = timeMs + this.#options.checkpointEveryMs;
    return "renewed";
  }

  /** What has to be in the log before these can be renewed, of those that {@link renew} said so of. */
  needed(ids: Iterable<LeaseId>): LeaseTimes {
    const leases = [...ids].flatMap((id) => this.#watched.get(id) ?? []);
    return {
      expired: leases.filter(({ isEnding }) => isEnding).map(markOf),
      remaining: leases
        .filter(({ isEnding, checkpoint }) => !isEnding && checkpoint === "clearing")
        .map((lease) => ({ ...markOf(lease), sec: 0 })),
    };
  }

  /** Undefined: there is no such lease. Below 0 where it is over and the log has not ended it yet. */
  leftMs(id: LeaseId, nowMs: number): number | undefined {
    const timeMs = this.#pass(nowMs);
    const lease = this.#watched.get(id);
    return lease === undefined ? undefined : lease.deadlineMs - timeMs;
  }

  /** What the log has to be told now; to be asked several times a second. */
  due(nowMs: number): LeaseTimes {
    const { duesMax, checkpointEveryMs, proposeAgainMs } = this.#options;
    const timeMs = this.#pass(nowMs);
    const expired: LeaseMark[] = [];
    const remaining: LeaseTimes["remaining"][number][] = [];
    while (expired.length < duesMax && remaining.length < duesMax) {
      const lease = this.#queue.take(timeMs);
      if (lease === undefined) break;
      if (this.#watched.get(lease.id) !== lease) continue;
      if (lease.deadlineMs <= timeMs) {
        lease.isEnding = true;
        expired.push(markOf(lease));
        this.#queue.add(timeMs + proposeAgainMs, lease);
        continue;
      }
      if (lease.checkpointMs <= timeMs) {
        lease.checkpointMs = timeMs + checkpointEveryMs;
        if (lease.checkpoint !== "clearing") {
          lease.checkpoint = "made";
          remaining.push({ ...markOf(lease), sec: Math.ceil((lease.deadlineMs - timeMs) / 1000) });
        }
      }
      this.#queue.add(wakeMs(lease), lease);
    }
    return { expired, remaining };
  }

  #watch({ id, serial, ttlSec, remainingSec }: Lease, leftMs: number): void {
    const lease: Watched = {
      id,
      serial,
      ttlMs: ttlSec * 1000,
      deadlineMs: this.#timeMs + leftMs,
      checkpointMs: this.#timeMs + this.#options.checkpointEveryMs,
      checkpoint: remainingSec < ttlSec ? "made" : "none",
      isEnding: false,
    };
    this.#watched.set(id, lease);
    this.#queue.add(wakeMs(lease), lease);
    if (this.#queue.size > 2 * this.#watched.size + 1000) this.#forgetEnded();
  }

  /** Leases that ended wait in the queue for a time that may be far: more of them than of others are too many. */
  #forgetEnded(): void {
    this.#queue.clear();
    for (const lease of this.#watched.values()) this.#queue.add(wakeMs(lease), lease);
  }

  #pass(nowMs: number): number {
    this.#timeMs += Math.min(nowMs - this.#lookedMs, this.#options.stepMsMax);
    this.#lookedMs = nowMs;
    return this.#timeMs;
  }
}

/** Where a renewal moved it back since it was queued, it is queued again. */
function wakeMs({ deadlineMs, checkpointMs }: Watched): number {
  return Math.min(deadlineMs, checkpointMs);
}

function markOf({ id, serial }: LeaseMark): LeaseMark {
  return { id, serial };
}
