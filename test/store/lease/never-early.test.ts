// Shows that no lease ends before its time, counted from when its client asked for it or for a renewal that was acknowledged: over any changes of leaders, entries that get lost, answers that are late, and members that are paused.
import fc from "fast-check";
import { expect, it } from "vitest";
import { LeaseBook } from "../../../src/store/lease/lease-book.js";
import type { LeaseTimes } from "../../../src/store/lease/lease-book.js";
import { Lessor } from "../../../src/store/lease/lessor.js";

type Entry =
  | { readonly type: "grant"; readonly id: bigint; readonly ttlSec: number; readonly askedMs: number }
  | { readonly type: "revoke"; readonly id: bigint }
  | { readonly type: "times"; readonly times: LeaseTimes }
  /** A new leader's first. */
  | { readonly type: "noop" };

/** A renewal on its way. */
interface Renewal {
  readonly id: bigint;
  readonly askedMs: number;
  readonly member: number;
  isConfirmed: boolean;
}

const members = [0, 1, 2];

/**
 * A log of which some is committed, members that lead or believe that they do, and clients. As raft has it: a leader that is elected keeps
 * what is committed and any part of the rest; a quorum confirms a leader only while nobody else was elected and once its first entry is
 * committed.
 */
class World {
  nowMs = 0;
  readonly lessors = members.map(
    () => new Lessor({ graceMs: 100, checkpointEveryMs: 1500, duesMax: 3, proposeAgainMs: 500, stepMsMax: 2000 }),
  );
  /** Where their clocks stood when it began. */
  readonly offsetsMs = [0, 5_000_000, 777];
  readonly book = new LeaseBook();
  readonly log: Entry[] = [];
  committed = 0;
  leader = 0;
  /** Index of the leader's first entry. */
  firstOwn = 0;
  renewals: Renewal[] = [];
  /** By serial: until when clients count on it, and when it ended by time. */
  readonly promisedMs = new Map<number, number>();
  readonly endedMs = new Map<number, number>();
  acknowledged = 0;

  constructor() {
    this.elect(0, 0);
  }

  clock(member: number): number {
    return this.nowMs + (this.offsetsMs[member] ?? 0);
  }

  lessor(member: number): Lessor {
    return this.lessors[member] as Lessor;
  }

  elect(member: number, keep: number): void {
    this.log.length = Math.min(this.log.length, this.committed + keep);
    this.leader = member;
    // it hears of its own election, not of others' at once
    this.lessor(member).follow();
    this.firstOwn = this.log.push({ type: "noop" }) - 1;
  }

  look(member: number): void {
    const times = this.lessor(member).due(this.clock(member));
    if (times.expired.length + times.remaining.length > 0) this.propose(member, { type: "times", times });
  }

  /** What somebody proposes who does not lead any more stays in a log that is thrown away. */
  propose(member: number, entry: Entry): void {
    if (member === this.leader) this.log.push(entry);
  }

  commit(count: number): void {
    for (let i = 0; i < count && this.committed < this.log.length; i++)
      this.apply(this.log[this.committed] as Entry, this.committed++);
  }

  apply(entry: Entry, index: number): void {
    const lessor = this.lessor(this.leader);
    const nowMs = this.clock(this.leader);
    switch (entry.type) {
      case "grant": {
        const lease = this.book.grant(entry.id, entry.ttlSec);
        if ("type" in lease) return;
        this.promise(lease.serial, entry.askedMs + lease.ttlSec * 1000);
        lessor.granted(lease, nowMs);
        return;
      }
      case "revoke":
        this.book.end(entry.id);
        lessor.ended(entry.id);
        return;
      case "times":
        for (const mark of entry.times.expired) {
          if (!this.book.isSame(mark)) continue;
          this.book.end(mark.id);
          lessor.ended(mark.id);
          this.endedMs.set(mark.serial, this.nowMs);
          this.check(mark.serial);
        }
        for (const { sec, ...mark } of entry.times.remaining) {
          this.book.checkpoint(mark, sec);
          if (sec === 0) lessor.cleared(mark);
        }
        return;
      case "noop":
        if (index === this.firstOwn) lessor.lead(this.book.all(), nowMs);
        return;
    }
  }

