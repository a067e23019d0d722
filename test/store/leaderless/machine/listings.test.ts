// Shows that keys, buckets and indexes are listed whole, in order and once, from any node, page by page, also while nodes are away, and that nobody is told less.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Failure, IndexEntry, IndexQuery, Request } from "../../../../src/store/leaderless/api.js";
import { bareContent } from "../../../../src/store/leaderless/objects/stored-object.js";
import { Box } from "./box.js";

const five = ["n1", "n2", "n3", "n4", "n5"];

interface Written {
  readonly bucket: string;
  readonly key: string;
  readonly indexes: readonly IndexEntry[];
}

function write(box: Box, member: string, { bucket, key, indexes }: Written): void {
  const content = { ...bareContent, value: Buffer.from("v"), contentType: "text/plain", indexes };
  const name = { type: "default", bucket, key };
  expect(box.put(member, key, "", { name, content })).toMatchObject({ ok: true });
}

type Paged = Extract<Request, { type: "listBuckets" | "listKeys" | "index" }>;
type Listed =
  { readonly items: unknown[]; readonly continuation: string | undefined; readonly pages: number } | Failure["reason"];

function list(box: Box, member: string, request: Paged): Listed {
  const id = box.ask(member, request);
  const items: unknown[] = [];
  for (let pages = 1; ; pages++) {
    const answer = box.answer(id);
    if (answer === undefined) throw new Error("no answer");
    if (!answer.ok) return answer.failure.reason;
    const page = answer.value as { readonly items: readonly unknown[]; readonly continuation: string | undefined };
    items.push(...page.items);
    if (!box.more(member, id)) return { items, continuation: page.continuation, pages };
  }
}

function keysOf(box: Box, member: string, bucket = "b"): Listed {
  return list(box, member, { type: "listKeys", bucket: { type: "default", bucket }, timeoutMs: undefined });
}

function query(index: string, from: string, to: string, rest: Partial<IndexQuery> = {}): Paged {
  const none = { termRegex: undefined, maxResults: undefined, continuation: undefined, timeoutMs: undefined };
  return { type: "index", query: { type: "default", bucket: "b", index, from, to, returnTerms: true, ...none, ...rest } };
}

function all(items: unknown[]): unknown {
  return expect.objectContaining({ items, continuation: undefined }) as unknown;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `k${String(i).padStart(4, "0")}`);

describe("keys", () => {
  test("of a bucket are listed by every node, in pages, without those of others", () => {
    const box = new Box(five);
    const keys = numbered(1200);
    for (const key of keys) write(box, "n1", { bucket: "b", key, indexes: [] });
    for (const bucket of ["a", "bb", "b\0", ""]) write(box, "n2", { bucket, key: "other", indexes: [] });
    for (const member of five) {
      const listed = keysOf(box, member);
      expect(listed).toEqual(all(keys));
      expect(listed).toMatchObject({ pages: 3 });
    }
    expect(keysOf(box, "n1", "nothing")).toEqual(all([]));
  }, 60_000);

  test("are there as soon as they are written, and not any more once they are deleted", () => {
    const box = new Box(five);
    for (const key of ["x", "y"]) write(box, "n1", { bucket: "b", key, indexes: [] });
    expect(keysOf(box, "n2")).toEqual(all(["x", "y"]));
    write(box, "n3", { bucket: "b", key: "w", indexes: [] });
    const name = { type: "default", bucket: "b", key: "x" };
    box.ask("n4", { type: "delete", name, context: undefined, read: {}, write: {} });
    for (const member of five) expect(keysOf(box, member)).toEqual(all(["w", "y"]));
    box.pass(10_000);
    expect(keysOf(box, "n5")).toEqual(all(["w", "y"]));
    write(box, "n5", { bucket: "b", key: "x", indexes: [] });
    expect(keysOf(box, "n1")).toEqual(all(["w", "x", "y"]));
  });

  test("of a type that there is not are refused", () => {
    const bucket = { type: "nothing", bucket: "b" };
    expect(list(new Box(["n1"]), "n1", { type: "listKeys", bucket, timeoutMs: undefined })).toEqual({
      type: "noSuchType",
      bucketType: "nothing",
    });
  });
});

