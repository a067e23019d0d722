// Shows `export compose`: the file on stdout or written, what is not in it on stderr, and nodes of the bundled store as `up` makes them.
import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { FakeWorld } from "../support/fake-world.js";

const shop = `
name: shop
services:
  kv: { store: raft, nodes: 2 }
  api:
    image: api
    nodes: 1
    env_file: secret.env
    environment: { KEY: "\${KEY}" }
    files: { /etc/api: "{{node}}", /run.sh: { content: x, mode: "0755" } }
    depends_on: [kv]
network: { zones: { eu: [api] } }
`;

interface File {
  readonly services: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

test("it prints a compose file whose store is that of `up`, and says what is not in it", async () => {
  const world = await FakeWorld.create(shop);
  const { exitCode, stdout, stderr } = await world.run("export", "compose");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "api is without its zones: compose has no such thing\n" });
  const { services } = parse(stdout) as File;
  expect(Object.keys(services)).toEqual(["kv-1", "kv-2", "api"]);
  expect(services["kv-2"]).toMatchObject({
    image: expect.stringMatching(/^devious\/node:/),
    hostname: "kv-2",
    environment: { DEVIOUS_MEMBER: "2", DEVIOUS_MEMBERS: "1=kv-1,2=kv-2", DEVIOUS_CLUSTER_STATE: "new" },
    volumes: ["kv-2-data:/data"],
  });
  const healthy = { condition: "service_healthy" };
  expect(services["api"]).toMatchObject({ hostname: "api-1", depends_on: { "kv-1": healthy, "kv-2": healthy } });
  // neither the file of secrets nor the variable is read
  expect(services["api"]).toMatchObject({
    env_file: ["./secret.env"],
    environment: { KEY: "${KEY}" },
    configs: [{}, { mode: 0o755 }],
  });
  expect(await world.remains()).toEqual([]);
});

test("what it writes to a file has the nodes' files beside it", async () => {
  const world = await FakeWorld.create(shop);
  await writeFile(path.join(world.folder, "out.yml"), "old");
  expect(await world.run("export", "compose", "--output", "out.yml")).toMatchObject({
    exitCode: 0,
    stdout: "wrote ~/demo/out.yml\n",
  });
  const text = await readFile(path.join(world.folder, "out.yml"), "utf8");
  expect((parse(text) as File).services["api"]?.["volumes"]).toEqual([
    "./out.files/api/etc/api:/etc/api:ro",
    "./out.files/api/run.sh:/run.sh:ro",
  ]);
  expect(await readFile(path.join(world.folder, "out.files/api/etc/api"), "utf8")).toBe("api-1");
  expect((await stat(path.join(world.folder, "out.files/api/run.sh"))).mode & 0o777).toBe(0o755);
  const refused = await world.run("export", "compose", "--output", "devious.yaml/out.yml");
  expect(refused).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("cannot be written") });
});

test("a spec of images needs no engine, and a wrong one is told as everywhere", async () => {
  const world = await FakeWorld.create("services: { a: { image: x, nodes: 1 } }\n");
  world.engine.reachable = false;
  expect(await world.json("export", "compose")).toMatchObject({
    file: null,
    notices: [],
    compose: expect.stringContaining("image: x"),
  });
  await world.writeSpec("services: { a: { nodes: 1 } }\n");
  expect(await world.run("export", "compose")).toMatchObject({
    exitCode: 64,
    stderr: expect.stringContaining("devious.yaml:1:13"),
  });
});
