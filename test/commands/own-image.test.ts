// Shows clusters of the user's own images: booted, told who leads, hurt, changed, refused; and zones and protection as faults see them.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { askAgent } from "../../src/cluster/agent-client.js";
import { clusterFacts } from "../../src/cluster/facts.js";
import { observeCluster } from "../../src/cluster/observe.js";
import type { Outcome } from "../../src/scenario/perform.js";
import { FakeWorld } from "../support/fake-world.js";

const image = "my-api:dev";
const overHttp = "roles: { http: { port: 8080, path: /role, leader: 'role: leader' } }";

const api = (more = ""): string =>
  `services:\n  api: { image: ${image}, nodes: 3, ports: [8080]${more === "" ? "" : `, ${more}`} }\n`;

/** Its nodes run; nobody has waited for the moment after which they count as ready. */
async function booted(spec: string): Promise<FakeWorld> {
  const world = await FakeWorld.create(spec);
  await world.buildImage(image);
  await world.json("up", "--no-wait");
  return world;
}

interface Upped {
  readonly steps: readonly string[];
  readonly nodes: readonly { readonly node: string; readonly health: string; readonly role: string | null }[];
}

test("up boots the nodes of an image, and none of their data stays", async () => {
  const world = await FakeWorld.create(api());
  await world.buildImage(image);
  const { stdout } = await world.run("up");
  expect(stdout.replace(/127\.0\.0\.1:\d+/g, "ADDRESS")).toBe(
    "demo is up\n  api-1  ready  ADDRESS\n  api-2  ready  ADDRESS\n  api-3  ready  ADDRESS\n",
  );
  expect(await world.json<Upped>("up")).toMatchObject({ steps: [] });
  await world.json("down");
  expect(await world.remains()).toEqual([]);
});

test("an image that nobody has is told once, before anything is made, whoever names it", async () => {
  const world = await FakeWorld.create(api());
  const { exitCode, stdout, stderr } = await world.run("up");
  expect({ exitCode, stdout, stderr: stderr.replace(/^.*pull my-api:dev.*\n/m, "") }).toEqual({
    exitCode: 3,
    stdout: "",
    stderr:
      "error: The image my-api:dev of the service api cannot be pulled: no registry answers at docker.io.\n" +
      '  Get "https://docker.io/v2/": dial tcp: lookup docker.io: no such host\n' +
      "  Look at the engine's network and proxy; or build it or load it here: docker load.\n",
  });
  expect(await world.remains()).toEqual([]);
  await world.writeSpec(
    "services: { a: { image: one, pull: never }, b: { image: two, pull: never }, c: { image: one, pull: never } }",
  );
  expect((await world.run("up", "--dry-run")).stderr).toBe(
    "error: The engine does not have 2 of the images that the spec names.\n" +
      "  a, c: one\n  b: two\n  Build it or pull it first (docker pull one), or leave out `pull: never`.\n",
  );
});

test("what is missing is pulled once for all services, and a dry run only says so", async () => {
  const registry = new Map([["redis:7", "sha256:1"]]);
  const world = await FakeWorld.create("services: { a: { image: 'redis:7' }, b: { image: 'redis:7' } }", { registry });
  const pull = vi.spyOn(world.engine, "pullImage");
  const dry = await world.json<Upped>("up", "--dry-run");
  expect(dry.steps[0]).toBe("pull redis:7");
  expect(pull).not.toHaveBeenCalled();
  const { stderr, exitCode } = await world.run("up", "--no-wait");
  expect(exitCode).toBe(0);
  expect(stderr).toContain("pull redis:7");
  expect(pull).toHaveBeenCalledOnce();
  expect((await world.json<Upped>("up", "--no-wait")).steps).toEqual([]);
  expect(pull).toHaveBeenCalledOnce();
});

test("an image is built from its folder before each up, and its nodes are made anew where that changes it", async () => {
  const world = await FakeWorld.create("services: { api: { build: ./api, nodes: 1 } }");
  const folder = path.join(world.folder, "api");
  await mkdir(folder);
  expect((await world.run("up")).stderr).toContain("cannot be built: ~/demo/api/Dockerfile is not there.");
  await writeFile(path.join(folder, "Dockerfile"), "FROM scratch\nCOPY a /a\n");
  expect((await world.json<Upped>("up", "--dry-run")).steps).toContain("build devious-demo-api");
  expect((await world.json<Upped>("up", "--no-wait")).steps).toContain("build devious-demo-api");
  expect((await world.json<Upped>("up", "--no-wait")).steps).toEqual([]);
  await writeFile(path.join(folder, "a"), "new");
  expect((await world.json<Upped>("up", "--no-wait")).steps).toEqual(["build devious-demo-api", "make api-1 anew"]);
});

