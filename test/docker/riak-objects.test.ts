// Shows that Riak's clients and curl have all of Riak's objects through any of five containers: what is said of a value, siblings, conditions, quorums, properties, counters of old, links.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Riak, valuesOf } from "../support/clients/basho.js";
import { RiakCluster } from "../support/riak-cluster.js";

type Untyped = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- what comes from libraries without types

const plain = "Content-Type: text/plain";
const json = "Content-Type: application/json";

let riak: RiakCluster;
beforeAll(async () => {
  riak = await RiakCluster.up();
});
afterAll(() => riak.destroy());

const values = (bucket: string, key: string): Promise<(readonly string[])[]> =>
  riak.through((name) => valuesOf(riak.basho(name), bucket, key));

/** The same as told by each node. */
function each<T>(value: T): T[] {
  return riak.names.map(() => value);
}

test("an object has all that was said of it, whoever put it and whoever gets it", async () => {
  const object = new Riak["Commands"].KV.RiakObject();
  object.setValue("größe").setContentType("text/plain").setContentEncoding("identity");
  object.setUserMeta([{ key: "Colour", value: "red" }]);
  object.addToIndex("age_int", 7).addToIndex("tag_bin", "a").addToIndex("tag_bin", "b");
  object.setLinks([{ bucket: "docs", key: "other", tag: "next" }]);
  const at = { bucket: "docs", key: "a key/with ä" };
  await riak.basho("n1").ask("storeValue", { ...at, value: object });
  const path = "/buckets/docs/keys/a%20key%2Fwith%20%C3%A4";
  for (const name of riak.names) {
    const [found] = (await riak.basho(name).ask("fetchValue", at))["values"] as Untyped[];
    expect(String(found?.["value"])).toBe("größe");
    expect(found).toMatchObject({ contentType: "text/plain", contentEncoding: "identity" });
    expect(found?.["userMeta"]).toEqual([{ key: "Colour", value: "red" }]);
    expect(found?.["indexes"]).toMatchObject({ age_int: [7], tag_bin: ["a", "b"] });
    expect(found?.["links"]).toEqual([{ bucket: "docs", key: "other", tag: "next" }]);
    const [content] = (await riak.noRiak(name)["get"](at)).content as Untyped[];
    expect(String(content?.["value"])).toBe("größe");
    const { status, headers, body } = await riak.curl(name, path);
    expect([status, body, headers.get("content-type")]).toEqual([200, "größe", "text/plain"]);
    expect([headers.get("x-riak-meta-colour"), headers.get("x-riak-index-age_int")]).toEqual(["red", "7"]);
    expect(headers.get("x-riak-index-tag_bin")).toBe("a, b");
    expect(headers.get("link")).toContain('</buckets/docs/keys/other>; riaktag="next"');
    expect(headers.get("etag")).toBe(`"${content?.["vtag"]}"`);
  }
});

test("keys are made up where none is given, and any bytes are a value", async () => {
  const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => (i * 7) % 256));
  const { generatedKey } = await riak.basho("n2").ask("storeValue", { bucket: "docs", value: bytes });
  const { values: found } = await riak.basho("n5").ask("fetchValue", { bucket: "docs", key: generatedKey });
  expect(bytes.equals(found[0].value)).toBe(true);
  const { key } = await riak.noRiak("n3")["put"]({ bucket: "docs", content: { value: "made" } });
  expect(await valuesOf(riak.basho("n1"), "docs", key)).toEqual(["made"]);
  const made = await riak.curl("n4", "/buckets/docs/keys", "-XPOST", "-H", plain, "-d", "posted");
  const location = made.headers.get("location") ?? "";
  expect([made.status, location]).toEqual([201, expect.stringMatching(/^\/buckets\/docs\/keys\/./)]);
  expect((await riak.curl("n1", location)).body).toBe("posted");
});

