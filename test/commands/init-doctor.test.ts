// Shows `init` and `doctor`: a spec that `up` takes, and what is found wanting with the way to get it.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { pack } from "tar-stream";
import { expect, test } from "vitest";
import { diskFinding } from "../../src/cluster/doctor/room.js";
import { FakeWorld } from "../support/fake-world.js";

interface Examined {
  readonly findings: readonly { readonly what: string; readonly state: string; readonly says: string; readonly mend?: string }[];
}

test("init writes a spec that up takes, and replaces none unasked", async () => {
  const world = await FakeWorld.create();
  expect(await world.run("init", "--nodes", "1")).toEqual({
    exitCode: 0,
    stdout: "wrote ~/demo/devious.yaml; `devious up` boots it\n",
    stderr: "",
  });
  const text = await readFile(path.join(world.folder, "devious.yaml"), "utf8");
  expect(text).toMatch(/^name: demo$/m);
  expect(await world.json("up", "--dry-run")).toMatchObject({ cluster: "demo", steps: expect.arrayContaining(["create n1"]) });
  expect(await world.run("init")).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("is there already") });
  expect(await readFile(path.join(world.folder, "devious.yaml"), "utf8")).toBe(text);
  await world.json("init", "--force", "--name", "shop", "--nodes", "5");
  expect(await readFile(path.join(world.folder, "devious.yaml"), "utf8")).toMatch(/^name: shop$[^]*^nodes: 5$/m);
});

test.each([
  [["--nodes", "0"], "--nodes must be from 1 to 15, not 0."],
  [["--nodes", "many"], "nodes"],
  [["--name", "Shop!"], '--name: "Shop!" is not a name'],
] as const)("init %j is refused with 64", async (flags, said) => {
  const world = await FakeWorld.create();
  const { exitCode, stderr } = await world.run("init", ...flags);
  expect(stderr).toContain(said);
  expect(exitCode).toBe(64);
});

test("up tells every problem of a spec with its place", async () => {
  const world = await FakeWorld.create("nodes: 0\nnme: x\nstore: { design: raft, election_timeout: 5 }\n");
  const { exitCode, stderr } = await world.run("up");
  expect(exitCode).toBe(64);
  expect(stderr.split("\n")).toEqual([
    "error: devious.yaml has 3 problems.",
    "  devious.yaml:1:8 nodes: must be at least 1, not 0",
    '  devious.yaml:2:1 unknown key "nme"; did you mean "name"?',
    expect.stringContaining("devious.yaml:3:42 store.election_timeout: 5 has no unit"),
    "",
  ]);
});

/** What is found, without what says how the machine that runs the test is doing. */
async function examined(world: FakeWorld): Promise<readonly string[]> {
  const { findings } = await world.json<Examined>("doctor");
  return findings.filter(({ what }) => what !== "disk" && what !== "subnets").map(({ what, state }) => `${what} ${state}`);
}

const kernel = ["partitions ok", "delays ok", "links ok", "inbound ok", "jitter ok", "pause ok", "inotify ok"];
const rest = ["node ok", "engine ok", "image ok"];

test("doctor looks at the kernel through the agent, without a cluster through a container of the image, else not at all", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  expect(await examined(world)).toEqual([...rest, "kernel ok", "kept logs ok", "leftovers ok"]);
  await world.json("up");
  expect(await examined(world)).toEqual([...rest, ...kernel, "kept logs ok", "leftovers ok"]);
  await world.json("down", "--volumes");
  expect(await examined(world)).toEqual([...rest, ...kernel, "kept logs ok", "leftovers ok"]);
  expect(await world.engine.listContainers([])).toEqual([]);
});

test("doctor changes nothing", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  await world.json("up");
  const before = await world.remains();
  for (let time = 0; time < 20; time++) await world.json("doctor");
  expect(await world.remains()).toEqual(before);
  expect(await world.engine.listContainers([])).toHaveLength(2);
});

