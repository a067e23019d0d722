// Shows how data types go through HTTP in Riak's JSON: operations, values, contexts, counters of Riak 1.4, and what is refused.
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
const post = async (target: string, body: string, headers: Record<string, string> = json): Promise<Shown> =>
  exchange(store, { method: "POST", target, headers, body });
const get = async (target: string): Promise<Shown> => exchange(store, { target });

async function update(type: string, ...operations: unknown[]): Promise<{ value: unknown; context?: string }> {
  for (const operation of operations) {
    const body = typeof operation === "string" ? operation : JSON.stringify(operation);
    expect(await post(`/types/${type}/buckets/b/datatypes/k`, body)).toMatchObject({ status: 204, body: "" });
  }
  const { body } = await get(`/types/${type}/buckets/b/datatypes/k`);
  return JSON.parse(Buffer.from(body, "latin1").toString()) as { value: unknown; context?: string };
}

describe("counters", () => {
  it("take numbers, words and members", async () => {
    const { value } = await update("counters", 5, -2, '"increment"', '"decrement"', { increment: 10 }, { decrement: 3 });
    expect(value).toBe(10);
  });

  it("are exact", async () => {
    await update("counters", "9007199254740993");
    expect(await get("/types/counters/buckets/b/datatypes/k")).toMatchObject({
      status: 200,
      headers: { "Content-Type": "application/json" },
      body: '{"type":"counter","value":9007199254740993}',
    });
  });
});

describe("sets", () => {
  it("take elements one by one and many at once, whatever their bytes", async () => {
    expect(await update("sets", { add: "b" }, { add_all: ["c", "é", "a"] }, { remove: "b", add: "d" })).toMatchObject({
      type: "set",
      value: ["a", "c", "d", "é"],
    });
    expect(await update("sets", { remove_all: ["a", "c"] }, { update: [{ add: "x" }, { remove: "d" }] })).toMatchObject({
      value: ["x", "é"],
    });
    expect(await update("sets", '{"remove":"x","add":"x"}')).toMatchObject({ value: ["x", "é"] });
  });

  it("remove what the client has seen", async () => {
    const { context } = await update("sets", { add: "a" });
    await update("sets", { add: "a" });
    expect(await update("sets", { remove: "a", context })).toMatchObject({ value: ["a"] });
  });
});

describe("maps", () => {
  it("take fields of each type, and maps within", async () => {
    const fields = {
      n_counter: { increment: 3 },
      s_set: { add_all: ["x", "y"] },
      r_register: "one",
      f_flag: "enable",
      m_map: { update: { inner_name_register: { assign: "two" } } },
    };
    const { value } = await update("maps", { update: fields });
    expect(value).toEqual({
      n_counter: 3,
      s_set: ["x", "y"],
      r_register: "one",
      f_flag: true,
      m_map: { inner_name_register: "two" },
    });
  });

  it("lose fields, one by one and many at once", async () => {
    const { context } = await update("maps", { update: { a_counter: 1, b_flag: "enable", c_register: "x", d_counter: 1 } });
    expect((await update("maps", { remove: "a_counter", context })).value).not.toHaveProperty("a_counter");
    expect((await update("maps", { remove: ["b_flag", "c_register"], update: { d_counter: 1 }, context })).value).toEqual({
      d_counter: 2,
    });
  });
});

it("counts distinct elements, and adds to sets that only grow", async () => {
  expect(await update("hlls", { add: "a" }, { add_all: ["a", "b", "c"] })).toEqual({ type: "hll", value: 3 });
  expect(await update("gsets", { add: "a" }, { add_all: ["b", "a"] })).toMatchObject({ type: "gset", value: ["a", "b"] });
});

it("tells of a value with its context, unless that is not wanted", async () => {
  const path = "/types/sets/buckets/b/datatypes/k";
  const { body } = await post(`${path}?returnbody=true`, '{"add":"a"}');
  expect(JSON.parse(body)).toEqual({ type: "set", value: ["a"], context: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/) as string });
  expect((await post(`${path}?returnbody=true&include_context=false`, '{"add":"a"}')).body).toBe('{"type":"set","value":["a"]}');
  expect((await get(`${path}?include_context=false&r=1&notfound_ok=false`)).body).toBe('{"type":"set","value":["a"]}');
  expect(store.asked.at(-1)).toMatchObject({ options: { r: 1, notfoundOk: false } });
});

it("makes up a key, and says where the value is", async () => {
  expect(await post("/types/counters/buckets/b/datatypes", "1")).toMatchObject({
    status: 201,
    headers: { Location: "/types/counters/buckets/b/datatypes/made1" },
  });
  expect(await post("/types/counters/buckets/b/datatypes?returnbody=true", "1")).toMatchObject({
    status: 201,
    body: '{"type":"counter","value":2}',
  });
});

