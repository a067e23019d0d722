// Shows that an exchange makes two copies of a place equal at a cost that goes with what differs, and harms nothing wherever it is cut off.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ExchangeAnswer } from "../../../../src/store/leaderless/exchange/messages.js";
import { TwoStores, place } from "./two-stores.js";

const valueBytes = 100;

function value(name: string): string {
  return name.padEnd(valueBytes, ".");
}

/** So many keys that both sides have alike. */
function alike(keys: number): TwoStores {
  const stores = new TwoStores();
  for (let i = 0; i < keys; i++) {
    stores.put(stores.ours, `bucket/key-${i}`, value(`v${i}`));
    stores.put(stores.theirs, `bucket/key-${i}`, value(`v${i}`));
  }
  return stores;
}

const sides = fc.record({ key: fc.nat(40), ours: fc.option(fc.nat(3)), theirs: fc.option(fc.nat(3)) });

function filled(differences: readonly { readonly key: number; readonly ours: number | null; readonly theirs: number | null }[]): {
  readonly stores: TwoStores;
  readonly expected: Readonly<Record<string, string>>;
} {
  const stores = new TwoStores();
  const expected: Record<string, string> = {};
  for (const { key, ours, theirs } of differences) {
    for (const [side, version] of [
      [stores.ours, ours],
      [stores.theirs, theirs],
    ] as const) {
      if (version === null) continue;
      stores.put(side, `k${key}`, `v${version}`);
      const text = `v${version}`;
      if (text > (expected[`k${key}`] ?? "")) expected[`k${key}`] = text;
    }
  }
  return { stores, expected };
}

test("two stores end equal to the merge of both, whatever they held", () => {
  fc.assert(
    fc.property(fc.array(sides, { maxLength: 200 }), (differences) => {
      const { stores, expected } = filled(differences);
      const exchange = stores.begin();
      stores.run(exchange);
      expect(["same", "done"]).toContain(exchange.end);
      expect(stores.holdings(stores.ours)).toEqual(sorted(expected));
      expect(stores.holdings(stores.theirs)).toEqual(sorted(expected));
    }),
    { numRuns: 60 },
  );
});

test("cut off after any step, it leaves nothing that the next one does not mend", () => {
  fc.assert(
    fc.property(fc.array(sides, { minLength: 5, maxLength: 60 }), fc.nat(12), (differences, steps) => {
      const { stores, expected } = filled(differences);
      const first = stores.begin();
      stores.run(first, steps);
      for (const side of [stores.ours, stores.theirs]) {
        for (const [key, text] of Object.entries(stores.holdings(side))) expect(text <= (expected[key] ?? "")).toBe(true);
      }
      stores.run(stores.begin());
      expect(stores.holdings(stores.ours)).toEqual(sorted(expected));
      expect(stores.holdings(stores.theirs)).toEqual(sorted(expected));
    }),
    { numRuns: 60 },
  );
});

test("equal copies cost the roots and no more, however many keys there are", () => {
  const [few, many] = [alike(10), alike(10_000)];
  const costs = [few, many].map((stores) => {
    const exchange = stores.begin();
    stores.run(exchange);
    expect([exchange.end, stores.asks.length]).toEqual(["same", 1]);
    return exchange.bytes;
  });
  expect(costs[0]).toBe(costs[1]);
  expect(costs[0]).toBeLessThan(100);
});

test.each([1, 10, 100])("of %i differences among 10,000 keys it costs these, not the 10,000", (differences) => {
  const stores = alike(10_000);
  for (let i = 0; i < differences; i++)
    stores.put(i % 2 === 0 ? stores.ours : stores.theirs, `bucket/key-${i * 97}`, value(`w${i}`));
  const exchange = stores.begin();
  stores.run(exchange);
  expect([exchange.end, exchange.keysRepaired]).toEqual(["done", differences]);
  expect(stores.ours.tree(place).root()).toBe(stores.theirs.tree(place).root());
  // each difference: an object or two, about 10 keys of its segment, the 32 hashes of its branch
  expect(exchange.bytes).toBeLessThan(1000 + differences * (2 * (valueBytes + 64) + 10 * 30 + 32 * 8));
});

