// Shows commands of the user's beside a cluster's life: run once it is ready and before it goes, on this machine and in nodes.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { FakeWorld } from "../support/fake-world.js";

const image = "my-api:dev";

/** Writes what it finds in its folder and its environment to a file of this name. */
const note = (file: string): string =>
  JSON.stringify([
    process.execPath,
    "-e",
    `require("fs").appendFileSync("${file}", [process.env.DEVIOUS_CLUSTER, process.env.DEVIOUS_API_1_8080 === process.env.DEVIOUS_API_1, "{{index}} {{seed}}"].join(" ") + "\\n")`,
  ]);

const spec = (hooks: string): string =>
  `seed: 7\nservices:\n  api:\n    image: ${image}\n    nodes: 2\n    ports: [8080]\n    hooks:\n${hooks}`;

async function worldWith(hooks: string): Promise<FakeWorld> {
  const world = await FakeWorld.create(spec(hooks));
  await world.buildImage(image);
  return world;
}

const told = (world: FakeWorld, file: string): Promise<string> => readFile(path.join(world.folder, file), "utf8").catch(() => "");

test("they run after up has booted or made anew a node of the service, and before down", async () => {
  const world = await worldWith(
    `      after_up: [{ host: ${note("up")} }, { exec: [hostname], node: api-2 }]\n      before_down: [{ host: ${note("down")} }]\n`,
  );
  expect((await world.run("up")).exitCode).toBe(0);
  expect(await told(world, "up")).toBe("demo true 1 7\n");
  await world.json("up");
  expect(await told(world, "up")).toBe("demo true 1 7\n");
  await world.engine.removeContainer("devious.demo.api-2");
  await world.json("up");
  expect(await told(world, "up")).toBe("demo true 1 7\n".repeat(2));
  expect(await told(world, "down")).toBe("");
  // down reads no spec
  await writeFile(path.join(world.folder, "devious.yaml"), "nonsense: [");
  expect(await world.json("down")).toMatchObject({ clusters: [{ warnings: [] }] });
  expect(await told(world, "down")).toBe("demo true 1 7\n");
  expect(await world.remains()).toEqual([]);
});

test.each([
  ["{ exec: ['false'] }", "The hook `false` in api-1 of api ended with exit code 1.", ["it is false"], "30s"],
  [
    "{ host: [sh, -c, 'echo one; echo two >&2; exit 3'] }",
    /^The hook `sh -c .*` on this machine of api ended with exit code 3\.$/,
    ["one", "two"],
    "30s",
  ],
  [
    "{ host: [./no-such-thing] }",
    "The hook `./no-such-thing` on this machine of api cannot be run: there is no such command.",
    [],
    "30s",
  ],
  ["{ host: [sleep, '60'] }", "The hook `sleep 60` on this machine of api had not ended after 3s.", [], "3s"],
])("after_up %s fails: a sentence, its last lines, and all is taken down", async (hook, said, details, timeout) => {
  const world = await worldWith(`      after_up: [${hook}]\n`);
  const { exitCode, stdout } = await world.run("up", "--timeout", timeout, "--json");
  expect(exitCode).toBe(3);
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string; details: string[] } };
  expect(error).toMatchObject({ code: "HOOK_FAILED", details });
  expect(error.message).toMatch(said);
  expect(await world.remains()).toEqual([]);
});

test("before_down keeps no cluster from going", async () => {
  const world = await worldWith("      before_down: [{ exec: ['false'] }, { exec: [hostname], node: api-2 }]\n");
  await world.json("up", "--no-wait");
  await world.engine.signalContainer("devious.demo.api-2", "SIGKILL");
  expect(await world.json("down")).toMatchObject({
    clusters: [
      {
        warnings: [
          "The hook `false` in api-1 of api ended with exit code 1.",
          expect.stringMatching(/^The hook `hostname` in api-2 of api cannot be run: .* is not running\.$/),
        ],
      },
    ],
  });
  expect(await world.remains()).toEqual([]);
});

test("without waiting they are not run, and down --all runs nothing on this machine for somebody else's cluster", async () => {
  const world = await worldWith(`      after_up: [{ host: ${note("up")} }]\n      before_down: [{ host: ${note("down")} }]\n`);
  const { stderr } = await world.run("up", "--no-wait");
  expect(stderr).toContain("the hooks of api are not run: nobody has waited for the cluster to be ready");
  const own = world.folder;
  await world.enter("elsewhere");
  expect(await world.json("down", "--all")).toMatchObject({
    clusters: [{ warnings: [expect.stringContaining("is not run: demo belongs to")] }],
  });
  world.folder = own;
  expect([await told(world, "up"), await told(world, "down")]).toEqual(["", ""]);
});