it("refuses also what it only finds out once the store has answered", async () => {
  const path = "/types/sets/buckets/b/datatypes/k";
  await post(path, '{"add":"a"}');
  expect(await get(`${path}?include_context=maybe`)).toMatchObject({ status: 400 });
});

it("finds nothing", async () => {
  expect(await get("/types/sets/buckets/b/datatypes/k")).toMatchObject({
    status: 404,
    headers: { "Content-Type": "application/json" },
    body: '{"type":"set","error":"notfound"}',
  });
  expect(await get("/types/none/buckets/b/datatypes/k")).toMatchObject({ status: 404, body: "Unknown bucket type: none\n" });
});

it.each([
  ["counters", "{}", "Invalid operation on datatype 'counter': {}\n"],
  ["counters", "1.5", "Invalid operation on datatype 'counter': 1.5\n"],
  ["counters", '{"increment":1,"decrement":1}', "Invalid operation on datatype 'counter'"],
  ["counters", "9223372036854775808", "Invalid operation on datatype 'counter'"],
  ["counters", "[]", "Invalid operation on datatype 'counter': []\n"],
  ["counters", "{", "Couldn't decode JSON: no JSON"],
  ["counters", '"\xff', "Couldn't decode JSON"],
  ["sets", '{"add":1}', "Invalid operation on datatype 'set': {\"add\":1}\n"],
  ["sets", '{"add_all":["a",1]}', "Invalid operation on datatype 'set'"],
  ["sets", '{"add_all":"a"}', "Invalid operation on datatype 'set'"],
  ["sets", '{"drop":"a"}', "Invalid operation on datatype 'set'"],
  ["sets", "7", "Invalid operation on datatype 'set': 7\n"],
  ["sets", '{"add":"a","context":"*"}', "the context is not base64"],
  ["gsets", '{"remove":"a"}', "Invalid operation on datatype 'gset'"],
  ["maps", '{"update":{"a":1}}', "Invalid map field name 'a'\n"],
  ["maps", '{"update":{"a_flag":true}}', "Invalid operation on datatype 'flag': true\n"],
  ["maps", '{"update":{"a_register":1}}', "Invalid operation on datatype 'register': 1\n"],
  ["maps", '{"add":"a_set"}', "Invalid operation on datatype 'map'"],
  ["maps", `{"remove":"${"x".repeat(1000)}"}`, "Invalid map field name 'xxx"],
  ["maps", '{"remove":"a_flag"}', "not_present"],
])("refuses for %s: %s", async (type, body, why) => {
  const answer = await post(`/types/${type}/buckets/b/datatypes/k`, body);
  expect(answer.status).toBe(400);
  expect(answer.body).toContain(why);
  expect(answer.body.length).toBeLessThan(300);
});

it("refuses other media types, buckets that are not for data types, and bad options before it asks the store", async () => {
  expect(await post("/types/sets/buckets/b/datatypes/k", "{}", {})).toMatchObject({ status: 406 });
  for (const option of ["w=few", "include_context=maybe", "returnbody=2"])
    expect(await post(`/types/sets/buckets/b/datatypes/k?${option}`, '{"add":"a"}')).toMatchObject({ status: 400 });
  expect(store.asked).toEqual([]);
  await exchange(store, {
    method: "PUT",
    target: "/types/sets/buckets/b/props",
    headers: json,
    body: '{"props":{"allow_mult":false}}',
  });
  expect(await post("/types/sets/buckets/b/datatypes/k", '{"add":"a"}')).toMatchObject({
    status: 403,
    body: "Bucket must be allow_mult=true\n",
  });
});

describe("counters of Riak 1.4", () => {
  const path = "/buckets/b/counters/k";

  it("count, and say where they are to who looks elsewhere", async () => {
    expect(await get(path)).toMatchObject({ status: 404, body: "not found\n" });
    expect(await post(path, "5")).toMatchObject({ status: 204 });
    expect(await post(`${path}?returnvalue=true`, "-7")).toMatchObject({ status: 200, body: "-2" });
    expect(await post(path, "+1")).toMatchObject({ status: 204 });
    expect(await get(path)).toMatchObject({ status: 200, body: "-1", headers: { "Content-Type": "text/plain" } });
    expect(await get("/types/default/buckets/b/datatypes/k")).toMatchObject({ status: 301, headers: { Location: path } });
  });

  it("refuse what is no number, and buckets without siblings", async () => {
    for (const body of ["", "one", "1.5", "1 ", "9223372036854775808", "9".repeat(1_000_000)])
      expect(await post(path, body)).toMatchObject({ status: 400 });
    await exchange(store, { method: "PUT", target: "/buckets/b/props", headers: json, body: '{"props":{"allow_mult":false}}' });
    expect(await post(path, "1")).toMatchObject({ status: 409 });
  });
});
