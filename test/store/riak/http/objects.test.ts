// Shows how objects go through HTTP as Riak's clients know it: headers, siblings, conditions, options and what is refused, as functions of a parsed request.
import { beforeEach, describe, expect, it } from "vitest";
import type { Failure } from "../../../../src/store/leaderless/api.js";
import { memoryStore } from "../memory-store.js";
import type { MemoryStore } from "../memory-store.js";
import { exchange } from "./exchange.js";
import type { Shown } from "./exchange.js";

let store: MemoryStore;
beforeEach(() => {
  store = memoryStore();
});

async function ask(method: string, target: string, headers: Record<string, string> = {}, body = ""): Promise<Shown> {
  const { headers: said, ...rest } = await exchange(store, { method, target, headers, body });
  const { Server: _server, "Content-Length": _length, ...shown } = said;
  return { ...rest, headers: shown };
}

const path = "/buckets/b/keys/k";
const plain = { "content-type": "text/plain" };

it("gives back what was put, with all that was said of it", async () => {
  const said = {
    "content-type": "text/plain; charset=utf-8",
    "content-encoding": "identity",
    "x-riak-meta-colour": "red",
    "x-riak-index-age_int": "7, 8",
    link: '</buckets/b>; rel="up", </buckets/o%2Fther/keys/x>; riaktag="t"',
  };
  expect(await ask("PUT", path, said, "value")).toEqual({ status: 204, headers: {}, body: "" });
  expect(store.asked[0]).toMatchObject({
    name: { type: "default", bucket: "b", key: "k" },
    context: undefined,
    condition: "none",
  });
  expect(await ask("GET", path)).toEqual({
    status: 200,
    headers: {
      "X-Riak-Vclock": Buffer.from("v1").toString("base64"),
      "Content-Type": "text/plain; charset=utf-8",
      "Content-Encoding": "identity",
      ETag: '"tag1"',
      "Last-Modified": "Fri, 14 Jul 2017 02:40:00 GMT",
      "X-Riak-Meta-colour": "red",
      "X-Riak-Index-age_int": "7, 8",
      Link: '</buckets/o%2Fther/keys/x>; riaktag="t", </buckets/b>; rel="up"',
    },
    body: "value",
  });
  expect(await ask("HEAD", path)).toMatchObject({ status: 200, body: "", headers: { ETag: '"tag1"' } });
});

it("finds the same object by the old path, and names by their bytes", async () => {
  await ask("PUT", "/riak/a%20b/k%FF", plain, "x");
  expect(store.asked[0]).toMatchObject({ name: { bucket: "a b", key: "kÿ" } });
  expect(await ask("GET", "/buckets/a%20b/keys/k%FF")).toMatchObject({ status: 200, body: "x" });
});

it("makes up a key, and says where the object is", async () => {
  expect(await ask("POST", "/buckets/b/keys", plain, "x")).toMatchObject({
    status: 201,
    headers: { Location: "/buckets/b/keys/made1" },
  });
  expect(await ask("GET", "/buckets/b/keys/made1")).toMatchObject({ body: "x" });
});

describe("siblings", () => {
  beforeEach(async () => {
    await ask("PUT", path, plain, "one");
    await ask("PUT", path, plain, "two");
  });

  it("are tags, of which one can be asked for", async () => {
    expect(await ask("GET", path)).toMatchObject({
      status: 300,
      body: "Siblings:\ntag1\ntag2\n",
      headers: { "Content-Type": "text/plain" },
    });
    expect(await ask("GET", `${path}?vtag=tag2`)).toMatchObject({ status: 200, body: "two" });
    expect(await ask("GET", `${path}?vtag=none`)).toMatchObject({ status: 404 });
  });

  it("are parts of one answer where the client can read that", async () => {
    const { status, headers, body } = await ask("GET", path, { accept: "multipart/mixed, */*;q=0.1" });
    expect([status, headers["Content-Type"]]).toEqual([300, "multipart/mixed; boundary=made1"]);
    const parts = body.split("\r\n--made1").slice(1);
    expect(parts.map((part) => part.split("\r\n\r\n")[1])).toEqual(["one", "two", undefined]);
    expect(parts[1]).toContain('ETag: "tag2"\r\n');
    expect(parts[2]).toBe("--\r\n");
  });

  it("are resolved by a write with the context of both", async () => {
    const { headers } = await ask("GET", path);
    const context = { "x-riak-vclock": headers["X-Riak-Vclock"] as string };
    expect(await ask("PUT", `${path}?returnbody=true`, { ...plain, ...context }, "both")).toMatchObject({
      status: 200,
      body: "both",
    });
    expect(await ask("GET", path)).toMatchObject({ status: 200, body: "both" });
  });
});

