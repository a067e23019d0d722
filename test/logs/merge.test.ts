// Shows that the merge is a stable sort whenever streams keep to the window, waits for nobody beyond it, and never reorders a stream.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogRecord } from "../../src/core/log-record.js";
import { Merger } from "../../src/logs/merge.js";
import { recordAt } from "./record.js";

const ms = 1_000_000;
const holdBackMs = 300;

/** The i-th record of a stream, which names itself in `node` and `seq`. */
const rec = (node: string, seq: number, atMs: number): LogRecord => recordAt(atMs * ms, { node, seq });

/** Marks as readers see it. */
const late = (record: LogRecord): LogRecord => ({ ...record, flags: ["late"] });

/** A merge of live streams. */
function live(keys: readonly string[]): Merger<LogRecord> {
  const merger = new Merger(holdBackMs, late);
  for (const key of keys) {
    merger.open(key);
    merger.goLive(key);
  }
  return merger;
}

/** The dumb twin: gather everything, sort by stamp, streams in the order they were opened. */
function sorted(streams: readonly (readonly LogRecord[])[]): LogRecord[] {
  return streams.flat().sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));
}

const names = (records: readonly LogRecord[]): string[] =>
  records.map((r) => `${r.node}.${r.seq}${r.flags === undefined ? "" : ` ${r.flags.join()}`}`);

/** Streams of records whose stamps (ms) never step back; equal stamps are common. */
const streamsOf = (maxStepMs: number): fc.Arbitrary<LogRecord[][]> =>
  fc.array(fc.array(fc.nat(maxStepMs), { maxLength: 12 }), { minLength: 1, maxLength: 5 }).map((streams) =>
    streams.map((steps, i) => {
      let at = 0;
      return steps.map((step, j) => rec(`s${i}`, j + 1, (at += step)));
    }),
  );

describe("merge", () => {
  it("of streams that catch up and end is the stable sort, however their records arrive", () => {
    fc.assert(
      fc.property(streamsOf(5), fc.infiniteStream(fc.nat(4)), (streams, picks) => {
        const merger = new Merger(holdBackMs, late);
        const out: LogRecord[] = [];
        streams.forEach((_, i) => merger.open(`s${i}`));
        const left = streams.map((records, i) => ({ key: `s${i}`, records: [...records] }));
        while (left.length > 0) {
          const stream = left[(picks.next().value ?? 0) % left.length];
          if (stream === undefined) break;
          const record = stream.records.shift();
          if (record === undefined) {
            merger.close(stream.key);
            left.splice(left.indexOf(stream), 1);
          } else merger.push(stream.key, [record], 0);
          // an hour passes at every step: what catches up is waited for all the same
          out.push(...merger.release(out.length * 3_600_000));
        }
        expect(out).toEqual(sorted(streams));
      }),
    );
  });

  it("of live streams is the same sort when every record arrives within the window", () => {
    fc.assert(
      fc.property(streamsOf(200), fc.infiniteStream(fc.nat(holdBackMs - 1)), (streams, delays) => {
        const merger = live(streams.map((_, i) => `s${i}`));
        const arrivals = streams
          .flatMap((records) => {
            let last = 0;
            return records.map((record) => {
              const at = Number(record.ts.slice(17, 19)) * 1000 + Number(record.ts.slice(20, 23));
              last = Math.max(last, at + (delays.next().value ?? 0));
              return { record, atMs: last };
            });
          })
          .sort((a, b) => a.atMs - b.atMs);
        const out: LogRecord[] = [];
        for (const { record, atMs } of arrivals) {
          out.push(...merger.release(atMs));
          merger.push(record.node, [record], atMs);
        }
        out.push(...merger.flush());
        expect(out).toEqual(sorted(streams));
      }),
    );
  });

  it("holds no record beyond the window, keeps every stream's order, and flags exactly what steps back", () => {
    const step = fc.record({ stream: fc.nat(3), stampMs: fc.nat(1000), waitMs: fc.nat(200) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const merger = live(["s0", "s1", "s2", "s3"]);
        const last = new Map<string, string>();
        const arrivedMs = new Map<string, number>();
        const pushed: LogRecord[] = [];
        const out: LogRecord[] = [];
        let nowMs = 0;
        const release = (): void => {
          const due = merger.dueMs();
          const ready = merger.release(nowMs);
          expect(ready.length > 0).toBe(due !== undefined && due <= nowMs);
          out.push(...ready);
          const outNames = new Set(out.map((r) => `${r.node}.${r.seq}`));
          for (const [name, atMs] of arrivedMs) expect(outNames.has(name) || nowMs - atMs < holdBackMs).toBe(true);
        };
        steps.forEach(({ stream, stampMs, waitMs }, i) => {
          nowMs += waitMs;
          release();
          const key = `s${stream}`;
          const said = rec(key, i, stampMs);
          const record = { ...said, ts: said.ts < (last.get(key) ?? "") ? (last.get(key) ?? "") : said.ts };
          last.set(key, record.ts);
          pushed.push(record);
          arrivedMs.set(`${key}.${i}`, nowMs);
          merger.push(key, [record], nowMs);
          release();
        });
        out.push(...merger.flush());
        for (let i = 0; i < 4; i++) {
          const of = (records: readonly LogRecord[]): number[] => records.filter((r) => r.node === `s${i}`).map((r) => r.seq);
          expect(of(out)).toEqual(of(pushed));
        }
        let highest = "";
        for (const record of out) {
          expect(record.flags?.includes("late") === true).toBe(record.ts < highest);
          if (record.ts > highest) highest = record.ts;
        }
      }),
    );
  });

  it("shows a late record at once", () => {
    const merger = live(["n1", "n2"]);
    merger.push("n1", [rec("n1", 1, 500)], 0);
    expect(merger.dueMs()).toBe(300);
    expect(names(merger.release(299))).toEqual([]);
    expect(names(merger.release(300))).toEqual(["n1.1"]);
    merger.push("n2", [rec("n2", 1, 400)], 301);
    expect(names(merger.release(301))).toEqual(["n2.1 late"]);
    expect(merger.dueMs()).toBeUndefined();
  });

  it("waits for nobody once every stream has spoken", () => {
    const merger = live(["n1", "n2"]);
    merger.push("n1", [rec("n1", 1, 20)], 0);
    merger.push("n2", [rec("n2", 1, 10)], 0);
    expect(names(merger.release(0))).toEqual(["n2.1"]);
    merger.close("n2");
    expect(names(merger.release(0))).toEqual(["n1.1"]);
  });

  it("gives out what a closed stream held, in its place", () => {
    const merger = live(["n1", "n2"]);
    merger.push("n1", [rec("n1", 1, 20)], 0);
    merger.close("n1");
    merger.push("n2", [rec("n2", 1, 10)], 1);
    expect(names(merger.release(1))).toEqual(["n2.1"]);
    expect(names(merger.release(300))).toEqual(["n1.1"]);
  });
});
