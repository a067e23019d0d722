// Shows `init` and `doctor`: a spec that `up` takes, and what is found wanting with the way to get it.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
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

test("doctor asks the agent of a running cluster what the kernel can", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  const before = await world.json<Examined>("doctor");
  expect(before.findings.map(({ what, state }) => `${what} ${state}`)).toEqual([
    "node ok",
    "engine ok",
    "image ok",
    "kernel warning",
  ]);
  await world.json("up");
  world.kernel.netem = false;
  const { exitCode, stdout } = await world.run("doctor");
  expect(exitCode).toBe(0);
  expect(stdout).toContain("✔ partitions  by nft, IPv4 and IPv6\n");
  expect(stdout).toMatch(/^! delays +the kernel has no netem/m);
  world.kernel.netem = true;
  expect((await world.json<Examined>("doctor")).findings.at(-1)).toMatchObject({ what: "delays", state: "ok" });
});

test("doctor without an engine is exit code 3", async () => {
  const world = await FakeWorld.create();
  world.engine.reachable = false;
  const { exitCode, stdout, stderr } = await world.run("doctor");
  expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: "" });
  expect(stdout).toMatch(/^✖ engine +No engine answers in memory\.$/m);
});