test("a build that fails shows the end of its output, and nothing is made", async () => {
  const world = await FakeWorld.create("services: { api: { build: ./api, nodes: 1 } }");
  const folder = path.join(world.folder, "api");
  await mkdir(folder);
  const steps = Array.from({ length: 40 }, (_, i) => `ENV N${i}=1`);
  await writeFile(path.join(folder, "Dockerfile"), ["FROM scratch", ...steps, "RUN false"].join("\n"));
  const { exitCode, stdout } = await world.run("up", "--json");
  expect(exitCode).toBe(3);
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string; details: string[] } };
  expect(error).toMatchObject({
    code: "IMAGE_BUILD",
    message:
      "The image devious-demo-api of the service api cannot be built: The command '/bin/sh -c false' returned a non-zero code: 1.",
  });
  expect(error.details).toHaveLength(30);
  expect(error.details.at(-1)).toContain("RUN false");
  expect(await world.remains()).toEqual([]);
});

test("status shows the roles that the probe finds, and every published port", async () => {
  const world = await booted(
    `services:\n  api: { image: ${image}, nodes: 2, ports: [9090, 8080], ${overHttp} }\n  kv: { store: raft, nodes: 1 }\n`,
  );
  world.images.roles.set("api-2", "leader");
  const { stdout } = await world.run("status");
  const rows = stdout.split("\n").map((row) => row.replace(/127\.0\.0\.1:\d+/g, "ADDRESS").replace(/ +(UPTIME|\d+m?s)$/, ""));
  expect(rows).toEqual([
    expect.stringMatching(/^demo/),
    "NODE   HEALTH  ROLE      TERM  APPLIED  LEADER  ADDRESS",
    "api-1  ready   follower  -     -        -       below",
    "api-2  ready   leader    -     -        -       below",
    "kv-1   ready   leader    1     1        kv-1    ADDRESS",
    expect.stringMatching(/^NODE +PORT 8080 +PORT 9090$/),
    "api-1  ADDRESS  ADDRESS",
    "api-2  ADDRESS  ADDRESS",
    "no active faults",
    "",
  ]);
});

test.each([
  ["http", overHttp],
  ["json", "roles: { http: { port: 8080, path: /health, json: status.role, leader: ^leader$ } }"],
  ["exec", "roles: { exec: [hostname], leader: ^api-2$ }"],
])("leader is the node that a probe by %s finds", async (_by, roles) => {
  const world = await booted(api(roles));
  world.images.roles.set("api-2", "leader");
  expect(await world.json("chaos", "pause", "leader")).toMatchObject({ fault: { kind: "pause", nodes: ["api-2"] } });
  expect(await world.stateOf("api-2")).toBe("paused");
});

test("a scenario waits until another node leads, as the probe finds it, and protects whom the spec protects", async () => {
  const world = await booted(api(`${overHttp}, protect: [api-3]`));
  world.images.roles.set("api-1", "leader");
  const steps =
    "steps:\n  - { when: leader-elected, within: 20s, pause: random, for: 50ms }\n  - { at: 300ms, partition: isolate leader, for: 1s }\n";
  await writeFile(path.join(world.folder, "scenario.yaml"), `name: fail-over\n${steps}`);
  setTimeout(() => world.images.roles.set("api-2", "leader"), 4000);
  const { outcomes } = await world.json<{ outcomes: readonly Outcome[] }>("chaos", "run", "scenario.yaml", "--seed", "1");
  const [cut, pause] = [...outcomes].sort((a, b) => (a.plannedMs ?? 0) - (b.plannedMs ?? 0));
  expect(cut).toMatchObject({ result: "done", fault: { kind: "partition", shape: "api-1 | api-2,api-3" } });
  expect(pause).toMatchObject({ result: "done", fault: { kind: "pause" } });
  expect(pause?.plannedMs).toBeGreaterThanOrEqual(1400);
  expect(pause?.plannedMs).toBeLessThan(15_000);
  expect(pause?.fault).not.toEqual({ kind: "pause", nodes: ["api-3"] });
});

