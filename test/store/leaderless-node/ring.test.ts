// Shows that real nodes tell of their ring over HTTP and take what an operator asks of it: all of them, refused with a sentence where it cannot be.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RingAnswer, RingCopies, RingView } from "../../../src/core/ring-contract.js";
import { until } from "../cluster.js";
import { TestNodes } from "./nodes.js";

let nodes: TestNodes;
beforeAll(async () => {
  nodes = await TestNodes.start(3);
  for (const name of names) {
    await until(
      () => view(name),
      ({ members }) => members.filter(({ isReachable }) => isReachable).length === 3,
    );
  }
});
afterAll(() => nodes.destroy());

const names = ["n1", "n2", "n3"];

async function view(name: string): Promise<RingView> {
  return (await (await fetch(nodes.statusUrl(name, "/ring"))).json()) as RingView;
}

async function post(name: string, body: string): Promise<{ readonly status: number; readonly answer: RingAnswer }> {
  const response = await fetch(nodes.statusUrl(name, "/ring"), { method: "POST", body });
  return { status: response.status, answer: (await response.json()) as RingAnswer };
}

test("all nodes know the same ring, in which every partition has an owner", async () => {
  const views = await Promise.all(names.map(view));
  expect(new Set(views.map(({ digest }) => digest)).size).toBe(1);
  expect(views.map(({ node, cluster, design }) => [node, cluster, design])).toEqual(
    names.map((name) => [name, "test", "leaderless"]),
  );
  expect(new Set(views[0]?.owners)).toEqual(new Set(names));
});

test("each node tells what it holds of every place that it owns", async () => {
  await fetch(`${nodes.httpUrl("n1")}/buckets/b/keys/k`, { method: "PUT", body: "v", headers: { "content-type": "text/plain" } });
  const told = await until(
    () =>
      Promise.all(names.map(async (name) => (await (await fetch(nodes.statusUrl(name, "/ring/copies"))).json()) as RingCopies)),
    (all) => all.every(({ places }) => places.some(({ keys }) => keys === 1)),
  );
  const roots = told.map(({ places }) => JSON.stringify(places.map(({ partition, keys, root }) => [partition, keys, root])));
  expect(told[0]?.places).toHaveLength(64);
  expect(new Set(roots).size).toBe(1);
});

test("what one node is asked for all get to know, and what another one is asked to forget they forget", async () => {
  const { status, answer } = await post("n1", JSON.stringify({ command: "leave", member: "n3" }));
  expect([status, answer.ok]).toEqual([200, true]);
  expect(answer).toMatchObject({ view: { node: "n1", staged: [{ kind: "leave", member: "n3" }] } });
  for (const name of names) {
    await until(
      () => view(name),
      ({ staged }) => staged.length === 1,
    );
  }
  expect((await post("n2", JSON.stringify({ command: "clear" }))).status).toBe(200);
  for (const name of names) {
    await until(
      () => view(name),
      ({ staged }) => staged.length === 0,
    );
  }
});

test.each([
  ["not JSON", 400, "a command is JSON"],
  ['{"command":"dance"}', 400, "the command is one of join, leave"],
  [`{"command":"leave","member":"${"n".repeat(5000)}"}`, 400, "a command is shorter than this"],
  ['{"command":"leave","member":"n9"}', 409, "nobody has heard of n9"],
  ['{"command":"commit"}', 409, "nothing is staged"],
])("%.40s is refused with %s", async (body, status, why) => {
  const refused = await post("n1", body);
  expect(refused).toEqual({ status, answer: { ok: false, why: expect.stringContaining(why) } });
});
