// Shows over a real socket that unmodified clients of Riak's, npm basho-riak-client and no-riak, understand what we say, and are understood.
import { createRequire } from "node:module";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Pages } from "../../../src/store/io/h2/output.js";
import { PbLink } from "../../../src/store/io/pb-link.js";
import { heldOfClients } from "../../../src/store/riak/held.js";
import { heldBytesMax } from "../../../src/store/riak/limits.js";
import { memoryStore } from "./memory-store.js";
import type { MemoryStore } from "./memory-store.js";

/** Neither client has types. */
type Untyped = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- what comes from a library without types
const require = createRequire(import.meta.url);

let store: MemoryStore;
let server: Server;
let port: number;
const links = new Set<PbLink>();

beforeAll(async () => {
  store = memoryStore();
  let made = 0;
  const pages = new Pages();
  const held = heldOfClients(heldBytesMax);
  server = createServer((socket) => {
    const from = { held, store, newKey: () => `made${++made}`, nowMs: 0 };
    const link: PbLink = new PbLink(socket, pages, from, () => links.delete(link));
    links.add(link);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});

afterAll(() => {
  server.close();
  for (const link of links) link.destroy();
});

describe("basho-riak-client", () => {
  let Riak: Untyped;
  let client: Untyped;

  beforeAll(async () => {
    Riak = require("basho-riak-client") as Untyped;
    client = await new Promise<Untyped>((resolve, reject) => {
      const made = new Riak["Client"]([`127.0.0.1:${port}`], (error: Error | null) => (error ? reject(error) : resolve(made)));
    });
  });
  afterAll(async () => promisify((done: (error: Error | null) => void) => client["stop"](done))());

  /** A call of the client that answers once. */
  async function ask(name: string, options: object): Promise<Untyped> {
    return new Promise((resolve, reject) =>
      client[name](options, (error: string | Error | null, answer: Untyped) =>
        error ? reject(new Error(String(error))) : resolve(answer),
      ),
    );
  }

  it("pings, and knows the node", async () => {
    expect(await new Promise((resolve) => client["ping"]((_error: unknown, answer: unknown) => resolve(answer)))).toBe(true);
  });

  it("puts, gets siblings, resolves them and deletes", async () => {
    const at = { bucket: "basho", key: "k" };
    expect(await ask("fetchValue", at)).toMatchObject({ isNotFound: true });
    await ask("storeValue", { ...at, value: "one" });
    await ask("storeValue", { ...at, value: { two: 2 } });
    const { values, vclock } = await ask("fetchValue", at);
    expect(values.map((each: Untyped) => String(each["value"]))).toEqual(["one", '{"two":2}']);
    expect(values[1]).toMatchObject({ contentType: "application/json", lastModified: 1_500_000_000_250 });
    const resolved = await ask("storeValue", { ...at, value: "three", vclock, returnBody: true });
    expect(resolved["values"].map((each: Untyped) => String(each["value"]))).toEqual(["three"]);
    await ask("deleteValue", at);
    expect(await ask("fetchValue", at)).toMatchObject({ isNotFound: true });
    expect(await ask("storeValue", { bucket: "basho", value: "x" })).toMatchObject({
      generatedKey: expect.stringMatching(/^made/) as string,
    });
  });

  it("is told why something failed", async () => {
    // the client asks again where it fails, so this is one that stays
    const fetched = ask("fetchValue", { bucketType: "none", bucket: "basho", key: "k" });
    await expect(fetched).rejects.toThrow('{bucket_type_unknown,<<"none">>}');
  });

  it("updates counters, sets and maps", async () => {
    const at = { bucket: "basho", key: "dt" };
    await ask("updateCounter", { ...at, bucketType: "counters", increment: 5 });
    expect(await ask("updateCounter", { ...at, bucketType: "counters", increment: -7, returnBody: true })).toMatchObject({
      counterValue: expect.objectContaining({}) as object,
    });
    expect(String((await ask("fetchCounter", { ...at, bucketType: "counters" }))["counterValue"])).toBe("-2");
    const set = await ask("updateSet", { ...at, bucketType: "sets", additions: ["a", "b"], returnBody: true });
    expect(set["values"]).toEqual(["a", "b"]);
    await ask("updateSet", { ...at, bucketType: "sets", removals: ["a"], context: set["context"] });
    expect((await ask("fetchSet", { ...at, bucketType: "sets" }))["values"]).toEqual(["b"]);
    const op = new Riak["Commands"].CRDT.UpdateMap.MapOperation();
    op.incrementCounter("n", 3)
      .addToSet("s", "x")
      .setRegister("r", Buffer.from("text"))
      .setFlag("f", true)
      .map("m")
      .setFlag("g", true);
    await ask("updateMap", { ...at, bucketType: "maps", op });
    const { map } = await ask("fetchMap", { ...at, bucketType: "maps" });
    expect(String(map.counters.n)).toBe("3");
    expect(map.sets.s.map(String)).toEqual(["x"]);
    expect(String(map.registers.r)).toBe("text");
    expect(map.flags.f).toBe(true);
    expect(map.maps.m.flags.g).toBe(true);
  });

  it("lists keys and buckets, asks indexes, and reads properties", async () => {
    for (let i = 0; i < 5; i++) {
      const value = new Riak["Commands"].KV.RiakObject();
      value.setValue(`v${i}`).addToIndex("n_int", i);
      await ask("storeValue", { bucket: "listed", key: `k${i}`, value });
    }
    expect((await ask("listKeys", { bucket: "listed", stream: false }))["keys"].sort()).toEqual(["k0", "k1", "k2", "k3", "k4"]);
    expect((await ask("listBuckets", { stream: false }))["buckets"]).toContain("listed");
    const range = { bucket: "listed", indexName: "n_int", rangeStart: 1, rangeEnd: 3, returnKeyAndIndex: true, stream: false };
    const { values } = await ask("secondaryIndexQuery", range);
    expect(values.map((each: Untyped) => [String(each["indexKey"]), each["objectKey"]])).toEqual([
      ["1", "k1"],
      ["2", "k2"],
      ["3", "k3"],
    ]);
    expect(await ask("storeBucketProps", { bucket: "listed", nVal: 5 })).toBe(true);
    expect(await ask("fetchBucketProps", { bucket: "listed" })).toMatchObject({ nVal: 5, allowMult: true, precommit: [] });
  });
});

describe("no-riak", () => {
  let Riak: Untyped;
  let client: Untyped;

  beforeAll(() => {
    Riak = require("no-riak") as Untyped;
    client = new Riak["Client"]({ connectionString: `127.0.0.1:${port}` });
  });
  afterAll(() => client["end"]?.());

  it("puts, gets siblings, resolves and lists them", async () => {
    const at = { bucket: "no-riak", key: "k" };
    await client["put"]({ ...at, content: { value: "one" } });
    await client["put"]({ ...at, content: { value: "two", indexes: [{ key: "x_bin", value: "t" }] } });
    const both = await client["get"](at);
    expect(both.content.map((each: Untyped) => String(each["value"]))).toEqual(["one", "two"]);
    await client["put"]({ ...at, vclock: both.vclock, content: { value: "three", indexes: [{ key: "x_bin", value: "t" }] } });
    expect(String((await client["get"](at)).content[0].value)).toBe("three");
    await client["put"]({ bucket: "no-riak", key: "l", content: { value: "x", indexes: [{ key: "x_bin", value: "t" }] } });
    expect(await client["listKeys"]({ bucket: "no-riak" })).toEqual(["k", "l"]);
    const first = await client["index"]({ bucket: "no-riak", index: "x_bin", qtype: 0, key: "t", max_results: 1 });
    expect(first).toMatchObject({ results: ["k"], continuation: expect.any(String) as string });
    const next = await client["index"]({
      bucket: "no-riak",
      index: "x_bin",
      qtype: 0,
      key: "t",
      max_results: 1,
      continuation: first.continuation,
    });
    expect(next).toEqual({ results: ["l"] });
    await expect(client["put"]({ ...at, if_none_match: true, content: { value: "x" } })).rejects.toThrow("match_found");
  });

  it("keeps a map of data types", async () => {
    const at = { bucket: "no-riak", type: "maps", key: "m" };
    const { Counter, Map, Set } = Riak["CRDT"];
    const map = new Map(client, at).update("n", new Counter().increment(5)).update("s", new Set().add("a", "b"));
    await map.save();
    const other = new Map(client, at);
    await other.load();
    expect(String(other.value().n)).toBe("5");
    expect(other.value().s.map(String)).toEqual(["a", "b"]);
    await other.update("s", new Set().remove("a")).save();
    expect(other.value().s.map(String)).toEqual(["b"]);
  });
});
