// Shows what `collect` puts into a folder, that no secret of an environment is in it, and that what cannot be had is told and no more.
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { Manifest } from "../../src/cluster/collect/collect.js";
import type { LogRecord } from "../../src/core/log-record.js";
import { readArchive } from "../../src/logs/archive-reader.js";
import { findArchive } from "../../src/workspace/archives.js";
import { FakeWorld } from "../support/fake-world.js";

const spec = `services:
  kv: { store: raft, nodes: 1 }
  api:
    image: shop
    nodes: 1
    command: [serve, --token, hunter2]
    # once it was hunter2
    environment: { DB_PASSWORD: hunter2, DB: "postgres://shop:hunter2@db/shop", MODE: quick }
`;

async function worldThatIsUp(): Promise<FakeWorld> {
  const world = await FakeWorld.create(spec);
  await world.buildImage("shop");
  await world.json("up");
  return world;
}

const sourceFiles = [
  "doctor.json",
  "faults.json",
  "inspect/devious.demo.api-1.json",
  "inspect/devious.demo.chaos.json",
  "inspect/devious.demo.kv-1.json",
  "inspect/network-devious.demo.json",
  "inspect/volume-devious.demo.chaos.ledger.json",
  "inspect/volume-devious.demo.kv-1.data.json",
  "logs.ndjson.gz",
  "net/api-1.txt",
  "net/kv-1.txt",
  "raw/api-1.log",
  "raw/chaos.log",
  "raw/kv-1.log",
  "spec.yaml",
  "status.json",
  "versions.json",
];

test("collect puts everything that is known of a cluster into one folder, and a manifest of it", async () => {
  const world = await worldThatIsUp();
  await world.json("chaos", "partition", "isolate kv-1", "--until-healed");
  const manifest = await world.json<Manifest>("collect", "out/report");
  const out = path.join(world.folder, "out/report");
  const read = async (name: string): Promise<string> => readFile(path.join(out, name), "utf8");
  expect(manifest).toMatchObject({ madeBy: "0.0.0", cluster: "demo", problems: [] });
  expect(manifest.files.map(({ name }) => name)).toEqual(sourceFiles);
  expect((await filesIn(out)).sort()).toEqual([...sourceFiles, "manifest.json"].sort());
  expect(JSON.parse(await read("manifest.json"))).toEqual(manifest);

  expect(JSON.parse(await read("faults.json"))).toMatchObject([{ id: "f1", fault: { kind: "partition" } }]);
  expect(JSON.parse(await read("status.json"))).toMatchObject({ nodes: [{ node: "api-1" }, { node: "kv-1", health: "ready" }] });
  expect(JSON.parse(await read("versions.json"))).toMatchObject({ devious: "0.0.0", engine: { version: "0.0.0" } });
  expect(await read("net/kv-1.txt")).toBe("rules of kv-1\n");
  expect(await read("raw/kv-1.log")).toMatch(/^\d{4}-\d\d-\d\dT\S+Z \{"ts":/);

  const merged: LogRecord[] = [];
  for await (const batch of readArchive(await findArchive("out/report", world.folder))) merged.push(...batch);
  expect(merged.map(({ event }) => event)).toContain("fault-applied");
  const rawLines = (await read("raw/kv-1.log")).trimEnd().split("\n");
  expect(merged.filter(({ node, stream }) => node === "kv-1" && stream !== "engine")).toHaveLength(rawLines.length);
});

test("no secret of the spec is in what was collected, and all the rest of it is", async () => {
  const world = await worldThatIsUp();
  await world.json("collect", "out");
  const out = path.join(world.folder, "out");
  // logs are as they were said
  const masking = (await filesIn(out)).filter((name) => !/^raw\/|^logs/.test(name));
  expect(masking.length).toBeGreaterThan(10);
  for (const name of masking)
    expect([name, (await readFile(path.join(out, name), "utf8")).includes("hunter2")]).toEqual([name, false]);
  const inspected = await readFile(path.join(out, "inspect/devious.demo.api-1.json"), "utf8");
  for (const kept of ['"DB_PASSWORD=***"', '"DB=postgres://***@db/shop"', '"MODE=quick"', '"DEVIOUS_NODE=api-1"']) {
    expect(inspected).toContain(kept);
  }
  const masked = await readFile(path.join(out, "spec.yaml"), "utf8");
  expect(masked).toContain('DB_PASSWORD: "***"');
  expect(masked).toContain("MODE: quick");
});

test("a folder with something in it is refused, unless --force", async () => {
  const world = await worldThatIsUp();
  await mkdir(path.join(world.folder, "out"));
  await writeFile(path.join(world.folder, "out/mine.txt"), "mine");
  expect(await world.run("collect", "out")).toMatchObject({
    exitCode: 64,
    stderr: "error: The folder ~/demo/out is not empty.\n  Name another one, or write over what is there with --force.\n",
  });
  expect(await readdir(path.join(world.folder, "out"))).toEqual(["mine.txt"]);
  expect((await world.run("collect", "devious.yaml", "--force")).exitCode).toBe(64);
  expect((await world.run("collect", "out", "--force")).exitCode).toBe(0);
  expect(await readFile(path.join(world.folder, "out/mine.txt"), "utf8")).toBe("mine");
});

test("what cannot be had is told and written down, and the rest is there", async () => {
  const world = await worldThatIsUp();
  await world.engine.stopContainer("devious.demo.chaos", 1000);
  const { exitCode, stdout, stderr } = await world.run("collect", "out");
  expect(exitCode).toBe(0);
  const problems = ["faults.json", "net/api-1.txt", "net/kv-1.txt"].map((name) => `${name}: the agent does not answer.`);
  expect(stderr).toContain(`Not all could be had (out/problems.txt):\n${problems.map((line) => `  ${line}\n`).join("")}`);
  expect(stdout).toMatch(/logs\.ndjson\.gz +\d+ bytes\n/);
  expect(await readFile(path.join(world.folder, "out/problems.txt"), "utf8")).toBe(`${problems.join("\n")}\n`);
  const manifest = JSON.parse(await readFile(path.join(world.folder, "out/manifest.json"), "utf8")) as Manifest;
  expect(manifest.problems).toEqual(problems);
  expect(manifest.files.map(({ name }) => name)).toEqual(
    [...sourceFiles, "problems.txt"].filter((name) => !problems.some((problem) => problem.startsWith(name))).sort(),
  );
  // looking changes nothing
  expect(await world.stateOf("chaos")).toBe("exited");
});

test("without a cluster there is nothing to collect, and no folder is made", async () => {
  const world = await FakeWorld.create();
  expect(await world.run("collect", "out")).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("No cluster is up.") });
  expect(await readdir(world.folder)).toEqual([]);
});

/** Every file below a folder. */
async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}
