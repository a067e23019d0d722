// Shows `up`: from nothing, again, grown, shrunk, changed, only told, failing and taken back; and whom it refuses.
import { expect, test } from "vitest";
import { FakeWorld } from "../support/fake-world.js";

interface Upped {
  readonly cluster: string;
  readonly steps: readonly string[];
  readonly nodes: readonly { readonly node: string; readonly health: string }[];
}

const demo = ["devious.demo", "devious.demo.chaos", "devious.demo.chaos.ledger"];
const things = (...nodes: readonly string[]): readonly string[] =>
  [...demo, ...nodes.flatMap((node) => [`devious.demo.${node}`, `devious.demo.${node}.data`])].sort();

test("without a spec it boots three nodes named after the folder, and says each step on stderr", async () => {
  const world = await FakeWorld.create();
  const { exitCode, stdout, stderr } = await world.run("up");
  expect(exitCode).toBe(0);
  expect(stdout.replace(/127\.0\.0\.1:\d+/g, "ADDRESS")).toBe(
    "demo is up\n  n1  leader    ADDRESS\n  n2  follower  ADDRESS\n  n3  follower  ADDRESS\n",
  );
  const steps = stderr.trimEnd().split("\n");
  expect(steps[0]).toMatch(/^✔ build the node image \(registry base\) \S+$/);
  expect(steps.map((line) => line.replace(/^✔ | \S+$/g, "")).sort()).toEqual(
    [
      "build the node image (registry base)",
      "network",
      "create the agent",
      ...["n1", "n2", "n3"].flatMap((node) => [`create ${node}`, `start ${node}`, `${node} is ready`]),
    ].sort(),
  );
  expect(await world.remains()).toEqual(things("n1", "n2", "n3"));
});

test("the same spec again does nothing, whatever is paused", async () => {
  const world = await FakeWorld.create();
  await world.json("up");
  const before = await world.engine.listContainers(["devious.cluster"]);
  await world.json("chaos", "pause", "n3", "--for", "1m");
  expect(await world.json<Upped>("up")).toMatchObject({ cluster: "demo", steps: [] });
  expect((await world.run("up")).stdout).toContain("demo is as its spec asks: nothing to do\n");
  expect((await world.engine.listContainers(["devious.cluster"])).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  expect(await world.stateOf("n3")).toBe("paused");
});

test("a cluster that is hurt on purpose is not waited for", async () => {
  const world = await FakeWorld.create();
  await world.json("up");
  await world.json("chaos", "partition", "isolate n1", "--for", "60s");
  const { exitCode, stdout, stderr } = await world.run("up", "--timeout", "300ms");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "not waiting: partition n1 | n2,n3\n" });
  expect(stdout).toContain("nothing to do");
});

test("--dry-run tells the steps and does none", async () => {
  const world = await FakeWorld.create("name: shop\nservices:\n  kv: { store: raft, nodes: 1 }\n");
  const { exitCode, stdout, stderr } = await world.run("up", "--dry-run");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout.replace(/0\.0\.0-\w{12}/, "VERSION")).toBe(
    "build the image devious/node:VERSION\ncreate the network\ncreate the agent\ncreate kv-1\n",
  );
  expect(await world.remains()).toEqual([]);
  await world.json("up");
  expect((await world.run("up", "--dry-run")).stdout).toBe("shop: nothing to do\n");
});

test("more nodes join as learners and become voters, fewer leave with their volumes", async () => {
  const world = await FakeWorld.create();
  await world.json("up");
  await world.json("put", "k", "v");
  const grown = await world.json<Upped>("up", "--nodes", "5");
  expect(grown.steps).toEqual(["create n4 and let it join store", "create n5 and let it join store"]);
  expect(grown.nodes.map(({ node, health }) => `${node} ${health}`)).toEqual(
    ["n1", "n2", "n3", "n4", "n5"].map((n) => `${n} ready`),
  );
  expect(await world.json("get", "k", "--node", "n5")).toMatchObject({ value: "v" });
  const shrunk = await world.json<Upped>("up", "--nodes", "3");
  expect(shrunk.steps).toEqual(["n4", "n5"].map((node) => `let ${node} leave store, then remove it and its volume`));
  expect(await world.remains()).toEqual(things("n1", "n2", "n3"));
});

