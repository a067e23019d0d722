// Shows `put`, `get`, `del` and `exec`: what they answer, and what their exit codes prove.
import { expect, test } from "vitest";
import { FakeWorld } from "../support/fake-world.js";

async function booted(): Promise<FakeWorld> {
  const world = await FakeWorld.create();
  await world.json("up");
  return world;
}

test("a key is put, got from any node, and deleted", async () => {
  const world = await booted();
  expect(await world.run("put", "greeting", "hello")).toEqual({ exitCode: 0, stdout: "ok, revision 2\n", stderr: "" });
  expect(await world.json("put", "greeting", "grüß dich", "--node", "n2")).toEqual({ key: "greeting", revision: 3 });
  expect(await world.run("get", "greeting", "-n", "n3")).toEqual({ exitCode: 0, stdout: "grüß dich\n", stderr: "" });
  expect(await world.json("get", "greeting")).toEqual({
    key: "greeting",
    value: "grüß dich",
    createRevision: 2,
    modRevision: 3,
    version: 2,
  });
  expect(await world.run("del", "greeting")).toEqual({ exitCode: 0, stdout: "deleted\n", stderr: "" });
  expect(await world.json("del", "greeting")).toEqual({ key: "greeting", deleted: 0 });
  expect(await world.run("get", "greeting")).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: 'error: There is no key "greeting".\n',
  });
});

test("a refusal is 3 and had no effect, a doubt is 2", async () => {
  const world = await booted();
  await world.engine.stopContainer("devious.demo.n2", 1000);
  await world.engine.stopContainer("devious.demo.n3", 1000);
  expect(await world.run("put", "k", "v")).toMatchObject({
    exitCode: 3,
    stderr: "error: n1: etcdserver: no leader.\n  It definitely had no effect.\n",
  });
  world.stores.ailments.set("n2", "slow");
  await world.json("up");
  const { exitCode, stdout } = await world.run("put", "k", "v", "--node", "n2", "--json");
  expect(exitCode).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "REQUEST_INDEFINITE", exitCode: 2 } });
});

test("without --node the first that runs is asked, and one that does not run is named", async () => {
  const world = await booted();
  await world.engine.signalContainer("devious.demo.n1", "SIGKILL");
  expect((await world.run("put", "k", "v")).exitCode).toBe(0);
  const { exitCode, stderr } = await world.run("get", "k", "--node", "n1");
  expect(exitCode).toBe(3);
  expect(stderr).toMatch(/^error: n1 is exited and publishes no port\.\n/);
  expect(await world.run("get", "k", "--node", "n22")).toMatchObject({
    exitCode: 64,
    stderr: 'error: The cluster demo has no node "n22".\n  Did you mean "n2"?\n',
  });
});

test("a node that breaks off leaves a doubt", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  world.stores.ailments.set("n1", "silent");
  await world.json("up", "--no-wait");
  expect(await world.run("put", "k", "v")).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("may or may not") });
});

test("exec gives the command's output and exit code, and keeps its flags to it", async () => {
  const world = await booted();
  expect(await world.run("exec", "n2", "--", "hostname", "--json")).toEqual({ exitCode: 0, stdout: "n2\n", stderr: "" });
  expect(await world.run("exec", "n2", "--", "false")).toEqual({ exitCode: 1, stdout: "", stderr: "it is false\n" });
  expect(await world.json("exec", "n1", "--", "hostname")).toEqual({ exitCode: 0, stdout: "n1\n", stderr: "" });
});

test("words of a command keep their places, also those that are typed twice", async () => {
  const world = await booted();
  const words = ["echo", "n2", "--cluster", "echo", "-c", "--", "echo", "demo"];
  expect(await world.run("exec", "n2", "--cluster", "demo", "--", ...words)).toEqual({
    exitCode: 0,
    stdout: `${words.slice(1).join(" ")}\n`,
    stderr: "",
  });
});

test("exec needs a command, and a node that runs", async () => {
  const world = await booted();
  expect(await world.run("exec", "n1")).toMatchObject({
    exitCode: 64,
    stderr: expect.stringContaining("devious exec n1 -- ip addr"),
  });
  await world.json("chaos", "pause", "n1", "--for", "1m");
  expect(await world.run("exec", "n1", "--", "hostname")).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining("paused"),
  });
});
