import type { Log } from "../../core/log-line.js";
import { encodeCommand } from "../entries/commands.js";
import type { LeaseId } from "../mvcc/key-value.js";
import type { Readers } from "../readers.js";
import type { Applied } from "../replica.js";
import type { Op, Router } from "../router.js";
import type { LeaseBook } from "./lease-book.js";
import { Lessor } from "./lessor.js";

export interface LeaseKeeperOptions {
  /** Monotonic. */
  readonly nowMs: () => number;
  readonly log: Log;
  readonly electionTimeoutMs: number;
  /** As applied here by now. */
  readonly book: () => LeaseBook;
  /** Puts a command into the log of this member if it leads, and never into another's. */
  readonly propose: (command: Uint8Array) => void;
  readonly router: Pick<Router, "settle" | "moved">;
  readonly readers: Pick<Readers, "add">;
  /** How often what is left of a long lease is put down in the log; five minutes, unless it is given. */
  readonly checkpointEveryMs?: number;
}

/** How often {@link LeaseKeeper.look} is called, at least. */
const lookEveryMs = 50;
const duesASecondMax = 1000;
const usualCheckpointEveryMs = 5 * 60_000;
const stepMsMax = 500;
const proposeAgainMs = 1000;
const idsSaidMax = 10;

/** What this member does for leases as the leader: renews them, says what is left of them, and has the log end those that are over. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #lessor: Lessor;
  /** The term for which the lessor keeps time. */
  #term = 0;
  /** They wait for what they need to stand in the log. */
  #waiting: { readonly op: Op; readonly index: number }[] = [];

  #renewed = 0;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    this.#lessor = new Lessor({
      graceMs: options.electionTimeoutMs,
      checkpointEveryMs: options.checkpointEveryMs ?? usualCheckpointEveryMs,
      duesMax: Math.ceil((duesASecondMax * lookEveryMs) / 1000),
      proposeAgainMs,
      stepMsMax,
    });
  }

  /** How many renewals it has given. */
  get renewed(): number {
    return this.#renewed;
  }

  /** This member leads in `term`, and has applied everything that leaders before it have left. */
  lead(term: number): void {
    if (this.#lessor.isLeading && this.#term === term) return;
    this.#term = term;
    this.#lessor.lead(this.#options.book().all(), this.#options.nowMs());
  }

  /** This member leads no more. */
  follow(): void {
    if (!this.#lessor.isLeading) return;
    this.#lessor.follow();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { op } of waiting) this.#options.router.moved(op);
  }

  /** What an entry of the log did. */
  applied(applied: Applied): void {
    if (!this.#lessor.isLeading || applied.type !== "command") return;
    const { answer } = applied;
    switch (answer.type) {
      case "leaseGrant":
        this.#lessor.granted(answer.lease, this.#options.nowMs());
        return;
      case "leaseRevoke":
        this.#lessor.ended(answer.id);
        return;
      case "leaseTimes": {
        for (const { id } of answer.ended) this.#lessor.ended(id);
        for (const lease of answer.times.remaining) if (lease.sec === 0) this.#lessor.cleared(lease);
        this.#say(answer.ended.map(({ id }) => String(id)));
        const waiting = this.#waiting;
        this.#waiting = [];
        for (const { op, index } of waiting) if (!op.settled) this.#serve(op, index);
        return;
      }
      default:
        return;
    }
  }

  /** A quorum has confirmed, after the op came, that this member leads. The op is answered once `index` is applied here. */
  confirmed(op: Op, index: number): void {
    const { readers, router } = this.#options;
    readers.add({ index, deadlineMs: op.deadlineMs, serve: () => this.#serve(op, index), fail: () => router.moved(op) });
  }

  /** Has the log told what is due; to be called many times a second. */
  look(): void {
    if (!this.#lessor.isLeading) return;
    const times = this.#lessor.due(this.#options.nowMs());
    if (times.expired.length + times.remaining.length > 0) this.#options.propose(encodeCommand("leaseTimes", times));
  }

  #serve(op: Op, index: number): void {
    const { router } = this.#options;
    if (!this.#lessor.isLeading) router.moved(op);
    else if (op.ask.type === "keepAlive") this.#keepAlive(op, op.ask.ids, index);
    else if (op.ask.type === "timeToLive") router.settle(op, { type: "timeLeft", ...this.#timeLeft(op.ask.id), index });
  }

  #keepAlive(op: Op, ids: readonly LeaseId[], index: number): void {
    const nowMs = this.#options.nowMs();
    const waits = ids.filter((id) => this.#lessor.renew(id, nowMs) === "inLog");
    if (waits.length > 0) {
      this.#waiting.push({ op, index });
      this.#options.propose(encodeCommand("leaseTimes", this.#lessor.needed(waits)));
      return;
    }
    const book = this.#options.book();
    this.#renewed += ids.length;
    this.#options.router.settle(op, { type: "keptAlive", ttlsSec: ids.map((id) => book.get(id)?.ttlSec ?? 0) });
  }

  #timeLeft(id: LeaseId): { readonly ttlSec: number; readonly leftMs: number } {
    const leftMs = this.#lessor.leftMs(id, this.#options.nowMs());
    const lease = this.#options.book().get(id);
    return lease === undefined || leftMs === undefined
      ? { ttlSec: 0, leftMs: 0 }
      : { ttlSec: lease.ttlSec, leftMs: Math.max(0, leftMs) };
  }

  #say(ids: readonly string[]): void {
    if (ids.length === 0) return;
    const what =
      ids.length === 1 ? `lease ${ids[0]} is over: nobody renewed it` : `${ids.length} leases are over: nobody renewed them`;
    this.#options.log("info", "leases-over", what, { leases: ids.slice(0, idsSaidMax), count: ids.length });
  }
}