test("who does not answer leads nobody, and of two who say they lead none is meant", async () => {
  const world = await booted(api(overHttp));
  expect(await world.run("chaos", "pause", "leader")).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining("has no leader"),
  });
  world.images.roles.set("api-1", "leader");
  await world.json("chaos", "pause", "api-1");
  expect(await world.run("chaos", "pause", "leader")).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining("has no leader"),
  });
  world.images.roles.set("api-2", "leader");
  world.images.roles.set("api-3", "leader");
  expect(await world.run("chaos", "pause", "leader")).toMatchObject({
    exitCode: 3,
    stderr: "error: api-2 and api-3 each say that they lead api.\n  Name the nodes you mean.\n",
  });
});

test("without a probe nobody leads, and that is why", async () => {
  const world = await booted(api());
  expect(await world.run("chaos", "pause", "followers")).toMatchObject({
    exitCode: 3,
    stderr: "error: Nobody can tell who leads api: its spec has no `roles`.\n  Name the nodes you mean.\n",
  });
});

test.each(["nothing-known", "false"])("a probe whose command is %s finds no leader and harms nothing", async (command) => {
  const world = await booted(api(`roles: { exec: ['${command}'], leader: . }`));
  expect((await world.json<Upped>("status")).nodes.map(({ role }) => role)).toEqual([null, null, null]);
});

test("keys and values are for the bundled store, said in a sentence", async () => {
  const world = await booted(api());
  expect(await world.run("get", "k")).toEqual({
    exitCode: 64,
    stdout: "",
    stderr:
      "error: The cluster demo has no node of the bundled store, whose keys and values these are.\n" +
      "  `devious status` shows where the ports of its nodes are.\n",
  });
  expect(await world.run("put", "k", "v", "--node", "api-2")).toMatchObject({
    exitCode: 64,
    stderr: expect.stringContaining("api-2 runs my-api:dev, and keys and values are the bundled store's."),
  });
  await world.writeSpec(`${api()}  kv: { store: raft, nodes: 1 }\n`);
  await world.json("up");
  expect(await world.json("put", "k", "v")).toMatchObject({ key: "k" });
});

test("logs, exec and pause work for them as for any node", async () => {
  const world = await booted(api("command: [serve, --fast]"));
  expect((await world.run("logs", "--node", "api-1")).stdout).toContain("api-1 runs serve --fast");
  expect(await world.run("exec", "api-2", "--", "hostname")).toMatchObject({ exitCode: 0, stdout: "api-2\n" });
  await world.json("chaos", "pause", "api", "--for", "1m");
  expect(await world.stateOf("api-3")).toBe("paused");
  await world.json("chaos", "heal");
  expect(await world.stateOf("api-3")).toBe("running");
});

test("a rebuilt image and other facts make the nodes anew", async () => {
  const one = api().replace("nodes: 3", "nodes: 1");
  const world = await booted(one);
  await world.buildImage(image);
  expect((await world.json<Upped>("up")).steps).toEqual(["make api-1 anew"]);
  await world.writeSpec(`${one}network: { zones: { eu: [api] } }\n`);
  expect((await world.json<Upped>("up")).steps).toEqual(["make api-1 anew"]);
});

test("nodes come, go, and start again", async () => {
  const world = await booted(api());
  const steps = async (...flags: readonly string[]): Promise<readonly string[]> =>
    (await world.json<Upped>("up", "--no-wait", ...flags)).steps;
  await world.engine.signalContainer("devious.demo.api-1", "SIGKILL");
  expect(await steps()).toEqual(["start api-1"]);
  expect(await steps("--nodes", "4")).toEqual(["create api-4"]);
  await world.writeSpec("services: { kv: { store: raft, nodes: 1 } }");
  expect(await steps()).toEqual(["create kv-1", ...[1, 2, 3, 4].map((i) => `remove api-${i}`)]);
});

test.each([
  ["exits", "api-2 exited with code 1 before it was ready."],
  ["deaf", "api-2 was not ready after 3s: nobody takes connections on its port 8080; it listens on no port."],
] as const)("a node that is %s is named, and everything is taken down", async (ailment, said) => {
  const world = await FakeWorld.create(api());
  await world.buildImage(image);
  world.images.ailments.set("api-2", ailment);
  const { exitCode, stdout } = await world.run("up", "--timeout", "3s", "--json");
  expect(exitCode).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ error: { message: said, details: [expect.stringContaining("api-2 runs")] } });
  expect(await world.remains()).toEqual([]);
});

