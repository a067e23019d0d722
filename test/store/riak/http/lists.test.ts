// Shows how properties, lists of buckets and lists of keys go through HTTP as Riak's clients know them, whole and in pieces, and what is refused.
import { beforeEach, describe, expect, it } from "vitest";
import { memoryStore } from "../memory-store.js";
import type { MemoryStore } from "../memory-store.js";
import { exchange } from "./exchange.js";
import type { Shown } from "./exchange.js";

let store: MemoryStore;
beforeEach(() => {
  store = memoryStore();
});

const json = { "content-type": "application/json" };
const ask = async (method: string, target: string, body = "", headers: Record<string, string> = json): Promise<Shown> =>
  exchange(store, { method, target, headers, body });
const get = async (target: string): Promise<Shown> => ask("GET", target);

async function propsAt(target: string): Promise<Record<string, unknown>> {
  const { status, headers, body } = await get(target);
  expect([status, headers["Content-Type"]]).toEqual([200, "application/json"]);
  return (JSON.parse(body) as { props: Record<string, unknown> }).props;
}

describe("properties", () => {
  it("are Riak's, by its names", async () => {
    expect(await propsAt("/buckets/b/props")).toEqual({
      allow_mult: true,
      basic_quorum: false,
      big_vclock: 50,
      chash_keyfun: { mod: "riak_core_util", fun: "chash_std_keyfun" },
      consistent: false,
      dvv_enabled: true,
      dw: "quorum",
      last_write_wins: false,
      linkfun: { mod: "riak_kv_wm_link_walker", fun: "mapreduce_linkfun" },
      n_val: 3,
      name: "b",
      notfound_ok: true,
      old_vclock: 86_400,
      postcommit: [],
      pr: 0,
      precommit: [],
      pw: 0,
      r: "quorum",
      rw: "quorum",
      search: false,
      small_vclock: 50,
      w: "quorum",
      write_once: false,
      young_vclock: 20,
    });
    expect(await propsAt("/types/hlls/buckets/b/props")).toMatchObject({ datatype: "hll", hll_precision: 14 });
    expect(await propsAt("/types/sets/props")).not.toHaveProperty("name");
    expect(await propsAt("/riak/b")).toMatchObject({ n_val: 3 });
  });

  it("are set by some of them, also by all that were sent, and reset", async () => {
    const set = '{"props":{"n_val":5,"r":"one","pw":2,"allow_mult":false}}';
    expect(await ask("PUT", "/buckets/b/props", set)).toMatchObject({ status: 204, body: "" });
    expect(store.asked.at(-1)).toMatchObject({ properties: { nVal: 5, r: "one", pw: 2, allowMult: false } });
    const all = await get("/buckets/b/props");
    expect(await ask("PUT", "/riak/b", all.body)).toMatchObject({ status: 204 });
    expect(await propsAt("/buckets/b/props")).toMatchObject({ n_val: 5, r: "one", pw: 2, allow_mult: false });
    expect(await ask("DELETE", "/buckets/b/props")).toMatchObject({ status: 204 });
    expect(await propsAt("/buckets/b/props")).toMatchObject({ n_val: 3 });
    expect(await ask("PUT", "/types/sets/props", '{"props":{"n_val":2}}')).toMatchObject({ status: 204 });
    expect(await propsAt("/types/sets/buckets/any/props")).toMatchObject({ n_val: 2 });
  });

  it.each([
    ["{", 400, "must be a JSON object"],
    ['{"props":3}', 400, "must be a JSON object"],
    ['{"props":{"n_val":"3"}}', 400, 'n_val cannot be "3"'],
    ['{"props":{"n_val":-1}}', 400, "n_val cannot be -1"],
    ['{"props":{"n_val":1e3}}', 400, "n_val cannot be 1000"],
    ['{"props":{"r":"most"}}', 400, 'r cannot be "most"'],
    ['{"props":{"backend":"x"}}', 400, "backend is not supported by this store"],
    ['{"props":{"precommit":[{"name":"f"}]}}', 400, "precommit is not supported by this store"],
    ['{"props":{"__proto__":{}}}', 400, "__proto__ is not supported"],
    [`${"[".repeat(10_000)}`, 400, "must be a JSON object"],
  ])("refuse %s", async (body, status, text) => {
    const answer = await ask("PUT", "/buckets/b/props", body);
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(text);
    expect(store.asked).toEqual([]);
  });

  it("refuse other media types, and types that there are not", async () => {
    expect(await ask("PUT", "/buckets/b/props", "{}", { "content-type": "text/plain" })).toMatchObject({ status: 415 });
    expect(await get("/types/none/buckets/b/props")).toMatchObject({ status: 404, body: "Unknown bucket type: none\n" });
    expect(await get("/types/none/props")).toMatchObject({ status: 404 });
    expect(await ask("DELETE", "/types/sets/props")).toMatchObject({ status: 405, headers: { Allow: "GET, HEAD, PUT" } });
  });
});

