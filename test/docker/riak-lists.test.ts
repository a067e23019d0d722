// Shows that any of five containers lists all keys, buckets and index entries that all of them have, whole or in pieces, over both protocols, also while one is frozen.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Riak } from "../support/clients/basho.js";
import { RiakCluster, allReachAll } from "../support/riak-cluster.js";

type Untyped = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- what comes from libraries without types

const plain = "Content-Type: text/plain";
const json = "Content-Type: application/json";

/** More than two pages of what nodes send each other. */
const count = 1200;
const keyOf = (i: number): string => `key-${String(i).padStart(4, "0")}`;
const numberOf = (i: number): number => i - 600;
const wordOf = (i: number): string => `w${String(i % 7)}`;
const all = Array.from({ length: count }, (_, i) => i);
const allKeys = all.map(keyOf);

let riak: RiakCluster;
beforeAll(async () => {
  riak = await RiakCluster.up();
  await riak.createType("typed", "n_val=2");
  // on all owners once it is answered: a list reads one of them
  for (let from = 0; from < count; from += 60) {
    const some = all.slice(from, from + 60);
    await Promise.all(
      some.map((i) => riak.basho(riak.inTurn(i)).ask("storeValue", { bucket: "many", key: keyOf(i), value: entry(i), w: 3 })),
    );
  }
});
afterAll(() => riak.destroy());

function entry(i: number): unknown {
  const object = new Riak["Commands"].KV.RiakObject();
  return object.setValue(String(i)).addToIndex("number_int", numberOf(i)).addToIndex("word_bin", wordOf(i));
}

function each<T>(value: T): T[] {
  return riak.names.map(() => value);
}

async function keysOf(name: string, bucket: string, bucketType = "default"): Promise<readonly string[]> {
  return (await riak.basho(name).ask("listKeys", { bucket, bucketType, stream: false }))["keys"].sort();
}

/** JSON objects one after another, as a stream over HTTP has them. */
function pieces(body: string): Untyped[] {
  return body.split(/(?<=\})(?=\{)/).map((piece) => JSON.parse(piece) as Untyped);
}

test("keys are listed whole and in pieces, by both clients and by curl", async () => {
  for (const name of riak.names) {
    expect(await keysOf(name, "many")).toEqual(allKeys);
    const streamed = await riak.basho(name).stream("listKeys", { bucket: "many" });
    expect(streamed.length).toBeGreaterThan(2);
    expect(streamed.flatMap(({ keys }) => keys as string[]).sort()).toEqual(allKeys);
    const byCurl = pieces((await riak.curl(name, "/buckets/many/keys?keys=stream")).body);
    expect(byCurl.at(-1)).toEqual({ keys: [] });
    expect(byCurl.length).toBeGreaterThan(2);
    expect(byCurl.flatMap(({ keys }) => keys as string[]).sort()).toEqual(allKeys);
  }
  expect((await riak.noRiak("n2")["listKeys"]({ bucket: "many" })).sort()).toEqual(allKeys);
  const whole = (await riak.json("n3", "/buckets/many/keys?keys=true")) as Untyped;
  expect(whole["keys"].sort()).toEqual(allKeys);
  const old = (await riak.json("n4", "/riak/many?keys=true&props=false")) as Untyped;
  expect(old["keys"].sort()).toEqual(allKeys);
  expect(await riak.json("n5", "/buckets/nobody/keys?keys=true")).toEqual({ keys: [] });
});