test("writes through different nodes that follow from nothing are siblings everywhere, and one write resolves them", async () => {
  const at = { bucket: "docs", key: "siblings" };
  await riak.basho("n1").ask("storeValue", { ...at, value: "one" });
  const { vclock: early } = await riak.basho("n4").ask("fetchValue", at);
  await riak.noRiak("n2")["put"]({ ...at, content: { value: "two" } });
  expect((await riak.send("n3", "/buckets/docs/keys/siblings", "three", plain)).status).toBe(204);
  expect(await values("docs", "siblings")).toEqual(each(["one", "three", "two"]));
  const { status, headers, body } = await riak.curl("n5", "/buckets/docs/keys/siblings");
  expect([status, body]).toEqual([300, expect.stringMatching(/^Siblings:\n(\S+\n){3}$/)]);
  const vtags = body.trim().split("\n").slice(1);
  const one = await Promise.all(vtags.map((vtag) => riak.curl("n1", `/buckets/docs/keys/siblings?vtag=${vtag}`)));
  expect(one.map((answer) => answer.body).sort()).toEqual(["one", "three", "two"]);
  const parts = await riak.curl("n2", "/buckets/docs/keys/siblings", "-H", "Accept: multipart/mixed");
  expect([parts.status, parts.body.match(/\r\n\r\n(one|two|three)\r\n/g)?.length]).toEqual([300, 3]);
  // of what it had read of, a write takes the place; what was written since stays
  await riak.basho("n5").ask("storeValue", { ...at, value: "instead of one", vclock: early });
  expect(await values("docs", "siblings")).toEqual(each(["instead of one", "three", "two"]));
  const { vclock } = await riak.basho("n2").ask("fetchValue", at);
  const resolved = await riak.basho("n4").ask("storeValue", { ...at, value: "all", vclock, returnBody: true });
  expect(resolved["values"].map(({ value }: Untyped) => String(value))).toEqual(["all"]);
  expect(await values("docs", "siblings")).toEqual(each(["all"]));
  // by curl it is the header that brings the context along: this one is of before the others were resolved
  const stale = `X-Riak-Vclock: ${headers.get("x-riak-vclock")}`;
  const late = await riak.send("n1", "/buckets/docs/keys/siblings?returnbody=true", "late", plain, stale);
  expect(late.status).toBe(300);
  const fresh = `X-Riak-Vclock: ${late.headers.get("x-riak-vclock")}`;
  expect((await riak.send("n3", "/buckets/docs/keys/siblings", "last", plain, fresh)).status).toBe(204);
  expect(await values("docs", "siblings")).toEqual(each(["last"]));
});

test("what is deleted is gone everywhere, and a deletion takes along nothing that it did not know of", async () => {
  const at = { bucket: "docs", key: "gone" };
  await riak.basho("n1").ask("storeValue", { ...at, value: "old" });
  const { vclock } = await riak.basho("n2").ask("fetchValue", at);
  await riak.basho("n3").ask("storeValue", { ...at, value: "new" });
  await riak.basho("n4").ask("deleteValue", { ...at, vclock });
  const left = await riak.through(async (name) =>
    (await riak.basho(name).ask("fetchValue", at))["values"]
      .filter((found: Untyped) => !found["isTombstone"])
      .map((found: Untyped) => String(found["value"])),
  );
  expect(left).toEqual(each(["new"]));
  await riak.noRiak("n5")["del"](at);
  for (const name of riak.names) expect(await riak.basho(name).ask("fetchValue", at)).toMatchObject({ isNotFound: true });
  const { status, headers } = await riak.curl("n1", "/buckets/docs/keys/gone");
  expect([status, headers.get("x-riak-deleted")]).toEqual([404, "true"]);
  expect((await riak.curl("n2", "/buckets/docs/keys/never", "-XDELETE")).status).toBe(404);
});