test("zones and protection are read off the nodes' labels, and a changed one remakes only whose it is", async () => {
  const world = await FakeWorld.create("protect: [n1]\nnetwork: { zones: { eu: [n1, n2] } }\n");
  await world.json("up");
  const facts = async (): Promise<readonly object[]> =>
    (await clusterFacts(world.engine, await observeCluster(world.engine, "demo"), false)).nodes;
  expect(await facts()).toEqual([
    { node: "n1", service: "store", zone: "eu", protected: true, bundled: true },
    { node: "n2", service: "store", zone: "eu", protected: false, bundled: true },
    { node: "n3", service: "store", zone: null, protected: false, bundled: true },
  ]);
  await world.json("put", "k", "v");
  expect(await world.json("chaos", "pause", "eu")).toMatchObject({ fault: { nodes: ["n1", "n2"] } });
  await world.json("chaos", "heal");
  await world.writeSpec("protect: [n1]\nnetwork: { zones: { eu: [n1], us: [n2] } }\n");
  expect((await world.json<Upped>("up")).steps).toEqual(["make n2 anew, keeping its volume"]);
  expect(await world.json("get", "k", "--node", "n2")).toMatchObject({ value: "v" });
});

test("random faults keep away from the protected, whatever the seed", async () => {
  const world = await booted(`${api("protect: [api-2]")}  kv: { store: raft, nodes: 2, protect: true }\n`);
  const hit = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const { fault } = await world.json<{ fault: { nodes: string[] } }>("chaos", "pause", "random", "--seed", String(seed));
    for (const node of fault.nodes) hit.add(node);
    await world.json("chaos", "heal");
  }
  expect([...hit].sort()).toEqual(["api-1", "api-3"]);
  expect(await world.json("chaos", "pause", "api-2")).toMatchObject({ fault: { nodes: ["api-2"] } });
});

test("a node that a fault keeps down is as asked, and up says which fault it is", async () => {
  const world = await FakeWorld.create();
  await world.json("up");
  const { id: agent } = (await world.engine.inspectContainer("devious.demo.chaos")) ?? { id: "" };
  const fault = { kind: "kill", nodes: ["n2"], signal: "KILL" } as const;
  await askAgent(world.engine, agent, { op: "apply", fault, durationMs: 60_000, seed: null, verify: false });
  expect(await world.stateOf("n2")).toBe("exited");
  const { stdout, stderr } = await world.run("up");
  expect(stderr).toContain("n2 stays down: kill n2 (f1); `devious chaos start n2` starts it\n");
  expect(stdout).toContain("nothing to do");
  expect(await world.stateOf("n2")).toBe("exited");
  await world.engine.signalContainer("devious.demo.n3", "SIGKILL");
  expect((await world.json<Upped>("up")).steps).toEqual(["start n3"]);
  expect(await world.stateOf("n2")).toBe("exited");
  expect((await world.json<Upped>("status")).nodes).toMatchObject([{}, { node: "n2", state: "exited", health: "silent" }, {}]);
});

test("where faults have taken the quorum, up starts what it can and waits for none", async () => {
  const world = await FakeWorld.create();
  await world.json("up");
  const { id: agent } = (await world.engine.inspectContainer("devious.demo.chaos")) ?? { id: "" };
  const fault = { kind: "stop", nodes: ["n1", "n2"], graceMs: 1000 } as const;
  await askAgent(world.engine, agent, { op: "apply", fault, durationMs: 60_000, seed: null, verify: false });
  await world.engine.signalContainer("devious.demo.n3", "SIGKILL");
  const { exitCode, stderr } = await world.run("up", "--timeout", "300ms");
  expect(exitCode).toBe(0);
  expect(stderr).toContain("not waiting: stop n1,n2");
  expect(await world.stateOf("n3")).toBe("running");
});

test("a cluster whose nodes all run has its agent asked once by up, and no images looked up", async () => {
  const world = await FakeWorld.create();
  await world.json("up");
  const attach = vi.spyOn(world.engine, "attach");
  const imageId = vi.spyOn(world.engine, "imageId");
  await world.json("up", "--nodes", "4");
  expect([attach, imageId].map((spy) => spy.mock.calls.length)).toEqual([1, 0]);
});