test("buckets are listed by their type", async () => {
  await riak.basho("n1").ask("storeValue", { bucket: "b ä/1", key: "k", value: "x", w: 3 });
  await riak.basho("n2").ask("storeValue", { bucketType: "typed", bucket: "inner", key: "k", value: "x", w: 2 });
  const sorted = (buckets: readonly string[]): readonly string[] => [...buckets].sort();
  for (const name of riak.names) {
    expect(sorted((await riak.basho(name).ask("listBuckets", { stream: false }))["buckets"])).toEqual(["b ä/1", "many"]);
    expect((await riak.basho(name).ask("listBuckets", { bucketType: "typed", stream: false }))["buckets"]).toEqual(["inner"]);
    const streamed = await riak.basho(name).stream("listBuckets", {});
    expect(sorted(streamed.flatMap(({ buckets }) => buckets as string[]))).toEqual(["b ä/1", "many"]);
    const byCurl = pieces((await riak.curl(name, "/buckets?buckets=stream")).body);
    expect(sorted(byCurl.flatMap(({ buckets }) => buckets as string[]))).toEqual(["b ä/1", "many"]);
    expect(await riak.json(name, "/types/typed/buckets?buckets=true")).toEqual({ buckets: ["inner"] });
  }
  expect(sorted(await riak.noRiak("n4")["listBuckets"]())).toEqual(["b ä/1", "many"]);
  await expect(riak.basho("n5").ask("listBuckets", { bucketType: "nobody", stream: false })).rejects.toThrow("nobody");
});

interface Found {
  readonly indexKey: unknown;
  readonly objectKey: string;
}

async function queried(
  name: string,
  query: object,
): Promise<{ readonly values: readonly Found[]; readonly continuation?: Buffer }> {
  return (await riak.basho(name).ask("secondaryIndexQuery", { bucket: "many", stream: false, ...query })) as never;
}

test("an index is asked for one term and for ranges, of numbers in their order", async () => {
  const some = all.slice(595, 606);
  for (const name of riak.names) {
    const range = await queried(name, { indexName: "number_int", rangeStart: -5, rangeEnd: 5, returnKeyAndIndex: true });
    expect(range.values.map(({ indexKey, objectKey }) => [indexKey, objectKey])).toEqual(
      some.map((i) => [numberOf(i), keyOf(i)]),
    );
    const one = await queried(name, { indexName: "word_bin", indexKey: "w3" });
    expect(one.values.map(({ objectKey }) => objectKey)).toEqual(all.filter((i) => wordOf(i) === "w3").map(keyOf));
    const byKey = await queried(name, { indexName: "$key", rangeStart: "key-0100", rangeEnd: "key-0103" });
    expect(byKey.values.map(({ objectKey }) => objectKey)).toEqual(["key-0100", "key-0101", "key-0102", "key-0103"]);
    const byBucket = await queried(name, { indexName: "$bucket", indexKey: "many" });
    expect(byBucket.values.map(({ objectKey }) => objectKey)).toEqual(allKeys);
    expect(await riak.json(name, "/buckets/many/index/number_int/-600/-599?return_terms=true")).toEqual({
      results: [{ "-600": "key-0000" }, { "-599": "key-0001" }],
    });
    expect(await riak.json(name, "/buckets/many/index/word_bin/w3/w5?term_regex=5&max_results=2")).toMatchObject({
      keys: ["key-0005", "key-0012"],
    });
  }
  const streamed = await riak
    .basho("n1")
    .stream("secondaryIndexQuery", { bucket: "many", indexName: "number_int", rangeStart: -600, rangeEnd: 599 });
  expect(streamed.length).toBeGreaterThan(2);
  expect(streamed.flatMap(({ values }) => (values as Found[]).map(({ objectKey }) => objectKey))).toEqual(allKeys);
  const multipart = await riak.curl("n2", "/buckets/many/index/number_int/-600/599?stream=true");
  expect(multipart.headers.get("content-type")).toContain("multipart/mixed");
  expect([...multipart.body.matchAll(/"(key-\d+)"/g)].map(([, key]) => key)).toEqual(allKeys);
  const refused = await riak.curl("n3", "/buckets/many/index/number_int/one");
  expect([refused.status, refused.body]).toEqual([400, expect.stringContaining("Invalid query")]);
});