test("conditional writes and reads are refused or let through, whichever node is asked", async () => {
  const at = { bucket: "docs", key: "once" };
  await riak.basho("n1").ask("storeValue", { ...at, value: "first", ifNoneMatch: true });
  await expect(riak.basho("n2").ask("storeValue", { ...at, value: "x", ifNoneMatch: true })).rejects.toThrow("match_found");
  await expect(riak.noRiak("n3")["put"]({ ...at, if_none_match: true, content: { value: "x" } })).rejects.toThrow("match_found");
  const { vclock } = await riak.basho("n4").ask("fetchValue", at);
  await riak.basho("n5").ask("storeValue", { ...at, value: "second", vclock, ifNotModified: true });
  await expect(riak.basho("n1").ask("storeValue", { ...at, value: "x", vclock, ifNotModified: true })).rejects.toThrow(
    "modified",
  );
  const absent = { bucket: "docs", key: "absent", value: "x", vclock, ifNotModified: true };
  await expect(riak.basho("n2").ask("storeValue", absent)).rejects.toThrow("notfound");
  expect(await values("docs", "once")).toEqual(each(["second"]));

  const path = "/buckets/docs/keys/once";
  const { headers } = await riak.curl("n3", path);
  const [etag, modified] = [headers.get("etag") ?? "", headers.get("last-modified") ?? ""];
  const statusOf = async (name: string, header: string): Promise<number> => (await riak.curl(name, path, "-H", header)).status;
  expect(await riak.through((name) => statusOf(name, `If-None-Match: ${etag}`))).toEqual(each(304));
  expect(await statusOf("n1", `If-Match: ${etag}`)).toBe(200);
  expect(await statusOf("n2", 'If-Match: "another"')).toBe(412);
  expect(await statusOf("n4", `If-Modified-Since: ${modified}`)).toBe(304);
  expect(await statusOf("n5", "If-Unmodified-Since: Mon, 01 Jan 2001 00:00:00 GMT")).toBe(412);
  const writes = async (name: string, header: string): Promise<number> =>
    (await riak.send(name, path, "x", plain, header)).status;
  expect(await writes("n1", "If-None-Match: *")).toBe(412);
  expect(await writes("n2", 'If-Match: "another"')).toBe(412);
  const clock = headers.get("x-riak-vclock") ?? "";
  expect((await riak.send("n3", path, "third", plain, `If-Match: ${etag}`, `X-Riak-Vclock: ${clock}`)).status).toBe(204);
  expect(await writes("n4", `If-Match: ${etag}`)).toBe(412);
  expect(await values("docs", "once")).toEqual(each(["third"]));
  // a client that has the object already is told no more than that
  const has = (await riak.basho("n5").ask("fetchValue", at))["vclock"];
  const again = await riak.noRiak("n1")["get"]({ ...at, if_modified: has });
  expect(again).toMatchObject({ unchanged: true });
  const head = await riak.basho("n2").ask("fetchValue", { ...at, headOnly: true });
  expect([head["values"].length, String(head["values"][0].value ?? "")]).toEqual([1, ""]);
});

test("quorums are asked for by request, and refused where they are more than there are replicas", async () => {
  const at = { bucket: "docs", key: "quorums" };
  await riak.basho("n1").ask("storeValue", { ...at, value: "x", w: 3, pw: 3, dw: 3 });
  expect(
    await riak.through(async (name) => (await riak.basho(name).ask("fetchValue", { ...at, r: 3, pr: 3 }))["values"].length),
  ).toEqual(each(1));
  await expect(riak.noRiak("n2")["put"]({ ...at, w: 4, content: { value: "x" } })).rejects.toThrow("{n_val_violation,3}");
  await expect(riak.noRiak("n3")["get"]({ ...at, r: 4 })).rejects.toThrow("{n_val_violation,3}");
  const refused = await riak.curl("n4", "/buckets/docs/keys/quorums?pr=7");
  expect([refused.status, refused.body]).toEqual([400, expect.stringContaining("invalid for bucket n value of 3")]);
  expect((await riak.curl("n5", "/buckets/docs/keys/quorums?r=nonsense")).status).toBe(400);
  expect((await riak.curl("n1", "/types/nobody/buckets/docs/keys/quorums")).status).toBe(404);
});

