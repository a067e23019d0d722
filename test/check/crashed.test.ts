// Crashed operations are normal: hundreds of them on one key cost little, and they explain just what they can explain.
import { describe, expect, test } from "vitest";
import { pairEvents, type HistoryEvent, type Operation } from "../../src/check/history.js";
import { checkLinearizability } from "../../src/check/linearizability.js";
import { kv, type KvInput, type KvOutput } from "../../src/check/models/kv.js";

type Event = HistoryEvent<KvInput, KvOutput>;
const invoke = (process: string, input: KvInput): Event => ({ process, type: "invoke", input });
const ok = (process: string, output: KvOutput): Event => ({ process, type: "ok", output });
const put = (value: string): KvInput => ({ op: "put", key: "x", value });
const get: KvInput = { op: "get", key: "x" };
const history = (...events: Event[]): Operation<KvInput, KvOutput>[] => pairEvents(events);

/** One after the other: `count` puts that crash, each of its own value. */
const crashedPuts = (count: number): Event[] =>
  Array.from({ length: count }, (_, i): Event[] => [invoke(`c${i}`, put(`v${i}`)), { process: `c${i}`, type: "info" }]).flat();

const reads = (...values: (string | null)[]): Event[] => values.flatMap((value): Event[] => [invoke("r", get), ok("r", value)]);

describe("what a crashed put explains", () => {
  const cases: { name: string; events: Event[]; verdict: string }[] = [
    { name: "it happened", events: [...crashedPuts(1), ...reads("v0")], verdict: "ok" },
    { name: "it did not", events: [...crashedPuts(1), ...reads(null, null)], verdict: "ok" },
    { name: "it happened late", events: [...crashedPuts(1), ...reads(null, null, "v0")], verdict: "ok" },
    { name: "it cannot be undone", events: [...crashedPuts(1), ...reads("v0", null)], verdict: "violation" },
    { name: "it happens once", events: [...crashedPuts(2), ...reads("v0", "v1", "v0")], verdict: "violation" },
    {
      name: "two of one value happen twice",
      events: [...crashedPuts(2), ...crashedPuts(1), ...reads("v0", "v1", "v0")],
      verdict: "ok",
    },
    { name: "not before it was invoked", events: [...reads("v0"), ...crashedPuts(1)], verdict: "violation" },
    { name: "one that never returns is crashed", events: [invoke("a", put("v")), ...reads(null, "v")], verdict: "ok" },
    {
      name: "one that failed never happened",
      events: [invoke("a", put("v")), { process: "a", type: "fail" }, ...reads("v")],
      verdict: "violation",
    },
  ];
  test.each(cases)("$name", ({ events, verdict }) => {
    expect(checkLinearizability(history(...events), kv).verdict).toBe(verdict);
  });
});

describe("400 crashed puts of different values on one key", () => {
  const budget = { stepsMax: 2_000_000 };

  test("a good history needs few steps", () => {
    const seen = Array.from({ length: 200 }, (_, i) => `v${(i * 7) % 400}`);
    const found = checkLinearizability(history(...crashedPuts(400), ...reads(...seen)), kv, budget);
    expect(found.verdict).toBe("ok");
    expect(found.steps).toBeLessThan(500_000);
  });

  test("a violation behind them is found", () => {
    const found = checkLinearizability(history(...crashedPuts(400), ...reads("v7", "v11", "v7")), kv, budget);
    expect(found).toMatchObject({ verdict: "violation", states: ['"v11"'] });
  });
});

describe("many clients at once on one key", () => {
  /** Each round all clients put, then all read the same one of the values: which put came last shows only afterwards. */
  const rounds = (clients: number): Event[] =>
    Array.from({ length: 30 }, (_, round) => {
      const names = Array.from({ length: clients }, (_, client) => `c${client}`);
      return [
        ...names.map((name) => invoke(name, put(`${name} in ${round}`))),
        ...names.map((name) => ok(name, null)),
        ...names.map((name) => invoke(name, get)),
        ...names.map((name) => ok(name, `c${(round * 7) % clients} in ${round}`)),
      ];
    }).flat();
  const budget = { stepsMax: 500_000 };

  test("twenty, and a good history", () => {
    expect(checkLinearizability(history(...rounds(20)), kv, budget).verdict).toBe("ok");
  });

  test("eight, and a stale read at the end", () => {
    const found = checkLinearizability(history(...rounds(8), ...reads("c1 in 28")), kv, budget);
    expect(found).toMatchObject({ verdict: "violation", stuck: { process: "r" }, states: ['"c3 in 29"'] });
  });
});

test("the budget ends a search as unknown, by steps and by the clock", () => {
  const hard = history(...crashedPuts(400), ...reads("v7", "v11", "v7"));
  expect(checkLinearizability(hard, kv, { stepsMax: 100 })).toMatchObject({ verdict: "unknown", exhausted: "steps" });
  let clock = 0;
  expect(checkLinearizability(hard, kv, { now: () => clock++, timeMax: 5 })).toMatchObject({
    verdict: "unknown",
    exhausted: "time",
  });
});

test("a violation on one key counts although another key exhausts the budget", () => {
  const other = (input: KvInput): KvInput => ({ ...input, key: "y" });
  const violation = [invoke("w", other(put("a"))), ok("w", null), invoke("w", other(get)), ok("w", null)];
  const hard = [...crashedPuts(400), ...reads("v7", "v11", "v7")];
  expect(checkLinearizability(history(...violation, ...hard), kv, { stepsMax: 100 })).toMatchObject({
    verdict: "violation",
    key: "y",
  });
});

describe("events pair up", () => {
  test("a second invocation of a busy process is refused", () => {
    expect(() => history(invoke("a", get), invoke("a", get))).toThrow(
      "event 1: process a invokes while an operation is under way",
    );
  });
  test("a return without an invocation is refused", () => {
    expect(() => history(ok("a", null))).toThrow("event 0: process a returns without an invocation");
  });
});