test("changed options remake the nodes on their volumes, and leave the agent alone", async () => {
  const world = await FakeWorld.create("nodes: 3\n");
  await world.json("up");
  const agent = (await world.engine.inspectContainer("devious.demo.chaos"))?.id;
  const n1 = (await world.engine.inspectContainer("devious.demo.n1"))?.id;
  await world.json("put", "k", "v");
  await world.writeSpec("nodes: 3\nstore: { design: raft, heartbeat_interval: 50ms }\n");
  const { steps } = await world.json<Upped>("up");
  expect(steps).toEqual(["n1", "n2", "n3"].map((node) => `make ${node} anew, keeping its volume`));
  expect(await world.json("get", "k")).toMatchObject({ value: "v" });
  expect((await world.engine.inspectContainer("devious.demo.chaos"))?.id).toBe(agent);
  expect((await world.engine.inspectContainer("devious.demo.n1"))?.id).not.toBe(n1);
});

test("what was stopped is started, what was removed is made again", async () => {
  const world = await FakeWorld.create();
  await world.json("up");
  await world.engine.signalContainer("devious.demo.n2", "SIGKILL");
  await world.engine.removeContainer("devious.demo.n3");
  await world.engine.removeContainer("devious.demo.chaos");
  expect((await world.json<Upped>("up")).steps).toEqual(["create the agent", "start n2", "create n3"]);
  expect(await world.remains()).toEqual(things("n1", "n2", "n3"));
});

test("down and up again finds the data", async () => {
  const world = await FakeWorld.create();
  await world.json("up");
  await world.json("put", "k", "v");
  await world.json("down");
  await world.json("up");
  expect(await world.json("get", "k")).toMatchObject({ value: "v" });
});

test("a node that exits is named, with its code and last words, and everything is taken down", async () => {
  const world = await FakeWorld.create();
  world.stores.ailments.set("n2", "exits");
  const { exitCode, stdout, stderr } = await world.run("up");
  expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: "" });
  expect(stderr).toContain("error: n2 exited with code 3 before it was ready.\n");
  expect(stderr).toContain("the disk is made of cheese");
  expect(stderr).toMatch(/^✖ n2 is ready/m);
  expect(stderr).toMatch(/^✔ take down what was made/m);
  expect(await world.remains()).toEqual([]);
});

test.each([
  ["no-quorum", "GET /health did not say that it has a leader: there is no leader"],
  ["silent", "GET /health did not say that it has a leader"],
] as const)("a node that is %s is named with the check that failed, after the time-out", async (ailment, check) => {
  const world = await FakeWorld.create();
  world.stores.ailments.set("n3", ailment);
  const { exitCode, stdout } = await world.run("up", "--timeout", "3s", "--json");
  expect(exitCode).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({
    error: {
      code: "CLUSTER_NOT_READY",
      message: `n3 was not ready after 3s: ${check}.`,
      details: [expect.stringContaining("environment-read"), expect.stringContaining("node-started")],
    },
  });
  expect(await world.remains()).toEqual([]);
});

test.each([
  [{}, "A longer --timeout gives it more time; --keep leaves what was made for a closer look."],
  [{ unreachedMachine: "docker" }, expect.stringContaining("DEVIOUS_ENGINE_HOST=docker has nodes looked for there")],
])("what to do about a node that is not ready: on an engine of %j", async (facts, hint) => {
  const world = await FakeWorld.create("nodes: 1\n", { facts });
  world.stores.ailments.set("n1", "no-quorum");
  const { stdout } = await world.run("up", "--timeout", "300ms", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "CLUSTER_NOT_READY", hint } });
});

test("--keep leaves what was made, and the next up goes on from there", async () => {
  const world = await FakeWorld.create();
  world.stores.ailments.set("n2", "exits");
  const { exitCode, stdout } = await world.run("up", "--keep", "--json");
  expect({ exitCode, hint: JSON.parse(stdout).error.hint }).toEqual({ exitCode: 3, hint: null });
  expect(await world.remains()).toEqual(things("n1", "n2", "n3"));
  world.stores.ailments.clear();
  expect((await world.json<Upped>("up")).steps).toEqual(["start n2"]);
});

test("a failure to grow takes back the new node only", async () => {
  const world = await FakeWorld.create();
  await world.json("up");
  world.stores.ailments.set("n4", "exits");
  expect((await world.run("up", "--nodes", "4")).exitCode).toBe(3);
  expect(await world.remains()).toEqual(things("n1", "n2", "n3"));
  const { nodes } = await world.json<{ nodes: { store: { voters: string[]; learners: string[] } }[] }>("status");
  expect(nodes[0]?.store).toMatchObject({ voters: ["n1", "n2", "n3"], learners: [] });
});