test("results are taken page by page, each through another node, with none twice and none left out", async () => {
  const found: Found[] = [];
  let page = await queried("n1", {
    indexName: "number_int",
    rangeStart: -600,
    rangeEnd: 599,
    returnKeyAndIndex: true,
    maxResults: 170,
  });
  for (let i = 1; page.continuation; i++) {
    expect(page.values).toHaveLength(170);
    found.push(...page.values);
    const { continuation } = page;
    page = await queried(riak.inTurn(i), {
      indexName: "number_int",
      rangeStart: -600,
      rangeEnd: 599,
      returnKeyAndIndex: true,
      maxResults: 170,
      continuation,
    });
  }
  found.push(...page.values);
  expect(found.map(({ indexKey, objectKey }) => [indexKey, objectKey])).toEqual(all.map((i) => [numberOf(i), keyOf(i)]));
  const keys: string[] = [];
  let next = "";
  for (let i = 0; i === 0 || next !== ""; i++) {
    const path = `/buckets/many/index/word_bin/w2?max_results=50${next === "" ? "" : `&continuation=${next}`}`;
    const told = (await riak.json(riak.inTurn(i), path)) as Untyped;
    keys.push(...(told["keys"] as string[]));
    next = (told["continuation"] as string | undefined) ?? "";
  }
  expect(keys).toEqual(all.filter((i) => wordOf(i) === "w2").map(keyOf));
  const first = await riak.noRiak("n4")["index"]({ bucket: "many", index: "word_bin", qtype: 0, key: "w2", max_results: 3 });
  const second = await riak
    .noRiak("n5")
    ["index"]({ bucket: "many", index: "word_bin", qtype: 0, key: "w2", max_results: 3, continuation: first.continuation });
  expect([...first.results, ...second.results]).toEqual(keys.slice(0, 6));
});

test("an index follows its object: what is written anew, stands beside another, or is deleted", async () => {
  const terms = async (term: string): Promise<string[][]> =>
    riak.through(async (name) => {
      const { values } = await queried(name, { bucket: "moving", indexName: "at_bin", indexKey: term });
      return values.map(({ objectKey }) => objectKey);
    });
  const put = (name: string, value: string, ...headers: string[]): ReturnType<RiakCluster["send"]> =>
    riak.send(name, "/buckets/moving/keys/k?w=3", value, plain, `X-Riak-Index-at_bin: ${value}`, ...headers);
  await put("n1", "home");
  expect(await terms("home")).toEqual(each(["k"]));
  await put("n2", "away");
  expect([await terms("home"), await terms("away")]).toEqual([each(["k"]), each(["k"])]);
  const { headers } = await riak.curl("n3", "/buckets/moving/keys/k");
  await put("n4", "work", `X-Riak-Vclock: ${headers.get("x-riak-vclock")}`);
  expect([await terms("home"), await terms("away"), await terms("work")]).toEqual([each([]), each([]), each(["k"])]);
  expect((await riak.curl("n5", "/buckets/moving/keys/k?w=3", "-XDELETE")).status).toBe(204);
  expect([await terms("work"), await riak.through((name) => keysOf(name, "moving"))]).toEqual([each([]), each([])]);
});

test("keys of buckets with other numbers of replicas are all listed", async () => {
  for (const nVal of [1, 5]) {
    const bucket = `replicas-${nVal}`;
    expect((await riak.send("n1", `/buckets/${bucket}/props`, `{"props":{"n_val":${nVal}}}`, json)).status).toBe(204);
    const keys = allKeys.slice(0, 40);
    await Promise.all(keys.map((key, i) => riak.basho(riak.inTurn(i)).ask("storeValue", { bucket, key, value: "x", w: nVal })));
    expect(await riak.through((name) => keysOf(name, bucket))).toEqual(each(keys));
  }
  const keys = allKeys.slice(0, 40);
  await Promise.all(
    keys.map((key, i) =>
      riak.basho(riak.inTurn(i)).ask("storeValue", { bucketType: "typed", bucket: "two", key, value: "x", w: 2 }),
    ),
  );
  expect(await riak.through((name) => keysOf(name, "two", "typed"))).toEqual(each(keys));
});

test("nothing is missing while a node is frozen: other owners are read", async () => {
  await riak.cluster.json("chaos", "pause", "n4", "--until-healed");
  for (const name of ["n1", "n2", "n3", "n5"]) expect(await keysOf(name, "many")).toEqual(allKeys);
  const { values } = await queried("n5", { indexName: "number_int", rangeStart: -600, rangeEnd: 599 });
  expect(values.map(({ objectKey }) => objectKey)).toEqual(allKeys);
  await riak.cluster.json("chaos", "heal");
  await allReachAll(riak.cluster);
  expect(await keysOf("n4", "many")).toEqual(allKeys);
});