test("a kernel without netem is a warning, with the command that mends it, and exit code 0", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  await world.json("up");
  world.kernel.netem = false;
  const { exitCode, stdout } = await world.run("doctor");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^✔ partitions +by nft, IPv4 and IPv6/m);
  expect(stdout).toMatch(/^! delays +the kernel has no netem.*\n +sudo modprobe sch_netem/m);
});

test("doctor tells how many logs are kept here, of which clusters, and how large they are", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  const kept = async (): Promise<string | undefined> =>
    (await world.json<Examined>("doctor")).findings.find(({ what }) => what === "kept logs")?.says;
  expect(await kept()).toBe("none in this folder");
  for (const [cluster, time] of [
    ["demo", "2026-11-21T101500.123Z"],
    ["demo", "2026-11-21T101600.123Z"],
    ["shop", "2026-11-21T101700.123Z"],
  ] as const) {
    // prettier-ignore
    const logs = path.join(world.folder, ".devious", cluster, "logs");
    await mkdir(logs, { recursive: true });
    await writeFile(path.join(logs, `${time}.ndjson.gz`), Buffer.alloc(512 * 1024));
  }
  expect(await kept()).toBe("3 of demo, shop: 1 MiB in ~/demo/.devious");
});

test("doctor names what is left over and of use to nobody, with the command that removes it", async () => {
  const world = await FakeWorld.create("nodes: 1\n", { facts: { local: true, arch: "riscv64" } });
  await world.json("up");
  const [image] = await world.engine.listImages("devious.image");
  const current = image?.references[0] ?? "";
  const spec = {
    image: current,
    command: [],
    environment: {},
    hostname: "x",
    network: "none",
    aliases: [],
    volumes: [],
    ports: [],
  };
  await world.engine.createNetwork("devious.lost", { "devious.cluster": "lost", "devious.owner": world.folder });
  await world.engine.createNetwork("devious.moved", { "devious.cluster": "moved", "devious.owner": "/no/such/folder" });
  await world.engine.createContainer({ ...spec, name: "devious-look-1", labels: { "devious.look": "true" } });
  await world.engine.buildImage("devious/node:old", emptyContext(), { "devious.image": "node" }, () => undefined);
  const { findings } = await world.json<Examined>("doctor");
  const leftover = (says: string) => ({ what: "leftovers", state: "warning", says });
  expect(findings.filter(({ what }) => what === "leftovers")).toEqual([
    leftover("cluster lost: it has a network and no nodes"),
    leftover("cluster moved: its folder /no/such/folder is gone"),
    leftover("devious-look-1: it looked at the kernel and was not removed"),
    { ...leftover("image devious/node:old: no cluster uses it"), mend: "devious gc" },
  ]);
});

async function* emptyContext(): AsyncGenerator<Uint8Array> {
  const tar = pack();
  tar.entry({ name: "Dockerfile" }, "FROM scratch\n");
  tar.finalize();
  yield* tar as AsyncIterable<Uint8Array>;
}

test.each([
  [
    "a few are left",
    ["192.168.0.0/19", "192.168.32.0/19", "192.168.64.0/18", "192.168.128.0/18"],
    "warning",
    /has only 2 left/,
    0,
  ],
  ["the pools are used up", ["192.168.0.0/16"], "warning", /subnets beside them/, 0],
  ["all that is private is", ["192.168.0.0/16", "10.0.0.0/8"], "missing", /every private range/, 3],
])("subnets, %s", async (_, more, state, says, expected) => {
  const subnets = ["172.16.0.0/12", "192.168.224.0/19", ...more];
  const world = await FakeWorld.create(undefined, { resources: { subnets } });
  const { exitCode, stdout } = await world.run("doctor", "--json");
  const { findings } = JSON.parse(stdout) as Examined;
  const finding = findings.find(({ what }) => what === "subnets");
  expect(finding).toMatchObject({ state, says: expect.stringMatching(says), mend: "docker network prune" });
  expect(exitCode).toBe(expected);
});