test("what one side has lost as a whole comes back at little more than its own size", () => {
  for (const lost of ["ours", "theirs"] as const) {
    const stores = new TwoStores();
    for (let i = 0; i < 5000; i++) stores.put(lost === "ours" ? stores.theirs : stores.ours, `bucket/key-${i}`, value(`v${i}`));
    const exchange = stores.begin();
    stores.run(exchange);
    expect([exchange.end, exchange.keysRepaired]).toEqual(["done", 5000]);
    expect(stores.holdings(stores.ours)).toEqual(stores.holdings(stores.theirs));
    expect(exchange.bytes).toBeLessThan(2 * 5000 * valueBytes);
  }
});

test("a write that reaches one side while they are compared, and the other one later, is left to itself", () => {
  const stores = alike(100);
  stores.put(stores.theirs, "on-its-way", "v");
  stores.meanwhile = ({ type }) => {
    // the write arrives here after the listing, before the repair
    if (type === "objects") stores.put(stores.ours, "on-its-way", "v");
  };
  const exchange = stores.begin();
  stores.run(exchange);
  expect([exchange.end, exchange.keysRepaired, stores.sent]).toEqual(["done", 0, []]);
});

test("a key that changes all the time is not repaired, and does not keep the others from it", () => {
  const stores = alike(100);
  stores.put(stores.theirs, "hot", "0000");
  stores.put(stores.theirs, "missing", "v");
  let writes = 0;
  stores.meanwhile = () => stores.put(stores.theirs, "hot", String(++writes).padStart(4, "0"));
  const exchange = stores.begin();
  stores.run(exchange);
  expect([exchange.end, exchange.keysRepaired]).toEqual(["done", 1]);
  expect(stores.holdings(stores.ours)).toHaveProperty("missing", "v");
});

test("what others have forgotten does not come back from where it is left", () => {
  const stores = new TwoStores();
  stores.isForgotten = (object) => object[0] === "T".charCodeAt(0);
  stores.put(stores.ours, "here", "T");
  stores.put(stores.theirs, "there", "T");
  stores.put(stores.ours, "older", "A");
  stores.put(stores.theirs, "older", "T");
  const exchange = stores.begin();
  stores.run(exchange);
  expect(exchange.end).toBe("done");
  // it is a deletion that beats what is there, and none for who has nothing
  expect(stores.holdings(stores.ours)).toEqual({ here: "T", older: "T" });
  expect(stores.holdings(stores.theirs)).toEqual({ older: "T", there: "T" });
});

test("it waits while background work has to", () => {
  const stores = alike(10);
  stores.put(stores.theirs, "missing", "v");
  stores.mayGoOn = false;
  const exchange = stores.begin();
  expect(stores.run(exchange, 200)).toBe(false);
  stores.mayGoOn = true;
  expect(stores.run(exchange)).toBe(true);
  expect([exchange.end, exchange.keysRepaired]).toEqual(["done", 1]);
});

test("without an answer it fails in its time, and tells the other one", () => {
  const stores = alike(10);
  stores.put(stores.ours, "more", "v");
  stores.answer = (ask, answer) => (ask.type === "segments" ? undefined : answer);
  const exchange = stores.begin();
  stores.run(exchange);
  expect(exchange.end).toBe("failed");
  expect(stores.asks.at(-1)).toEqual({ type: "end", isComplete: false });
  expect(stores.nowMs).toBeLessThan(10_000);
});

test.each<ExchangeAnswer>([
  { type: "branches", hashes: [1, 2] },
  { type: "segments", hashes: [] },
  { type: "keys", entries: [["b", 1]], areAll: true },
  { type: "keys", entries: [], areAll: false },
  { type: "objects", objects: [] },
  { type: "objects", objects: Array.from({ length: 70 }, () => "none" as const) },
])("an answer that no owner gives ends it: %j", (wrong) => {
  const stores = alike(10);
  stores.put(stores.theirs, "a", "v");
  stores.answer = (ask, answer) =>
    answer?.type === wrong.type || (ask.type === "root" && wrong.type === "branches") ? wrong : answer;
  const exchange = stores.begin();
  stores.run(exchange);
  expect(exchange.end).toBe("failed");
});

function sorted(texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