test("of two nodes that join, the one that did stays when the other fails", async () => {
  const world = await FakeWorld.create();
  await world.json("up");
  world.stores.ailments.set("n5", "exits");
  expect((await world.run("up", "--nodes", "5")).exitCode).toBe(3);
  expect(await world.remains()).toEqual(things("n1", "n2", "n3", "n4"));
  const asked = async (): Promise<unknown> => (await world.json<{ nodes: { store: unknown }[] }>("status")).nodes[0]?.store;
  // a node that does not answer status at once is not waited for
  await expect.poll(asked).toMatchObject({ voters: ["n1", "n2", "n3", "n4"], learners: [] });
});

test("a change that fails takes nothing of the standing cluster down, least of all the agent", async () => {
  const world = await FakeWorld.create();
  await world.json("up");
  await world.json("put", "k", "v");
  await world.writeSpec("nodes: 3\nstore: { design: raft, election_timeout: 2s }\n");
  world.stores.ailments.set("n2", "exits");
  expect((await world.run("up")).exitCode).toBe(3);
  expect(await world.remains()).toEqual(things("n1", "n2", "n3"));
  expect(await world.stateOf("chaos")).toBe("running");
  expect(await world.json("get", "k", "--node", "n1")).toMatchObject({ value: "v" });
});

test("a learner that an earlier up left behind becomes a voter", async () => {
  const world = await FakeWorld.create();
  await world.json("up");
  world.stores.ailments.set("n4", "exits");
  expect((await world.run("up", "--nodes", "4", "--keep")).exitCode).toBe(3);
  world.stores.ailments.clear();
  const { stderr } = await world.run("up", "--nodes", "4");
  expect(stderr).toMatch(/^✔ n4 becomes a voter/m);
  const { nodes } = await world.json<{ nodes: { store: { voters: string[]; learners: string[] } }[] }>("status");
  expect(nodes[0]?.store).toMatchObject({ voters: ["n1", "n2", "n3", "n4"], learners: [] });
});

test("a learner that its leader promotes first is a voter all the same", async () => {
  const world = await FakeWorld.create();
  world.stores.ailments.set("n1", "hasty");
  await world.json("up");
  await world.json("up", "--nodes", "4");
  const { nodes } = await world.json<{ nodes: { store: { voters: string[]; learners: string[] } }[] }>("status");
  expect(nodes[0]?.store).toMatchObject({ voters: ["n1", "n2", "n3", "n4"], learners: [] });
});

test("nodes whose network was removed are made anew on their data", async () => {
  const world = await FakeWorld.create();
  await world.json("up");
  await world.json("put", "k", "v");
  for (const { id } of await world.engine.listNetworks([])) await world.engine.removeNetwork(id);
  expect((await world.json<Upped>("up")).steps).toEqual([
    "create the network",
    ...["n1", "n2", "n3"].map((node) => `make ${node} anew, keeping its volume`),
  ]);
  expect(await world.json("get", "k")).toMatchObject({ value: "v" });
});

test("--no-wait does not wait", async () => {
  const world = await FakeWorld.create();
  world.stores.ailments.set("n3", "silent");
  expect(await world.json<Upped>("up", "--no-wait")).toMatchObject({ nodes: [{}, {}, { node: "n3", health: "silent" }] });
});

test("a name that another folder holds is refused, with the holder and the way on", async () => {
  const world = await FakeWorld.create("name: shop\nnodes: 1\n");
  await world.json("up");
  await world.enter("elsewhere");
  await world.writeSpec("name: shop\nnodes: 3\n");
  const { exitCode, stderr } = await world.run("up");
  expect(exitCode).toBe(3);
  expect(stderr).toContain('error: The name "shop" is held by the cluster of ~/demo.\n');
  expect(stderr).toContain("devious down --cluster shop");
  expect(await world.json<Upped>("up", "--name", "shop-2")).toMatchObject({ cluster: "shop-2" });
});

test("an interrupt takes down what was made and leaves with 130", async () => {
  const world = await FakeWorld.create();
  world.stores.ailments.set("n1", "no-quorum");
  const running = world.run("up");
  await expect.poll(() => world.stateOf("n1")).toBe("running");
  process.emit("SIGINT", "SIGINT");
  expect((await running).exitCode).toBe(130);
  expect(await world.remains()).toEqual([]);
});

test("no engine is exit code 3", async () => {
  const world = await FakeWorld.create();
  world.engine.reachable = false;
  const { exitCode, stderr } = await world.run("up");
  expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: "error: No engine answers in memory.\n" });
});
