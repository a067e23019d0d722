// Shows that the causal order never puts an effect before its cause, leaves each node's own order and what has no clock where it is, and is the same within a window wide enough.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogRecord } from "../../../src/core/log-record.js";
import { CausalSorter, causalOrder } from "../../../src/logs/causal/order.js";
import { recordAt } from "../record.js";
import { clockless, histories } from "./history.js";

const numbersOf = (records: Iterable<LogRecord>): string[] => [...records].map(({ msg }) => msg);

/** A record as the store's, with a clock that stands at `counter`. */
const clocked = (node: string, msg: string, counter: number, vc: Record<string, number> = {}): LogRecord =>
  recordAt(0, { node, msg, fields: { hlc: `000000000000-${counter.toString(16).padStart(4, "0")}`, vc } });
const plain = (node: string, msg: string): LogRecord => recordAt(0, { node, msg });

/** Records are given as they come; expected are their numbers as they leave. */
const checkOrder = (records: readonly LogRecord[], expected: string): void =>
  expect(numbersOf(causalOrder(records)).join(" ")).toBe(expected);

describe("in any history, with restarts, jumping clocks and lines without clocks", () => {
  it("gives out each record once, none before what caused it, each node's in their order", () => {
    fc.assert(
      fc.property(histories(), ({ records, causes }) => {
        const order = numbersOf(causalOrder(records));
        expect(order.toSorted()).toEqual(numbersOf(records).toSorted());
        const placeOf = new Map(order.map((number, place) => [number, place]));
        for (const [effect, all] of causes)
          for (const cause of all) expect(placeOf.get(cause)).toBeLessThan(placeOf.get(effect) ?? -1);
      }),
      { numRuns: 500 },
    );
  });

  it("leaves the records of nodes without clocks in their places", () => {
    fc.assert(
      fc.property(histories(), ({ records }) => {
        const order = [...causalOrder(records)];
        const moved = records.filter((record, place) => clockless.includes(record.node) && order[place] !== record);
        expect(moved).toEqual([]);
      }),
    );
  });

  it("is the stable sort by the hybrid clock where every record has one and no process began anew", () => {
    fc.assert(
      fc.property(
        histories(({ type }) => type === "line" || type === "message" || type === "skew"),
        ({ records }) => {
          const hlc = ({ fields }: LogRecord): string => String(fields["hlc"]);
          const sorted = records.toSorted((a, b) => (hlc(a) < hlc(b) ? -1 : hlc(a) > hlc(b) ? 1 : 0));
          expect(numbersOf(causalOrder(records))).toEqual(numbersOf(sorted));
        },
      ),
    );
  });

  it("never fails and keeps each node's order where the clocks are made up", () => {
    const madeUp = fc.record({
      node: fc.constantFrom("n1", "n2", "n3"),
      counter: fc.option(fc.nat(5), { nil: undefined }),
      vc: fc.dictionary(fc.constantFrom("n1", "n2", "n3"), fc.nat(5)),
    });
    fc.assert(
      fc.property(fc.array(madeUp), (all) => {
        const records = all.map(({ node, counter, vc }, i) =>
          counter === undefined ? plain(node, String(i)) : clocked(node, String(i), counter, vc),
        );
        const ordered = [...causalOrder(records)];
        for (const node of ["n1", "n2", "n3"])
          expect(numbersOf(ordered.filter((record) => record.node === node))).toEqual(
            numbersOf(records.filter((record) => record.node === node)),
          );
        expect(ordered).toHaveLength(records.length);
      }),
    );
  });
});

describe("within a window", () => {
  it("is the same order, where all that belongs together comes within it", () => {
    fc.assert(
      fc.property(
        histories(({ type }) => type !== "skew" && type !== "restart"),
        ({ records }) => {
          const msOf = ({ ts }: LogRecord): number => Date.parse(`${ts.slice(0, 23)}Z`);
          const sorter = new CausalSorter(100);
          const seen: LogRecord[] = [];
          for (const record of records) {
            seen.push(...sorter.release(msOf(record)));
            sorter.push(record, msOf(record));
          }
          seen.push(...sorter.flush());
          expect(seen).toEqual([...causalOrder(records)]);
        },
      ),
    );
  });

  it("holds nothing longer than that, and flags what comes too late for its place", () => {
    const sorter = new CausalSorter(300);
    sorter.push(clocked("n2", "effect", 2), 1000);
    expect([sorter.dueMs(), numbersOf(sorter.release(1299))]).toEqual([1300, []]);
    expect(numbersOf(sorter.release(1300))).toEqual(["effect"]);
    sorter.push(clocked("n1", "cause", 1), 1301);
    expect([...sorter.release(1601)].map(({ msg, flags }) => [msg, flags])).toEqual([["cause", ["late"]]]);
    expect(sorter.dueMs()).toBeUndefined();
  });
});

it("gives out a line in time whose node's clock is far ahead of all others", () => {
  const sorter = new CausalSorter(300);
  sorter.push(clocked("n1", "ahead", 99), 0);
  const seen: string[] = [];
  for (let atMs = 100; atMs <= 400; atMs += 100) {
    seen.push(...numbersOf(sorter.release(atMs)));
    sorter.push(clocked("n2", `at ${atMs}`, atMs / 100), atMs);
  }
  expect(seen).toEqual(["at 100", "at 200", "ahead"]);
});

it("gives the place of a record without a clock to no other that has lost its own", () => {
  checkOrder(
    [clocked("n1", "later", 2), plain("n1", "trace"), plain("u1", "other"), clocked("n2", "earlier", 1)],
    "earlier later other trace",
  );
});

it("puts an effect behind a cause that the engine stamped later", () => {
  checkOrder([clocked("n2", "effect", 2), clocked("n1", "cause", 1)], "cause effect");
});

it("believes the vector clock where a process began anew below what it had heard of", () => {
  checkOrder(
    [clocked("n1", "before", 9, { n1: 5 }), clocked("n2", "effect", 4, { n1: 6, n2: 1 }), clocked("n1", "after", 3, { n1: 6 })],
    "before after effect",
  );
});

it("keeps a line without a clock between its node's own lines, and in its place otherwise", () => {
  checkOrder([clocked("n2", "c", 3), clocked("n1", "a", 1), plain("n1", "stack"), clocked("n1", "b", 2)], "a stack b c");
  checkOrder([plain("u1", "x"), clocked("n2", "b", 2), plain("u1", "y"), clocked("n1", "a", 1)], "x a y b");
});
