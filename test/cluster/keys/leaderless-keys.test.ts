// Shows `put`, `get` and `del` of a leaderless store, over Riak's HTTP with nodes of the store itself: siblings, contexts, quorums, refusals.
import { Chalk } from "chalk";
import { describe, expect, onTestFinished, test } from "vitest";
import { renderDeletion, renderFound, renderWrite } from "../../../src/cli/render-keys.js";
import { type Keys, type NamedObject, type ObjectWrite, type PutWishes, noWishes } from "../../../src/cluster/keys/keys.js";
import { leaderlessKeys } from "../../../src/cluster/keys/leaderless-keys.js";
import { createObjectClient } from "../../../src/cluster/keys/object-client.js";
import { RiakHttpServer } from "../../../src/store/io/riak-http-server.js";
import type { LeaderlessStore, Request } from "../../../src/store/leaderless/api.js";
import { bareContent } from "../../../src/store/leaderless/objects/stored-object.js";
import { Box } from "../../store/leaderless/machine/box.js";

const plain = new Chalk({ level: 0 });

/** Five nodes, each behind a port of its own. */
async function cluster(): Promise<{ readonly box: Box; readonly keys: Readonly<Record<string, Keys>> }> {
  const members = ["n1", "n2", "n3", "n4", "n5"];
  const box = new Box(members);
  const keys = await Promise.all(members.map(async (node) => [node, await behindPort(node, box)] as const));
  return { box, keys: Object.fromEntries(keys) };
}

async function behindPort(node: string, box: Box): Promise<Keys> {
  let made = 0;
  const store: LeaderlessStore = {
    nodeName: node,
    ask: (request, answer) => {
      const id = box.ask(node, request);
      // what is not answered at once waits for time to pass
      if (box.answer(id) === undefined) box.pass(4000);
      const answered = box.answer(id);
      if (answered !== undefined) queueMicrotask(() => answer(answered as never));
      return () => undefined;
    },
  };
  const server = new RiakHttpServer({ store, newKey: () => `key${++made}`, stats: () => ({}) });
  onTestFinished(() => server.close());
  return leaderlessKeys(createObjectClient(node, { host: "127.0.0.1", port: await server.listen("127.0.0.1", 0) }));
}

const valuesOf = ({ siblings }: NamedObject): readonly string[] =>
  siblings.map(({ value }) => String(value)).sort((a, b) => (a < b ? -1 : 1));

async function get(keys: Keys | undefined, key: string, wishes: Partial<PutWishes> = {}): Promise<NamedObject | undefined> {
  return (await keys?.get(key, { ...noWishes, ...wishes })) as NamedObject | undefined;
}

async function put(keys: Keys | undefined, key: string, value: string, wishes: Partial<PutWishes> = {}): Promise<ObjectWrite> {
  return (await keys?.put(key, value, { ...noWishes, ...wishes })) as ObjectWrite;
}

test("what was put is got from any node, with its context, its type and the node it was put through", async () => {
  const { keys } = await cluster();
  const written = await put(keys["n1"], "users/ada", '{"n":1}');
  expect(written).toMatchObject({ type: "default", bucket: "users", key: "ada", resolved: null });
  expect(renderWrite(written, plain)).toBe("ok");
  const found = await get(keys["n5"], "users/ada");
  expect(found?.context).toMatch(/^[A-Za-z0-9+/]+=*$/);
  expect(found?.siblings).toEqual([
    expect.objectContaining({ value: '{"n":1}', contentType: "application/json", through: "n1" }),
  ]);
  expect(renderFound(found as NamedObject, plain)).toBe('{"n":1}');
});

test("a blind write makes a sibling and says so; one that resolves takes the place of all", async () => {
  const { keys } = await cluster();
  await put(keys["n1"], "users/ada", "1");
  const blind = await put(keys["n2"], "users/ada", "2");
  expect(valuesOf(blind)).toEqual(["1", "2"]);
  expect(renderWrite(blind, plain).split("\n")).toEqual([
    "ok, now 2 siblings: the write did not follow from the other one",
    expect.stringMatching(/^VALUE  WRITTEN +THROUGH  TAG$/),
    expect.stringMatching(/^[12] +1970-01-01T00:00:01Z  n[12] /),
    expect.stringMatching(/^[12] +1970-01-01T00:00:01Z  n[12] /),
    "devious put users/ada <value> --resolve takes the place of all of them",
  ]);
  const resolved = await put(keys["n3"], "users/ada", "3", { resolve: true });
  expect(valuesOf(resolved)).toEqual(["3"]);
  expect(renderWrite(resolved, plain)).toBe("ok, in place of 2 siblings");
});

test("a context takes the place of what its read saw, and of nothing else", async () => {
  const { keys } = await cluster();
  await put(keys["n1"], "users/ada", "seen");
  const context = (await get(keys["n1"], "users/ada"))?.context ?? "";
  await put(keys["n4"], "users/ada", "not seen");
  const written = await put(keys["n2"], "users/ada", "after", { context });
  expect(valuesOf(written)).toEqual(["after", "not seen"]);
});

