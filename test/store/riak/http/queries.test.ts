// Shows how secondary indexes, walks along links, preference lists and what a server tells of itself go through HTTP as Riak's clients know them.
import { beforeEach, describe, expect, it } from "vitest";
import { walkedMax } from "../../../../src/store/riak/limits.js";
import { memoryStore } from "../memory-store.js";
import type { MemoryStore } from "../memory-store.js";
import { exchange } from "./exchange.js";
import type { Shown } from "./exchange.js";

let store: MemoryStore;
beforeEach(() => {
  store = memoryStore();
});

const get = async (target: string, headers = {}): Promise<Shown> => exchange(store, { target, headers });
async function put(target: string, headers: Record<string, string>, body = "x"): Promise<void> {
  const said = { "content-type": "text/plain", ...headers };
  expect(await exchange(store, { method: "PUT", target, headers: said, body })).toMatchObject({ status: 204 });
}

describe("indexes", () => {
  beforeEach(async () => {
    for (const [key, age] of [
      ["a", 7],
      ["b", 30],
      ["c", 30],
      ["d", 200],
    ] as const)
      await put(`/buckets/people/keys/${key}`, { "x-riak-index-age_int": String(age), "x-riak-index-name_bin": `${key} n` });
  });

  it.each([
    ["age_int/30", { keys: ["b", "c"] }],
    ["age_int/7/30", { keys: ["a", "b", "c"] }],
    ["age_int/7/30?return_terms=true", { results: [{ 7: "a" }, { 30: "b" }, { 30: "c" }] }],
    ["age_int/30?return_terms=true", { keys: ["b", "c"] }],
    ["name_bin/a+n/b%20n", { keys: ["a", "b"] }],
    ["$key/b/c?return_terms=true", { keys: ["b", "c"] }],
    ["$bucket/_", { keys: ["a", "b", "c", "d"] }],
  ])("answer %s", async (path, expected) => {
    const { status, headers, body } = await get(`/buckets/people/index/${path}`);
    expect([status, headers["Content-Type"], JSON.parse(body)]).toEqual([200, "application/json", expected]);
  });

  it("go on where they were cut off", async () => {
    const keys: string[] = [];
    let more = "";
    do {
      const { body } = await get(`/buckets/people/index/age_int/0/1000?max_results=3${more}`);
      const page = JSON.parse(body) as { keys: string[]; continuation?: string };
      keys.push(...page.keys);
      more = page.continuation === undefined ? "" : `&continuation=${page.continuation}`;
    } while (more !== "");
    expect(keys).toEqual(["a", "b", "c", "d"]);
  });

  it("come in parts, of which the last says how to go on", async () => {
    const { headers, body } = await get("/buckets/people/index/age_int/0/1000?stream=true&max_results=3");
    expect(headers["Content-Type"]).toBe("multipart/mixed; boundary=made1");
    const parts = body.split("\r\n--made1").map((part) => part.split("\r\n\r\n")[1]);
    expect(parts.slice(1, 3).map((part) => JSON.parse(part ?? "") as unknown)).toEqual([
      { keys: ["a", "b", "c"] },
      { continuation: expect.stringMatching(/^[\w-]+$/) as string },
    ]);
    expect(body.endsWith("\r\n--made1--\r\n")).toBe(true);
    const whole = await get("/buckets/people/index/age_int/0/1000?stream=true&return_terms=true");
    expect(whole.body).toBe(
      '\r\n--made1\r\nContent-Type: application/json\r\n\r\n{"results":[{"7":"a"},{"30":"b"},{"30":"c"}]}' +
        '\r\n--made1\r\nContent-Type: application/json\r\n\r\n{"results":[{"200":"d"}]}\r\n--made1--\r\n',
    );
  });

  it("say what went wrong, before anything was said or after it", async () => {
    store.failNext({ type: "timeout" });
    expect(await get("/buckets/people/index/age_int/0/9?stream=true")).toMatchObject({ status: 503 });
    store.failPage({ type: "overload" });
    expect((await get("/buckets/people/index/age_int/0/999?stream=true")).body).toContain(
      '\r\n\r\n{"error":"overload"}\r\n--made1--',
    );
  });

  it("are asked for with a pattern and a time limit", async () => {
    await get("/types/sets/buckets/b/index/name_bin/a/z?term_regex=%5Ea&timeout=70");
    expect(store.asked.at(-1)).toMatchObject({ query: { type: "sets", index: "name_bin", termRegex: "^a", timeoutMs: 70 } });
  });

  it.each([
    ["age_int", "an index is asked for one term"],
    ["age_int/1/2/3", "an index is asked for one term"],
    ["age_int/old", 'Invalid query: {field_parsing_failed,{<<"age_int">>,<<"old">>}}'],
    ["age/1", 'Invalid query: {unknown_field_type,<<"age">>}'],
    ["age_int/1/2?max_results=0", "Invalid max_results"],
    ["age_int/1/2?return_terms=maybe", "return_terms query parameter must be true or false"],
    ["age_int/1/2?term_regex=a", "Can not use term regular expressions on integer queries"],
    ["name_bin/1/2?term_regex=(", "Invalid term regular expression"],
    ["name_bin/%zz", "Malformed escape"],
  ])("refuse %s", async (path, why) => {
    const { status, body } = await get(`/buckets/people/index/${path}`);
    expect(status).toBe(400);
    expect(body).toContain(why);
    expect(store.asked.filter(({ type }) => type === "index")).toEqual([]);
  });
});

