// Shows that real nodes take over HTTP what operators ask of bucket types, tell each other, and refuse with a sentence what cannot be; and that clients use them then.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BucketTypeAnswer, BucketTypesView, BucketTypeView } from "../../../src/core/bucket-types-contract.js";
import { until } from "../cluster.js";
import { TestNodes } from "./nodes.js";

const names = ["n1", "n2", "n3"];

let nodes: TestNodes;
beforeAll(async () => {
  nodes = await TestNodes.start(3);
});
afterAll(() => nodes.destroy());

async function types(node: string): Promise<readonly BucketTypeView[]> {
  const response = await fetch(nodes.statusUrl(node, "/types"));
  const view = (await response.json()) as BucketTypesView;
  expect(view.node).toBe(node);
  return view.types;
}

async function command(node: string, body: unknown): Promise<{ readonly status: number; readonly answer: BucketTypeAnswer }> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(nodes.statusUrl(node, "/types"), { method: "POST", body: text });
  return { status: response.status, answer: (await response.json()) as BucketTypeAnswer };
}

async function everywhere(type: string, status: BucketTypeView["status"]): Promise<void> {
  for (const node of names) {
    await until(
      () => types(node),
      (list) => list.some((each) => each.name === type && each.status === status && each.waitsFor.length === 0),
    );
  }
}

test("a type is created by one node, activated by another, changed by a third, and used by clients of all", async () => {
  const created = await command("n1", { command: "create", type: "märkte", props: { datatype: "set", n_val: 2, w: "all" } });
  expect(created).toMatchObject({ status: 200, answer: { ok: true, type: { name: "märkte", props: { datatype: "set" } } } });
  await everywhere("märkte", "ready");
  expect(await command("n2", { command: "activate", type: "märkte" })).toMatchObject({
    status: 200,
    answer: { ok: true, type: { status: "active", waitsFor: [] } },
  });
  await everywhere("märkte", "active");
  const changed = await command("n3", { command: "update", type: "märkte", props: { r: 1 } });
  expect(changed.answer).toMatchObject({ ok: true, type: { props: { datatype: "set", n_val: 2, w: "all", r: 1 } } });
  const path = "/types/m%C3%A4rkte/buckets/b/datatypes/k";
  const added = await fetch(`${nodes.httpUrl("n1")}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"add":"apple"}',
  });
  expect(added.status).toBe(204);
  expect(await (await fetch(`${nodes.httpUrl("n2")}${path}`)).json()).toMatchObject({ type: "set", value: ["apple"] });
});

test("the default type is told as well", async () => {
  const [fallback] = (await types("n1")).filter(({ name }) => name === "default");
  expect(fallback).toMatchObject({ status: "active", waitsFor: [], props: { n_val: 3, allow_mult: true } });
});

test.each([
  ["not JSON", 400, "invalid", "a command is a JSON object"],
  ['{"command":"activate"}', 400, "invalid", "the name of a bucket type has to be given"],
  ['{"command":"burn","type":"t"}', 400, "invalid", "the command is one of create, activate, update"],
  ['{"command":"create","type":"t"}', 400, "invalid", "create needs properties"],
  ['{"command":"create","type":"t","props":{"datatype":"list"}}', 400, "invalid", 'datatype cannot be "list"'],
  ['{"command":"create","type":"t","props":{"backend":"memory"}}', 400, "invalid", "backend is not supported by this store"],
  [`{"command":"activate","type":"${"t".repeat(5000)}"}`, 400, "invalid", "a command is shorter than this"],
  ['{"command":"activate","type":"nobody"}', 404, "unknown", "There is no bucket type nobody"],
  ['{"command":"update","type":"nobody","props":{}}', 404, "unknown", "There is no bucket type nobody"],
  ['{"command":"create","type":"t","props":{"w":9}}', 409, "refused", "up to n_val (3)"],
  ['{"command":"create","type":"default","props":{}}', 409, "refused", "The default type cannot be created"],
])("%.60s is refused with %s", async (body, status, reason, why) => {
  expect(await command("n1", body)).toEqual({ status, answer: { ok: false, reason, why: expect.stringContaining(why) } });
});

test("a type that a node has not heard of is not activated", async () => {
  await nodes.stopNode("n3");
  await command("n1", { command: "create", type: "late", props: {} });
  await until(
    () => types("n2"),
    (list) => list.some(({ name }) => name === "late"),
  );
  expect(await command("n1", { command: "activate", type: "late" })).toMatchObject({
    status: 409,
    answer: { reason: "refused", why: expect.stringMatching(/^Not every member knows the bucket type late yet: .*n3$/) },
  });
});