  ask(member: number, id: bigint): void {
    this.renewals.push({ id, member, askedMs: this.nowMs, isConfirmed: false });
  }

  confirm(): void {
    for (const renewal of this.renewals) {
      if (renewal.member === this.leader && this.committed > this.firstOwn) renewal.isConfirmed = true;
    }
  }

  /** Members answer what was confirmed, some of them long after. */
  serve(member: number): void {
    const mine = this.renewals.filter((renewal) => renewal.member === member && renewal.isConfirmed);
    for (const renewal of mine) {
      // of the lease that it renews, the client knows what was granted when it asked
      const serial = this.book.get(renewal.id)?.serial;
      const answer = this.lessor(member).renew(renewal.id, this.clock(member));
      if (answer === "inLog") {
        this.propose(member, { type: "times", times: this.lessor(member).needed([renewal.id]) });
        continue;
      }
      this.renewals = this.renewals.filter((each) => each !== renewal);
      if (answer === "gone" || serial === undefined) continue;
      this.acknowledged++;
      const ttlMs = (this.book.get(renewal.id)?.ttlSec ?? 0) * 1000;
      this.promise(serial, renewal.askedMs + ttlMs);
    }
  }

  promise(serial: number, untilMs: number): void {
    this.promisedMs.set(serial, Math.max(this.promisedMs.get(serial) ?? 0, untilMs));
    this.check(serial);
  }

  check(serial: number): void {
    const endedMs = this.endedMs.get(serial) ?? Infinity;
    const promisedMs = this.promisedMs.get(serial) ?? 0;
    if (endedMs < promisedMs) throw new Error(`lease ${serial} ended at ${endedMs} and was promised until ${promisedMs}`);
  }
}

const someMember = fc.constantFrom(...members);
const someId = fc.constantFrom(1n, 2n);
const step = fc.oneof(
  { weight: 8, arbitrary: fc.nat(900).map((ms) => (world: World) => void (world.nowMs += ms)) },
  { weight: 10, arbitrary: someMember.map((member) => (world: World) => world.look(member)) },
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 4 }).map((count) => (world: World) => world.commit(count)) },
  {
    weight: 2,
    arbitrary: fc.tuple(someId, fc.integer({ min: 1, max: 4 }), fc.nat(1000)).map(([id, ttlSec, lateMs]) => (world: World) => {
      world.propose(world.leader, { type: "grant", id, ttlSec, askedMs: world.nowMs - lateMs });
    }),
  },
  { weight: 1, arbitrary: someId.map((id) => (world: World) => world.propose(world.leader, { type: "revoke", id })) },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom(...members, undefined, undefined), someId).map(
      ([member, id]) =>
        (world: World) =>
          world.ask(member ?? world.leader, id),
    ),
  },
  { weight: 4, arbitrary: fc.constant((world: World) => world.confirm()) },
  { weight: 4, arbitrary: someMember.map((member) => (world: World) => world.serve(member)) },
  {
    weight: 1,
    arbitrary: fc.tuple(someMember, fc.nat(3)).map(
      ([member, keep]) =>
        (world: World) =>
          world.elect(member, keep),
    ),
  },
  {
    weight: 1,
    arbitrary: someMember.map((member) => (world: World) => void (member === world.leader || world.lessor(member).follow())),
  },
);

it("never ends a lease early", () => {
  let ended = 0;
  let acknowledged = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 200, maxLength: 400, size: "max" }), (steps) => {
      const world = new World();
      for (const each of steps) each(world);
      ended += world.endedMs.size;
      acknowledged += world.acknowledged;
    }),
    { numRuns: 500 },
  );
  // else nothing was shown
  expect([ended > 100, acknowledged > 500]).toEqual([true, true]);
});