describe("links", () => {
  const link = (to: string, tag: string): string => `</buckets/${to.replace("/", "/keys/")}>; riaktag="${tag}"`;
  beforeEach(async () => {
    await put("/buckets/p/keys/ada", {
      link: [link("p/bob", "friend"), link("q/cat", "pet"), link("p/none", "friend")].join(", "),
    });
    await put("/buckets/p/keys/bob", { link: link("q/dog", "pet") }, "I am Bob");
    await put("/buckets/q/keys/cat", {}, "meow");
    await put("/buckets/q/keys/dog", {}, "woof");
  });
  const bodiesOf = ({ body }: Shown): string[] =>
    ["I am Bob", "meow", "woof"].filter((each) => body.includes(`\r\n\r\n${each}\r\n`));

  it.each([
    ["_,_,_", ["I am Bob", "meow"]],
    ["q,_,_", ["meow"]],
    ["_,friend,_", ["I am Bob"]],
    ["_,friend,0", ["I am Bob"]],
    ["_,friend,_/_,pet,_", ["woof"]],
    ["_,friend,1/_,pet,1", ["I am Bob", "woof"]],
    ["_,none,1/_,_,_", []],
  ])("are followed along %s", async (steps, expected) => {
    const answer = await get(`/buckets/p/keys/ada/${steps}`);
    expect([answer.status, bodiesOf(answer)]).toEqual([200, expected]);
    expect(bodiesOf(await get(`/riak/p/ada/${steps}`))).toEqual(expected);
  });

  it("lead to objects with all that is said of them, within the step that led there", async () => {
    const { body, headers } = await get("/buckets/p/keys/bob/_,_,_");
    expect(headers["Content-Type"]).toBe("multipart/mixed; boundary=made2");
    expect(body).toMatch(
      /^\r\n--made2\r\nContent-Type: multipart\/mixed; boundary=made1\r\n\r\n\r\n--made1\r\nX-Riak-Vclock: \S+\r\nLocation: \/buckets\/q\/keys\/dog\r\nContent-Type: text\/plain\r\nETag: .*\r\n\r\nwoof\r\n--made1--\r\n\r\n--made2--\r\n$/s,
    );
  });

  it("to an object with siblings lead to one of them", async () => {
    await put("/buckets/q/keys/dog", {}, "wow");
    const { body } = await get("/buckets/p/keys/bob/_,_,_");
    expect(body).toContain("Location: /buckets/q/keys/dog?vtag=tag1\r\nX-Riak-Sibling-VTags: tag2\r\n");
  });

  it("are not followed for ever", async () => {
    const many = Array.from({ length: walkedMax }, (_, index) => link(`p/${index}`, "t")).join(",");
    await put("/buckets/p/keys/many", { link: many });
    expect(await get("/buckets/p/keys/many/_,_,_")).toMatchObject({ status: 400, body: "More than 1000 objects are linked\n" });
    expect(await get(`/buckets/p/keys/ada/${"_,_,_/".repeat(1000)}`)).toMatchObject({ status: 400 });
  });

  it("are refused in other words than Riak's, and from what is not there", async () => {
    expect((await get("/buckets/p/keys/ada/_,_")).body).toContain("Invalid link walk query submitted");
    expect(await get("/buckets/p/keys/nobody/_,_,_")).toMatchObject({ status: 404 });
  });
});

describe("the server", () => {
  it("pings, and says what there is", async () => {
    expect(await get("/ping")).toMatchObject({ status: 200, body: "OK", headers: { Server: "devious", "Content-Length": "2" } });
    expect(await get("/", { accept: "application/json" })).toMatchObject({
      headers: { Link: expect.stringContaining('</buckets>; rel="riak_kv_wm_index"') as string },
      body: expect.stringContaining('"riak_kv_wm_ping":"/ping"') as string,
    });
    expect((await get("/")).body).toContain('<a href="/stats">riak_kv_wm_stats</a>');
  });

  it("tells its numbers, in lines where text is asked for", async () => {
    const stats = { node_gets: 1, ring_members: ["n1"] };
    const { body, headers } = await exchange(store, { target: "/stats", stats });
    expect([headers["Content-Type"], body]).toEqual(["application/json", '{"node_gets":1,"ring_members":["n1"]}']);
    const text = await exchange(store, { target: "/stats", stats, headers: { accept: "text/plain" } });
    expect([text.headers["Content-Type"], text.body.split("\n")[1]]).toEqual(["text/plain", '    "node_gets": 1,']);
  });

  it("knows who has an object", async () => {
    expect(await get("/buckets/b/keys/k/preflist")).toMatchObject({
      body: '{"preflist":[{"partition":7,"node":"n1@127.0.0.1","primary":true}]}',
    });
  });

  it.each([
    ["POST", "/mapred", 501, "There is no map-reduce in this store.\n"],
    ["GET", "/search/query/i?q=x", 501, "There is no search in this store.\n"],
    ["POST", "/solr/i/update", 501, "There is no search in this store.\n"],
    ["GET", "/ts/v1/tables", 501, "There is no time series in this store.\n"],
    ["GET", "/elsewhere", 404, "not found\n"],
    ["GET", "/buckets/b", 404, "not found\n"],
    ["PUT", "/ping", 405, "/ping takes GET, HEAD\n"],
    ["OPTIONS", "/stats", 405, "/stats takes GET, HEAD\n"],
    ["GET", "/buckets//b/keys/?keys=true", 200, '{"keys":[]}'],
  ])("answers %s %s with %i", async (method, target, status, body) => {
    expect(await exchange(store, { method, target })).toMatchObject({ status, body });
  });
});