test.each([
  [100 * 2 ** 20, "missing", "100 MiB free"],
  [2 ** 30, "warning", "1 GiB free"],
  [50 * 2 ** 30, "ok", "50 GiB free"],
])("a disk with %i bytes left: %s", (freeBytes, state, says) => {
  const found = diskFinding({ dataDir: "/data", addressPools: [], subnets: [] }, freeBytes);
  expect(found).toMatchObject({ state, says: expect.stringContaining(says) });
});

test("doctor without an engine is exit code 3", async () => {
  const world = await FakeWorld.create();
  world.engine.reachable = false;
  const { exitCode, stdout, stderr } = await world.run("doctor");
  expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: "" });
  expect(stdout).toMatch(/^✖ engine +No engine answers in memory\.$/m);
});

test("init --from takes a compose file over, and says on stderr what means something else", async () => {
  const world = await FakeWorld.create();
  const compose = 'services:\n  db: { image: "my-db", tty: true, ports: ["${PORT}:1"] }\n';
  await writeFile(path.join(world.folder, "docker-compose.yml"), compose);
  await writeFile(path.join(world.folder, "docker-compose.override.yml"), "services: {}\n");
  await writeFile(path.join(world.folder, ".env"), "PORT=7\n");
  expect(await world.run("init", "--from", ".")).toEqual({
    exitCode: 0,
    stdout: "wrote ~/demo/devious.yaml; `devious up` boots it\n",
    stderr: [
      "docker-compose.yml:1:1 docker-compose.override.yml, which compose reads too, is not taken over",
      "docker-compose.yml:2:25 services.db.tty is left out: a node's log is read as plain lines",
      "docker-compose.yml:2:44 PORT filled in as of now, since only environment, build args and image take variables",
      "docker-compose.yml:2:44 ports are published on 127.0.0.1 only, not on all addresses of this machine",
      "",
    ].join("\n"),
  });
  const text = await readFile(path.join(world.folder, "devious.yaml"), "utf8");
  expect(text).toMatch(
    /^# Made from docker-compose.yml by .*\n\nname: demo\nservices:\n {2}db:\n {4}image: my-db\n {4}nodes: 1\n {4}ports:\n {6}- 7:1\n$/,
  );
  const refused = await world.run("init", "--from", "docker-compose.yml");
  expect(refused).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("is there already") });
  const again = await world.json("init", "--from", "docker-compose.yml", "--force", "--name", "shop");
  expect(again).toMatchObject({ from: "docker-compose.yml", notices: [{}, {}, { line: 2, column: 44 }, {}] });
});

test.each([
  [
    "services: { a: { image: x, restart: often, ports: [x] } }",
    ["--from", "c.yml"],
    /^error: c.yml has 2 problems; nothing is written\.\n {2}c.yml:1:37 .*\n {2}c.yml:1:52 /,
  ],
  ["services: [", ["--from", "c.yml"], /^error: c.yml has a problem; nothing is written\.\n {2}c.yml:1:12 /],
  [
    "services: {}",
    ["--from", "other.yml"],
    /^error: The compose file ~\/demo\/other.yml cannot be read: there is no such file\.\n/,
  ],
  ["services: {}", ["--from", "."], /^error: ~\/demo has no compose file\.\n/],
  ["services: {}", ["--from", "c.yml", "--nodes", "5"], /--nodes/],
  ["services: {}", ["--profile", "x"], /--from/],
  ["services: {}", ["--from", "c.yml", "--name", "Shop!"], /^error: --name: "Shop!" is not a name/],
] as const)("%j: init %j is refused with 64, and writes nothing", async (compose, flags, said) => {
  const world = await FakeWorld.create();
  await writeFile(path.join(world.folder, "c.yml"), compose);
  const { exitCode, stderr } = await world.run("init", ...flags);
  expect(stderr).toMatch(said);
  expect(exitCode).toBe(64);
  await expect(readFile(path.join(world.folder, "devious.yaml"))).rejects.toThrow("ENOENT");
});