test("buckets are listed once each, those of other numbers of owners too, and as long as something is in them", () => {
  const box = new Box(five);
  const bucketsOf = (member: string): Listed =>
    list(box, member, { type: "listBuckets", bucketType: "default", timeoutMs: undefined });
  box.ask("n1", { type: "setBucketProperties", bucket: { type: "default", bucket: "five" }, properties: { nVal: 5 } });
  box.pass(5000);
  for (const bucket of ["one", "two", "five", "a\0b", "\xff\xff"]) {
    for (const key of numbered(20)) write(box, "n1", { bucket, key, indexes: [] });
  }
  write(box, "n2", { bucket: "gone", key: "k", indexes: [] });
  const name = { type: "default", bucket: "gone", key: "k" };
  box.ask("n2", { type: "delete", name, context: undefined, read: {}, write: {} });
  for (const member of five) {
    const listed = bucketsOf(member);
    expect(listed).toEqual(all(expect.arrayContaining(["one", "two", "five", "a\0b", "\xff\xff"]) as unknown[]));
    expect(listed).toHaveProperty("items.length", 5);
  }
}, 60_000);

describe("indexes", () => {
  const integer = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map(String);
  const term = fc.string({ unit: fc.constantFrom("\0", "\x01", "a", "b", "\xff"), maxLength: 4 });
  const entry = fc.oneof(
    integer.map((value) => ["n_int", value] as const),
    fc.constantFrom("-2", "-1", "0", "1", "10", "9").map((value) => ["n_int", value] as const),
    term.map((value) => ["t_bin", value] as const),
  );
  const someWritten = fc.uniqueArray(
    fc.record({
      bucket: fc.constantFrom("b", "b", "c"),
      key: term.map((text) => `k${text}`),
      indexes: fc.array(entry, { maxLength: 4 }),
    }),
    { maxLength: 25, selector: ({ bucket, key }) => `${bucket}/${key}` },
  );
  const someQuery = fc.oneof(
    fc.tuple(fc.constant("n_int"), integer, integer),
    fc.tuple(fc.constant("n_int"), fc.constantFrom("-2", "0", "+09"), fc.constantFrom("-1", "9", "10")),
    fc.tuple(fc.constant("t_bin"), term, term),
    fc.tuple(
      fc.constant("$key"),
      term,
      term.map((text) => `k${text}`),
    ),
    fc.constant(["$bucket", "b", "b"] as const),
  );

  /** What a query finds, by looking at everything. */
  function expected(written: readonly Written[], index: string, from: string, to: string): { term: string; key: string }[] {
    const isInteger = index.endsWith("_int");
    const order = (a: string, b: string): number => (isInteger ? Number(BigInt(a) - BigInt(b)) : compare(a, b));
    const found = written.flatMap(({ bucket, key, indexes }) => {
      const given = [["$key", key] as const, ["$bucket", bucket] as const];
      const terms = [...indexes, ...given].flatMap(([name, value]) => (name === index ? [value] : []));
      return bucket === "b" ? [...new Set(terms)].map((value) => ({ term: value, key })) : [];
    });
    return found
      .filter((each) => order(from, each.term) <= 0 && order(each.term, to) <= 0)
      .sort((a, b) => order(a.term, b.term) || compare(a.key, b.key));
  }

  test("give exactly what is in the range, in order, and the same page by page with continuations of any size", () => {
    fc.assert(
      fc.property(
        someWritten,
        fc.array(someQuery, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 7 }),
        (written, queries, maxResults) => {
          const box = new Box(five);
          written.forEach((each, i) => write(box, five[i % 5] as string, each));
          for (const [i, [index, from, to]] of queries.entries()) {
            const member = five[i % 5] as string;
            const wanted = expected(written, index, from, to);
            expect(list(box, member, query(index, from, to))).toEqual(all(wanted));
            const found: unknown[] = [];
            for (let continuation: string | undefined, isFirst = true; isFirst || continuation !== undefined; isFirst = false) {
              const listed = list(box, member, query(index, from, to, { maxResults, continuation }));
              if ("type" in listed) throw new Error(listed.type);
              expect(listed.items.length).toBeLessThanOrEqual(maxResults);
              found.push(...listed.items);
              continuation = listed.continuation;
            }
            expect(found).toEqual(wanted);
          }
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);

  test("follow what is written over and deleted", () => {
    const box = new Box(five);
    write(box, "n1", { bucket: "b", key: "k", indexes: [["t_bin", "old"]] });
    expect(list(box, "n2", query("t_bin", "a", "z"))).toEqual(all([{ term: "old", key: "k" }]));
    const context = box.contextOf("n1", "k");
    const content = { ...bareContent, value: Buffer.from("v") };
    box.put("n3", "k", "", { context, content: { ...content, indexes: [["t_bin", "new"]] } });
    expect(list(box, "n4", query("t_bin", "a", "z"))).toEqual(all([{ term: "new", key: "k" }]));
    box.ask("n5", { type: "delete", name: { type: "default", bucket: "b", key: "k" }, context: undefined, read: {}, write: {} });
    expect(list(box, "n1", query("t_bin", "a", "z"))).toEqual(all([]));
  });

  test("hold whole numbers in one form", () => {
    const box = new Box(five);
    write(box, "n1", { bucket: "b", key: "k", indexes: [["n_int", "+007"]] });
    expect(box.get("n2", "k")).toMatchObject({ value: { siblings: [{ indexes: [["n_int", "7"]] }] } });
    const content = { ...bareContent, value: Buffer.from("v") };
    const answer = box.put("n1", "k", "", { content: { ...content, indexes: [["n_int", "seven"]] } });
    expect(answer).toMatchObject({ ok: false, failure: { definite: true, reason: { type: "invalid" } } });
  });

  test("are searched for terms by expressions", () => {
    const box = new Box(five);
    for (const term of ["apple", "banana", "cherry"])
      write(box, "n1", { bucket: "b", key: term[0] as string, indexes: [["t_bin", term]] });
    const found = [
      { term: "apple", key: "a" },
      { term: "banana", key: "b" },
    ];
    expect(list(box, "n2", query("t_bin", "a", "z", { termRegex: "^a|na$" }))).toEqual(all(found));
    expect(list(box, "n2", query("$key", "a", "z", { termRegex: "[ab]" }))).toHaveProperty("items.length", 2);
  });

  test.each([
    [{ maxResults: 0 }, "max_results must be a whole number above 0"],
    [{ continuation: "nonsense!" }, "The continuation is not one"],
    [{ continuation: Buffer.from("somewhere else").toString("base64") }, "The continuation is not one"],
    [{ termRegex: "(" }, "Invalid term regular expression"],
    [{ index: "n_int", termRegex: "a" }, "Can not use term regular expression in integer query"],
    [{ index: "n_int" }, "n_int holds whole numbers"],
  ])("refuse %j", (rest, why) => {
    const refused = { type: "invalid", why: expect.stringContaining(why) as string };
    expect(list(new Box(["n1"]), "n1", query("t_bin", "a", "b", rest))).toEqual(refused);
  });
});

describe("nodes that are away", () => {
  function cutOff(box: Box, ...away: string[]): void {
    box.hears = (from, to) => from === to || (!away.includes(from) && !away.includes(to));
  }

  test("are not needed, as long as each partition has an owner that is there", () => {
    const box = new Box(five);
    const keys = numbered(60);
    for (const key of keys) write(box, "n1", { bucket: "b", key, indexes: [] });
    cutOff(box, "n2", "n4");
    box.pass(15_000);
    for (const member of ["n1", "n3", "n5"]) expect(keysOf(box, member)).toEqual(all(keys));
  }, 60_000);

  test("leave the others to go on where they were", () => {
    const box = new Box(five);
    const keys = numbered(1200);
    for (const key of keys) write(box, "n1", { bucket: "b", key, indexes: [] });
    for (const away of ["n2", "n3", "n4", "n5"]) {
      const id = box.ask("n1", { type: "listKeys", bucket: { type: "default", bucket: "b" }, timeoutMs: undefined });
      const items: unknown[] = [];
      const take = (): void => {
        const answer = box.answer(id);
        if (answer?.ok === true) items.push(...(answer.value as { readonly items: readonly unknown[] }).items);
      };
      take();
      expect(items).toHaveLength(500);
      cutOff(box, away);
      const before = box.answer(id);
      while (box.more("n1", id)) {
        if (box.answer(id) === before) box.pass(15_000);
        take();
        if (items.length === 1200) break;
      }
      expect(items).toEqual(keys);
      box.hears = () => true;
      box.pass(15_000);
    }
  }, 60_000);

  test("are said to be missing, where nobody else has what they have", () => {
    const box = new Box(five);
    write(box, "n1", { bucket: "b", key: "k", indexes: [] });
    cutOff(box, "n2", "n3", "n4");
    box.pass(15_000);
    expect(keysOf(box, "n1")).toMatchObject({ type: "insufficientNodes", wanted: 16 });
  });

  test("are waited for no longer than the client said", () => {
    const box = new Box(five);
    write(box, "n1", { bucket: "b", key: "k", indexes: [] });
    cutOff(box, "n2", "n3", "n4", "n5");
    const id = box.ask("n1", { type: "listKeys", bucket: { type: "default", bucket: "b" }, timeoutMs: 200 });
    expect(box.answer(id)).toBeUndefined();
    box.pass(300);
    expect(box.answer(id)).toEqual({ ok: false, failure: { definite: true, reason: { type: "timeout" } } });
  });
});

test("who is asked for a key is told with the partition by which it is", () => {
  const box = new Box(five);
  const ask = { type: "preferenceList", name: { type: "default", bucket: "b", key: "k" } } as const;
  const listed = (): { partition: number; node: string; isPrimary: boolean }[] => {
    const answer = box.answer(box.ask("n1", ask));
    if (answer?.ok !== true) throw new Error("no answer");
    return answer.value as { partition: number; node: string; isPrimary: boolean }[];
  };
  const primaries = listed();
  const [home] = primaries;
  expect(primaries.map(({ partition }) => (partition - (home?.partition ?? 0) + 16) % 16)).toEqual([0, 1, 2]);
  expect(new Set(primaries.map(({ node }) => node)).size).toBe(3);
  expect(primaries.every(({ isPrimary }) => isPrimary)).toBe(true);
  const away = primaries.find(({ node }) => node !== "n1@n1") as { partition: number; node: string };
  const member = away.node.replace(/@.*/, "");
  box.hears = (from, to) => from === to || (from !== member && to !== member);
  box.pass(15_000);
  const standIns = listed().filter(({ isPrimary }) => !isPrimary);
  expect(standIns).toEqual([{ partition: away.partition, node: expect.any(String) as string, isPrimary: false }]);
});

test("whose client goes away is forgotten, whether a page waits for the client or the client for a page", () => {
  const box = new Box(["n1", "n2", "n3"]);
  for (const key of numbered(501)) write(box, "n1", { bucket: "b", key, indexes: [] });
  const request = { type: "listKeys", bucket: { type: "default", bucket: "b" }, timeoutMs: undefined } as const;
  const isFull = (id: number): boolean => box.answer(id)?.ok === false;
  const asked = numbered(256).map(() => box.ask("n1", request));
  expect(asked.some(isFull)).toBe(false);
  expect(isFull(box.ask("n1", request))).toBe(true);
  for (const id of asked) box.tell("n1", { type: "cancel", id });
  expect(box.more("n1", asked[0] as number)).toBe(true);
  box.hears = (_from, _to, { type }) => type !== "listReply";
  const waiting = numbered(256).map(() => box.ask("n1", request));
  expect(isFull(box.ask("n1", request))).toBe(true);
  for (const id of waiting) box.tell("n1", { type: "cancel", id });
  let asks = 0;
  box.onMessage = ({ type }) => void (asks += Number(type === "list"));
  box.pass(20_000);
  expect([asks, isFull(box.ask("n1", request))]).toEqual([0, false]);
});