test("siblings are shown beside each other, deletions among them", async () => {
  const { keys } = await cluster();
  await put(keys["n1"], "users/ada", "first");
  const context = (await get(keys["n1"], "users/ada"))?.context ?? "";
  await put(keys["n2"], "users/ada", "é".repeat(60));
  expect(await keys["n3"]?.del("users/ada", { ...noWishes, context })).toMatchObject({ deleted: true });
  const found = (await get(keys["n4"], "users/ada")) as NamedObject;
  const [summary, , ...rows] = renderFound(found, plain).split("\n");
  expect(summary).toBe("2 siblings: writes that did not know of each other");
  expect(rows.slice(0, 2).map((row) => row.split("  ")[0]?.trim())).toEqual(
    expect.arrayContaining(["(deleted)", `${"é".repeat(39)}…`]),
  );
});

test("nothing is found of what never was, and of what was deleted", async () => {
  const { keys } = await cluster();
  expect(await get(keys["n1"], "users/nobody")).toBeUndefined();
  const none = await keys["n1"]?.del("users/nobody", noWishes);
  expect(none).toMatchObject({ deleted: false });
  expect(renderDeletion(none ?? { key: "", deleted: 1 })).toBe("there was no such key");
  await put(keys["n1"], "users/ada", "1");
  const gone = await keys["n2"]?.del("users/ada", noWishes);
  expect(renderDeletion(gone ?? { key: "", deleted: 0 })).toBe("deleted");
  expect(await get(keys["n3"], "users/ada")).toBeUndefined();
  // a write after it is no sibling of the deletion
  expect(valuesOf(await put(keys["n1"], "users/ada", "2", { resolve: true }))).toEqual(["2"]);
});

test("bytes that are no text are shown as base64", async () => {
  const { box, keys } = await cluster();
  box.put("n1", "k", "", { content: { ...bareContent, value: Buffer.from([0xff, 0x00]) } });
  const found = (await get(keys["n1"], "b/k")) as NamedObject;
  expect(found.siblings[0]).toMatchObject({ value: null, base64: "/wA=", through: null });
  expect(renderFound(found, plain)).toBe("base64:/wA=");
});

test("names are bytes of UTF-8, whatever is in them", async () => {
  const { keys } = await cluster();
  await put(keys["n1"], "a/b?c#d%20 ü", "1", { bucket: "größe" });
  expect(valuesOf((await get(keys["n2"], "a/b?c#d%20 ü", { bucket: "größe" })) as NamedObject)).toEqual(["1"]);
});

describe("a name is refused", () => {
  test.each([
    ["ada", {}, "it has no bucket"],
    ["users/", {}, "its key is empty"],
    ["/ada", {}, "its bucket is empty"],
    ["a/b/c/d", {}, "of its slashes"],
    ["a/b/c", { type: "maps" }, "of its slashes"],
    ["", { bucket: "users" }, "its key is empty"],
  ])("%j %j: %s", async (key, wishes, why) => {
    const { keys } = await cluster();
    await expect(get(keys["n1"], key, wishes)).rejects.toThrow(why);
  });
});

test("a type that there is not, a quorum of more than N and owners who are away are told, with what a write may have done", async () => {
  const { box, keys } = await cluster();
  await expect(put(keys["n1"], "maps/users/ada", "1")).rejects.toMatchObject({
    code: "REQUEST_REFUSED",
    message: "n1: maps/users/ada: Unknown bucket type: maps",
  });
  await expect(put(keys["n1"], "users/ada", "1", { w: "4" })).rejects.toMatchObject({
    code: "REQUEST_REFUSED",
    message: expect.stringContaining("n value of 3"),
  });
  await expect(put(keys["n1"], "users/ada", "1", { w: "0x" })).rejects.toMatchObject({ code: "REQUEST_REFUSED" });
  for (const away of ["n2", "n3", "n4", "n5"]) box.of(away).isPaused = true;
  await expect(put(keys["n1"], "users/ada", "1", { w: "all" })).rejects.toMatchObject({ code: "REQUEST_INDEFINITE" });
});

test("of data types the value is shown that their bytes stand for", async () => {
  const { box, keys } = await cluster();
  const set = (request: Request): void => {
    const id = box.ask("n1", request);
    if (box.answer(id) === undefined) box.pass(1100);
    expect(box.answer(id)).toMatchObject({ ok: true });
  };
  set({ type: "createBucketType", bucketType: "sets", properties: { datatype: "set" } });
  box.pass(5000);
  set({ type: "activateBucketType", bucketType: "sets" });
  const update = { type: "updateDataType", context: undefined, options: {}, returnBody: false } as const;
  const adds = { kind: "set", adds: ["b", "a"], removes: [] } as const;
  set({ ...update, name: { type: "sets", bucket: "b", key: "k" }, op: adds });
  set({ ...update, name: { type: "default", bucket: "b", key: "old" }, op: { kind: "counter", increment: 7n } });
  const [found, old] = [await get(keys["n2"], "sets/b/k"), await get(keys["n3"], "b/old")];
  expect(found?.siblings).toEqual([expect.objectContaining({ value: '["a","b"]', contentType: "application/riak_set" })]);
  expect([found, old].map((each) => renderFound(each as NamedObject, plain))).toEqual(['["a","b"]', "7"]);
});