it("compares what the client has with what there is", async () => {
  await ask("PUT", path, plain, "x");
  const date = "Fri, 14 Jul 2017 02:40:00 GMT";
  const before = "Fri, 14 Jul 2017 02:39:59 GMT";
  const statusOf = async (method: string, headers: Record<string, string>): Promise<number> =>
    (await ask(method, path, method === "PUT" ? { ...plain, ...headers } : headers, "y")).status;
  expect(await statusOf("GET", { "if-none-match": '"other", "tag1"' })).toBe(304);
  expect(await statusOf("GET", { "if-none-match": '"other"' })).toBe(200);
  expect(await statusOf("GET", { "if-modified-since": date })).toBe(304);
  expect(await statusOf("GET", { "if-modified-since": before })).toBe(200);
  expect(await statusOf("GET", { "if-modified-since": "yesterday" })).toBe(200);
  expect(await statusOf("GET", { "if-match": '"other"' })).toBe(412);
  expect(await statusOf("GET", { "if-unmodified-since": before })).toBe(412);
  expect(await statusOf("PUT", { "if-none-match": "*" })).toBe(412);
  expect(await statusOf("PUT", { "if-match": '"other"' })).toBe(412);
  expect(await statusOf("PUT", { "if-unmodified-since": before })).toBe(412);
  expect(store.asked.filter(({ type }) => type === "put")).toHaveLength(2);
  expect(await statusOf("PUT", { "if-match": '"tag1"' })).toBe(204);
});

it("deletes, and finds nothing afterwards", async () => {
  await ask("PUT", path, plain, "x");
  expect(await ask("DELETE", `${path}?rw=all&w=1`)).toMatchObject({ status: 204 });
  expect(store.asked.at(-1)).toMatchObject({ read: { r: "all" }, write: { w: 1, dw: "all" } });
  expect(await ask("GET", path)).toMatchObject({ status: 404, body: "not found\n" });
  expect(await ask("DELETE", path)).toMatchObject({ status: 404 });
});

it.each([
  ["PUT", path, {}, 400, "Missing Content-Type request header\n"],
  ["PUT", path, { ...plain, link: "</elsewhere>" }, 400, "Invalid Link header"],
  ["PUT", path, { ...plain, "x-riak-index-age_int": "old" }, 400, "Could not parse field 'age_int', value 'old'.\n"],
  ["PUT", path, { ...plain, "x-riak-index-age": "1" }, 400, "Unknown field type for field: 'age'.\n"],
  ["PUT", path, { ...plain, "x-riak-vclock": "*" }, 400, "X-Riak-Vclock is not base64\n"],
  ["GET", `${path}?r=some`, {}, 400, "r query parameter must be an integer or"],
  ["GET", `${path}?notfound_ok=maybe`, {}, 400, "notfound_ok query parameter must be true or false\n"],
  ["GET", `${path}?timeout=soon`, {}, 400, "Bad timeout value"],
  ["GET", "/buckets/%zz/keys/k", {}, 400, "Malformed escape"],
  ["PATCH", path, {}, 405, "takes GET, HEAD, PUT, POST, DELETE"],
  ["PUT", path, { "content-type": "text" }, 415, "is not a valid media type"],
  ["PUT", `${path}?asis=true`, plain, 400, "asis is for"],
  ["GET", "/types/none/buckets/b/keys/k", {}, 404, "Unknown bucket type: none"],
])("refuses %s %s %j with %i", async (method, target, headers, status, text) => {
  const { body, ...rest } = await ask(method, target, headers);
  expect(rest.status).toBe(status);
  expect(body).toContain(text);
});

it.each<[number, string, Failure["reason"]]>([
  [503, "request timed out\n", { type: "timeout" }],
  [503, "PR-value unsatisfied: 1/2\n", { type: "unsatisfied", option: "pr", wanted: 2, got: 1 }],
  [400, "Specified w/dw/pw values invalid for bucket n value of 3\n", { type: "nValViolation", nVal: 3 }],
])("says %i for %j", async (status, body, reason) => {
  store.failNext(reason);
  expect(await ask("GET", path)).toMatchObject({ status, body });
});

it("leaves out metadata that no header can say", async () => {
  const request = {
    type: "put",
    name: { type: "default", bucket: "b", key: "k" },
    context: undefined,
    options: {},
    condition: "none",
    returnBody: false,
  } as const;
  const content = {
    value: Buffer.from("x"),
    contentType: "text/plain",
    charset: undefined,
    contentEncoding: undefined,
    indexes: [],
    links: [],
  };
  const userMeta = [
    ["a", "1\r\nX-Evil: 2"],
    ["b: c", "1"],
    ["d", "ok"],
  ] as const;
  await new Promise<void>((resolve) => {
    store.ask({ ...request, content: { ...content, userMeta } }, () => resolve());
  });
  const { headers } = await ask("GET", path);
  expect(Object.keys(headers).filter((name) => /meta|evil/i.test(name))).toEqual(["X-Riak-Meta-d"]);
});
