// Shows that reading a log in any number of goes, with stamps that step back, brings every piece exactly once, and that rotation is noticed.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Progress } from "../../src/logs/progress.js";
import { stampAt } from "./docker-log.js";

/** An engine's log: grows at its end, may lose its beginning, and can be read from a stamp. */
function read(log: readonly string[], since: string | undefined): { stamp: string; at: number }[] {
  return log.map((stamp, at) => ({ stamp, at })).filter(({ stamp }) => stamp !== "" && (since === undefined || stamp >= since));
}

/** Reads `log` in goes: in each, it has grown to one of `lengths`, and the connection breaks after `limits` pieces. */
function readInGoes(
  log: readonly string[],
  goes: readonly { length: number; limit: number }[],
): { seen: number[]; sinces: (string | undefined)[] } {
  const progress = new Progress();
  const seen: number[] = [];
  const sinces: (string | undefined)[] = [];
  let length = 0;
  for (const go of [...goes, { length: log.length, limit: Infinity }]) {
    length = Math.max(length, Math.min(go.length, log.length));
    const { since, skip } = progress.resume();
    sinces.push(since);
    for (const { stamp, at } of read(log.slice(0, length), since).slice(0, go.limit)) {
      const verdict = skip.next(stamp);
      expect(verdict).not.toBe("gap");
      if (verdict !== "new") continue;
      seen.push(at);
      progress.note(stamp, undefined);
    }
  }
  return { seen, sinces };
}

const goes = fc.array(fc.record({ length: fc.nat(80), limit: fc.nat(60) }), { maxLength: 6 });

describe("progress", () => {
  it("brings every piece once while stamps step back by less than a second", () => {
    const stepsNs = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: -90_000_000, max: 900_000_000 })), { maxLength: 80 });
    fc.assert(
      fc.property(stepsNs, goes, (steps, cuts) => {
        let now = 0;
        // no stamp is more than 0.9 s behind the highest before it
        const log = steps.map((step) => stampAt(step < 0 ? Math.max(0, now + step * 10) : (now += step)));
        expect(readInGoes(log, cuts).seen).toEqual(log.map((_, at) => at));
      }),
      { numRuns: 300 },
    );
  });

  it("brings every piece once when the engine's clock is set back after it was read so far", () => {
    const log = [0, 2, 4, 6, 8].map((s) => stampAt(s * 1e9)).concat([1, 1.5, 3, 5, 7].map((s) => stampAt(s * 1e9)));
    const { seen } = readInGoes(log, [{ length: 7, limit: Infinity }]);
    expect(seen).toEqual(log.map((_, at) => at));
  });

  it("does not begin at the start again once the log is longer than a second", () => {
    const log = Array.from({ length: 50 }, (_, i) => stampAt(i * 1e9));
    const { sinces } = readInGoes(log, [{ length: 40, limit: Infinity }]);
    expect(sinces).toEqual([undefined, stampAt(38 * 1e9)]);
  });

  it("keeps an open line within reach, however old it is", () => {
    const progress = new Progress();
    progress.note(stampAt(1e9), undefined);
    for (let s = 2; s < 20; s++) progress.note(stampAt(s * 1e9), stampAt(1e9));
    expect((progress.resume().since ?? "") <= stampAt(1e9)).toBe(true);
  });

  it("carries over minutes and days", () => {
    for (const start of ["2026-11-21T12:00:59.5", "2026-12-31T23:59:59.5"]) {
      const progress = new Progress();
      const first = `${start}00000000Z`;
      const later = `${new Date(Date.parse(`${start}Z`) + 1500).toISOString().slice(0, -1)}000000Z`;
      progress.note(first, undefined);
      progress.note(later, undefined);
      expect(progress.resume().since).toBe(first);
    }
  });

  describe("after rotation", () => {
    /** Reads five pieces, one a second; then the engine forgets some of the log, and goes on. */
    function afterRotation(rest: readonly number[]): string[] {
      const progress = new Progress();
      for (const s of [1, 2, 3, 4, 5]) progress.note(stampAt(s * 1e9), undefined);
      const { since, skip } = progress.resume();
      return read(
        rest.map((s) => stampAt(s * 1e9)),
        since,
      ).map(({ stamp }) => skip.next(stamp));
    }

    it("some of the pieces that share the last stamp are gone", () => {
      const progress = new Progress();
      for (const s of [1, 3, 5, 5, 5]) progress.note(stampAt(s * 1e9), undefined);
      const { skip } = progress.resume();
      expect([5, 5, 6].map((s) => skip.next(stampAt(s * 1e9)))).toEqual(["known", "known", "gap"]);
    });

    it("some of the pieces that share the first stamp are gone", () => {
      const progress = new Progress();
      for (const s of [1, 1, 1]) progress.note(stampAt(s * 1e9), undefined);
      const { skip } = progress.resume();
      expect([1, 2, 3].map((s) => skip.next(stampAt(s * 1e9)))).toEqual(["known", "gap", "new"]);
    });

    it("a piece that steps back comes right after the last that was seen", () => {
      const progress = new Progress();
      for (const s of [1, 3, 5, 4.9]) progress.note(stampAt(s * 1e9), undefined);
      const { skip } = progress.resume();
      expect([5, 4.9, 4.8, 6].map((s) => skip.next(stampAt(s * 1e9)))).toEqual(["known", "known", "new", "new"]);
    });

    it.each<[string, number[], string[]]>([
      ["nothing is gone", [1, 2, 3, 4, 5, 6], ["known", "known", "new"]],
      ["only what was seen is gone, all but the last", [5, 6, 7], ["known", "new", "new"]],
      ["the last seen is gone", [7, 8], ["gap", "new"]],
    ])("%s", (_what, rest, expected) => expect(afterRotation(rest)).toEqual(expected));
  });
});