test("properties that are set through one node count at all of them when the client is answered", async () => {
  for (let i = 0; i < 5; i++) {
    await riak.basho(riak.inTurn(i)).ask("storeBucketProps", { bucket: "props", nVal: i + 1 });
    expect(
      await riak.through(async (name) => (await riak.basho(name).ask("fetchBucketProps", { bucket: "props" }))["nVal"]),
    ).toEqual(each(i + 1));
  }
  const { preflist } = await riak.basho("n1").ask("fetchPreflist", { bucket: "props", key: "k" });
  expect(preflist.map(({ node }: Untyped) => node).sort()).toEqual(riak.names.map((name) => `${name}@${name}`));
  expect(await riak.json("n2", "/buckets/props/keys/k/preflist")).toEqual({ preflist });
  expect(
    (await riak.send("n3", "/buckets/props/props", '{"props":{"last_write_wins":true,"allow_mult":false}}', json)).status,
  ).toBe(204);
  for (let i = 0; i < 5; i++)
    await riak.basho(riak.inTurn(i)).ask("storeValue", { bucket: "props", key: "k", value: `v${i}`, w: 5 });
  expect(await values("props", "k")).toEqual(each(["v4"]));
  expect((await riak.curl("n4", "/buckets/props/props", "-XDELETE")).status).toBe(204);
  expect(await riak.through((name) => riak.json(name, "/buckets/props/props"))).toEqual(
    each(expect.objectContaining({ props: expect.objectContaining({ n_val: 3, allow_mult: true, name: "props" }) })),
  );
  const broken = await riak.send("n5", "/buckets/props/props", '{"props":{"n_val":0}}', json);
  expect([broken.status, broken.body]).toEqual([400, expect.stringContaining("n_val must be")]);
});

test("counters of old count through all nodes, by either client and by curl", async () => {
  const at = { bucket: "old", key: "visits" };
  await Promise.all(riak.names.map((name) => riak.noRiak(name)["updateCounter"]({ ...at, amount: 2 })));
  const told = await riak.curl("n2", "/buckets/old/counters/visits?returnvalue=true", "-XPOST", "-d", "-3");
  expect([told.status, told.body]).toEqual([200, "7"]);
  expect(await riak.through(async (name) => Number(await riak.noRiak(name)["getCounter"](at)))).toEqual(each(7));
});

test("links are walked from node to node", async () => {
  const link = (to: string): string => `Link: </buckets/walk/keys/${to}>; riaktag="next"`;
  await riak.send("n1", "/buckets/walk/keys/a", "first", plain, link("b"), link("c"));
  await riak.send("n2", "/buckets/walk/keys/b", "second", plain, link("c"));
  await riak.send("n3", "/buckets/walk/keys/c", "third", plain);
  const { status, body } = await riak.curl("n4", "/buckets/walk/keys/a/walk,next,1/_,_,1");
  const walked = [...body.matchAll(/\r\n\r\n(first|second|third)\r\n/g)].map(([, value]) => String(value));
  expect([status, walked.sort()]).toEqual([200, ["second", "third", "third"]]);
});

test("each node says who it is and how it is; what the store has not is refused by name", async () => {
  for (const name of riak.names) {
    expect(await riak.basho(name).say("ping")).toBe(true);
    expect(await riak.basho(name).say("fetchServerInfo")).toMatchObject({ node: `${name}@${name}`, server_version: "2.2.3" });
    expect(await riak.curl(name, "/ping")).toMatchObject({ status: 200, body: "OK" });
    const stats = (await riak.json(name, "/stats")) as Untyped;
    expect(stats).toMatchObject({ nodename: `${name}@${name}`, ring_num_partitions: 64 });
    expect(stats["connected_nodes"]).toHaveLength(4);
    expect(stats["node_gets_total"]).toBeGreaterThan(0);
  }
  const query = '{"inputs":"docs","query":[]}';
  const refusals = [
    riak.basho("n1").ask("mapReduce", query as never),
    riak.basho("n2").ask("search", { indexName: "i", q: "x:y" }),
    riak.basho("n3").ask("tsQuery", { query: "select" }),
  ];
  const told = (await Promise.allSettled(refusals)).map((one) => one.status === "rejected" && (one.reason as Error).message);
  expect(told).toEqual(["map-reduce in", "search in", "time series in"].map((what) => expect.stringContaining(what) as string));
  expect((await riak.post("n2", "/mapred", query)).status).toBe(501);
  expect((await riak.curl("n3", "/search/query/i?q=x")).status).toBe(501);
});
