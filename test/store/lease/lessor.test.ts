// Shows what the leader's clock says of leases: when they are over, what is put down of those that last, what renewals wait for, and that leaps of the clock are not taken for time.
import { expect, it } from "vitest";
import type { Lease } from "../../../src/store/lease/lease-book.js";
import { Lessor } from "../../../src/store/lease/lessor.js";
import type { LessorOptions } from "../../../src/store/lease/lessor.js";

const options: LessorOptions = {
  graceMs: 200,
  checkpointEveryMs: 60_000,
  duesMax: 2,
  proposeAgainMs: 1000,
  stepMsMax: 500,
};

const lease = (id: bigint, ttlSec: number, remainingSec = ttlSec): Lease => ({ id, serial: Number(id), ttlSec, remainingSec });

/** A lessor that leads, and is looked at often. */
class Watch {
  nowMs = 10_000;
  readonly lessor: Lessor;

  constructor(leases: readonly Lease[], changed: Partial<LessorOptions> = {}) {
    this.lessor = new Lessor({ ...options, ...changed });
    this.lessor.lead(leases, this.nowMs);
  }

  /** What was due on the way, with when: ms from the beginning. */
  pass(ms: number): [atMs: number, what: string][] {
    const said: [number, string][] = [];
    const endMs = this.nowMs + ms;
    while (this.nowMs < endMs) {
      this.nowMs += 100;
      const { expired, remaining } = this.lessor.due(this.nowMs);
      for (const { id } of expired) said.push([this.nowMs - 10_000, `${id} is over`]);
      for (const { id, sec } of remaining) said.push([this.nowMs - 10_000, `${id} has ${sec} s`]);
    }
    return said;
  }

  renew(id: bigint): string {
    return this.lessor.renew(id, this.nowMs);
  }
}

it("ends a lease after its time, counted from when this member began to lead, and says so again until the log has ended it", () => {
  const watch = new Watch([lease(1n, 2), lease(2n, 60, 5)]);
  expect(watch.pass(2100)).toEqual([]);
  expect(watch.pass(2000)).toEqual([[2200, "1 is over"], [3200, "1 is over"]]); // prettier-ignore
  watch.lessor.ended(1n);
  expect(watch.pass(1200)).toEqual([[5200, "2 is over"]]);
});

it("gives a lease all its time again when it is renewed, and no other", () => {
  const watch = new Watch([]);
  watch.lessor.granted(lease(1n, 2), watch.nowMs);
  watch.lessor.granted(lease(2n, 2), watch.nowMs);
  watch.pass(1500);
  expect([watch.renew(1n), watch.renew(3n)]).toEqual(["renewed", "gone"]);
  expect([1n, 2n, 3n].map((id) => watch.lessor.leftMs(id, watch.nowMs))).toEqual([2000, 500, undefined]);
  expect(watch.pass(2000)).toEqual([[2000, "2 is over"], [3000, "2 is over"], [3500, "1 is over"]]); // prettier-ignore
});

it("renews a lease that is late to be ended, but not one whose end may stand in the log already", () => {
  const watch = new Watch([]);
  watch.lessor.granted(lease(1n, 2), watch.nowMs);
  watch.pass(1900);
  watch.nowMs += 400;
  expect(watch.renew(1n)).toBe("renewed");
  watch.pass(2000);
  expect(watch.renew(1n)).toBe("inLog");
  expect(watch.lessor.needed([1n, 7n])).toEqual({ expired: [{ id: 1n, serial: 1 }], remaining: [] });
  watch.lessor.ended(1n);
  expect(watch.renew(1n)).toBe("gone");
});

it("has what is left of a long lease put down, and takes renewals only once that is taken back", () => {
  const watch = new Watch([lease(1n, 200), lease(2n, 30)], { checkpointEveryMs: 50_000 });
  expect(watch.pass(49_900)).toEqual([[30_200, "2 is over"], ...Array.from({ length: 19 }, (_, i) => [31_200 + i * 1000, "2 is over"])]); // prettier-ignore
  watch.lessor.ended(2n);
  expect(watch.pass(50_100)).toEqual([[50_000, "1 has 151 s"], [100_000, "1 has 101 s"]]); // prettier-ignore
  expect(watch.renew(1n)).toBe("inLog");
  expect(watch.lessor.needed([1n])).toEqual({ expired: [], remaining: [{ id: 1n, serial: 1, sec: 0 }] });
  // not on its way twice: whichever came last would count
  expect(watch.pass(60_000)).toEqual([]);
  watch.lessor.cleared({ id: 1n, serial: 1 });
  expect(watch.renew(1n)).toBe("renewed");
  expect(watch.lessor.leftMs(1n, watch.nowMs)).toBe(200_000);
});

it("knows from the book that a leader before it put something down", () => {
  const watch = new Watch([lease(1n, 100, 40)]);
  expect(watch.lessor.leftMs(1n, watch.nowMs)).toBe(40_200);
  expect(watch.renew(1n)).toBe("inLog");
  watch.lessor.cleared({ id: 1n, serial: 9 });
  expect(watch.renew(1n)).toBe("inLog");
  watch.lessor.cleared({ id: 1n, serial: 1 });
  expect(watch.renew(1n)).toBe("renewed");
});

it("ends no more leases at once than it may, and forgets none", () => {
  const watch = new Watch([1n, 2n, 3n, 4n, 5n].map((id) => lease(id, 2)));
  const said = watch.pass(2400);
  expect(said.map(([atMs]) => atMs)).toEqual([2200, 2200, 2300, 2300, 2400]);
  expect(said.map(([, what]) => what).toSorted()).toEqual([1, 2, 3, 4, 5].map((id) => `${id} is over`));
});

it("takes a leap of the clock for a short while, whoever sees it first", () => {
  for (const look of [(watch: Watch) => watch.lessor.due(watch.nowMs), (watch: Watch) => watch.renew(9n)]) {
    const watch = new Watch([lease(1n, 2)]);
    watch.pass(1000);
    watch.nowMs += 3_600_000;
    look(watch);
    expect(watch.lessor.leftMs(1n, watch.nowMs)).toBe(700);
  }
});

it("knows nothing while it follows, and begins anew when it leads again", () => {
  const watch = new Watch([lease(1n, 2)]);
  watch.pass(1500);
  watch.lessor.follow();
  watch.lessor.granted(lease(2n, 2), watch.nowMs);
  expect([watch.lessor.isLeading, watch.renew(1n), watch.renew(2n), watch.pass(2000)]).toEqual([false, "gone", "gone", []]);
  watch.lessor.lead([lease(1n, 2)], watch.nowMs);
  expect(watch.lessor.leftMs(1n, watch.nowMs)).toBe(2200);
});

it("does not keep leases that ended long before their time", () => {
  const watch = new Watch([lease(1n, 1_000_000)], { checkpointEveryMs: 1e9 });
  for (let id = 2n; id < 5000n; id++) {
    watch.lessor.granted(lease(id, 1_000_000), watch.nowMs);
    watch.lessor.ended(id);
  }
  watch.lessor.granted(lease(5000n, 2), watch.nowMs);
  expect(watch.pass(2100)).toEqual([[2000, "5000 is over"]]);
});