describe("lists", () => {
  const names = ["a", "b%2Fc", "d", "e", "%C3%A9"];
  beforeEach(async () => {
    for (const key of names) await ask("PUT", `/buckets/z/keys/${key}`, "x");
    for (const bucket of ["x", "y"]) await ask("PUT", `/buckets/${bucket}/keys/k`, "x");
  });

  it("are whole where they are asked for", async () => {
    const keys = JSON.stringify({ keys: ["a", "b/c", "d", "e", "é"] });
    expect(await get("/buckets/z/keys?keys=true")).toMatchObject({ status: 200, body: Buffer.from(keys).toString("latin1") });
    expect(JSON.parse((await get("/buckets?buckets=true&timeout=5")).body)).toEqual({ buckets: ["x", "y", "z"] });
    expect(store.asked.at(-1)).toMatchObject({ type: "listBuckets", bucketType: "default", timeoutMs: 5 });
    expect(await get("/types/sets/buckets?buckets=true")).toMatchObject({ body: '{"buckets":[]}' });
    const { keys: old, props } = JSON.parse((await get("/riak/y?keys=true")).body) as { keys: unknown; props: unknown };
    expect([old, props]).toMatchObject([["k"], { name: "y" }]);
  });

  it("come in pieces, of which the last is empty", async () => {
    expect(await get("/buckets/z/keys?keys=stream")).toMatchObject({
      status: 200,
      headers: { "Content-Type": "application/json" },
      body: `{"keys":["a","b/c","d"]}{"keys":["e","${Buffer.from("é").toString("latin1")}"]}{"keys":[]}`,
    });
    expect(await get("/riak?buckets=stream")).toMatchObject({ body: '{"buckets":["x","y","z"]}{"buckets":[]}' });
    expect((await get("/riak/y?keys=stream")).body).toMatch(/^\{"props":\{.*\}\}\{"keys":\["k"\]\}\{"keys":\[\]\}$/);
    expect(await get("/riak/y?keys=stream&props=false")).toMatchObject({ body: '{"keys":["k"]}{"keys":[]}' });
  });

  it("are not made for who does not ask for them", async () => {
    const before = store.asked.length;
    expect(await get("/buckets/z/keys")).toMatchObject({ status: 200, body: "{}" });
    expect(await get("/buckets")).toMatchObject({ status: 200, body: '{"buckets":[]}' });
    expect(await ask("HEAD", "/buckets/z/keys?keys=stream")).toMatchObject({ status: 200, body: "" });
    expect(store.asked.slice(before).map(({ type }) => type)).toEqual(["listKeys"]);
  });

  it("say what went wrong, before anything was said or after it", async () => {
    store.failNext({ type: "timeout" });
    expect(await get("/buckets/z/keys?keys=stream")).toMatchObject({ status: 503, body: "request timed out\n" });
    store.failNext({ type: "timeout" });
    expect(await get("/buckets/z/keys?keys=true")).toMatchObject({ status: 503 });
    store.failPage({ type: "timeout" });
    expect(await get("/buckets/z/keys?keys=stream")).toMatchObject({
      status: 200,
      body: '{"keys":["a","b/c","d"]}{"error":"timeout"}',
    });
    expect(await get("/buckets/z/keys?keys=true&timeout=never")).toMatchObject({
      status: 400,
      body: 'Bad timeout value "never"\n',
    });
  });
});
