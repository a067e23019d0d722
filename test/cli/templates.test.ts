// Shows `init --template` and `--list`, and of every template that its spec, its scenario and the commands of its README are right.
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Command } from "@oclif/core";
import { describe, expect, test } from "vitest";
import { listTemplates } from "../../src/cli/templates.js";
import { parseSpec } from "../../src/spec/parse.js";
import { FakeWorld, commands } from "../support/fake-world.js";

const templates = await listTemplates();
const fileOf = (name: string, file: string): Promise<string> => readFile(path.join("templates", name, file), "utf8");

test("a template is written into this folder, under the folder's name", async () => {
  const world = await FakeWorld.create();
  expect(await world.run("init", "--template", "raft")).toEqual({
    exitCode: 0,
    stdout: [
      "wrote README.md, devious.yaml, smoke.yaml",
      "`devious up` boots it, README.md says what to try, and `devious chaos run smoke.yaml` is a first scenario",
      "",
    ].join("\n"),
    stderr: "",
  });
  expect(await world.json("up", "--dry-run")).toMatchObject({ cluster: "demo", steps: expect.arrayContaining(["create n3"]) });
  expect(await readFile(path.join(world.folder, "README.md"), "utf8")).toBe(await fileOf("raft", "README.md"));
});

test("--name names the cluster, and folders of a template come along", async () => {
  const world = await FakeWorld.create();
  const files = ["README.md", "app/Dockerfile", "app/server.js", "devious.yaml", "smoke.yaml"];
  expect(await world.json("init", "--template", "own-image", "--name", "shop")).toEqual({ template: "own-image", files });
  expect(await readFile(path.join(world.folder, "devious.yaml"), "utf8")).toMatch(/^name: shop$/m);
  expect(await readFile(path.join(world.folder, "app/server.js"), "utf8")).toBe(await fileOf("own-image", "app/server.js"));
});

test("where a file is there already, none is written, unless by --force", async () => {
  const world = await FakeWorld.create();
  await mkdir(path.join(world.folder, "app"));
  for (const file of ["README.md", "app/server.js"]) await writeFile(path.join(world.folder, file), "mine");
  const { exitCode, stderr } = await world.run("init", "--template", "own-image");
  expect({ exitCode, stderr }).toEqual({
    exitCode: 64,
    stderr: expect.stringMatching(/has README\.md, app\/server\.js already; nothing was written.*\n.*--force/),
  });
  expect((await readdir(world.folder)).sort()).toEqual(["README.md", "app"]);
  expect(await readFile(path.join(world.folder, "README.md"), "utf8")).toBe("mine");
  await world.json("init", "--template", "own-image", "--force");
  expect(await readFile(path.join(world.folder, "README.md"), "utf8")).toBe(await fileOf("own-image", "README.md"));
});

test.each([
  [["--template", "rafts"], 'There is no template "rafts"; did you mean "raft"?'],
  [["--template", "../templates/raft"], "There is no template"],
  [["--template", "raft", "--name", "Shop!"], '--name: "Shop!" is not a name'],
  [["--template", "raft", "--nodes", "5"], "--nodes"],
  [["--list", "--template", "raft"], "--template"],
] as const)("init %j is refused with 64", async (flags, said) => {
  const world = await FakeWorld.create();
  const { exitCode, stderr } = await world.run("init", ...flags);
  expect(stderr).toContain(said);
  expect(exitCode).toBe(64);
  expect(await readdir(world.folder)).toEqual([]);
});

test("--list says one line of each, and which were never booted by our tests", async () => {
  const world = await FakeWorld.create();
  const { stdout } = await world.run("init", "--list");
  const lines = stdout.trimEnd().split("\n");
  expect(lines.map((line) => line.split(" ")[0])).toEqual(templates.map(({ name }) => name));
  expect(lines).toContainEqual(expect.stringMatching(/^raft +Three nodes of the bundled raft store/));
  expect(lines.map((line) => line.endsWith("(not tested here)"))).toEqual(templates.map(({ tested }) => !tested));
  expect(await world.json("init", "--list")).toEqual({ templates });
});

test("every folder of templates/ is one, but what other commands use", async () => {
  const folders = (await readdir("templates", { withFileTypes: true })).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).filter((name) => name !== "lnav")).toEqual(templates.map(({ name }) => name));
});

describe.each(templates)("$name", ({ name, says }) => {
  test("its spec has no problem, and is named like its folder", async () => {
    const boot = { variables: {}, readEnvFile: () => ({ problem: "templates have none" }) };
    const parsed = parseSpec(await fileOf(name, "devious.yaml"), path.resolve("templates", name), boot);
    expect(parsed).toMatchObject({ ok: true, spec: { name } });
  });

  test("its scenario can be planned for its nodes, whatever the seed", async () => {
    const world = await FakeWorld.create();
    await world.json("init", "--template", name);
    for (const seed of ["1", "2", "3"]) {
      expect(await world.json("chaos", "plan", "smoke.yaml", "--seed", seed)).toMatchObject({ occurrences: expect.any(Array) });
    }
  });

  test("its README names commands and flags that there are", async () => {
    const readme = await fileOf(name, "README.md");
    const lines = [...readme.matchAll(/(?:^|\$\()devious ([^\n|#]*)/gm)];
    const inText = [...readme.matchAll(/`devious ([^`]*)`/g)];
    const typed = [...lines, ...inText].map(([, words = ""]) => words.trim().replace(/\s+/g, " "));
    expect(typed.length).toBeGreaterThan(5);
    expect(typed.flatMap(problemsWith)).toEqual([]);
  });

  test("its texts fit", async () => {
    expect(says).toMatch(/^[A-Z][^\n]{20,98}\.$/);
    const lengths = async (file: string): Promise<number> =>
      Math.max(...(await fileOf(name, file)).split("\n").map((line) => line.length));
    expect(await lengths("devious.yaml")).toBeLessThanOrEqual(120);
    expect(await lengths("smoke.yaml")).toBeLessThanOrEqual(120);
    expect(await lengths("README.md")).toBeLessThanOrEqual(140);
  });
});

/** What is wrong with a command line, as far as its command and its flags go. */
function problemsWith(typed: string): readonly string[] {
  const words = (typed.split(" -- ")[0] ?? "").split(" ");
  const two = words.slice(0, 2).join(" ");
  const found = (commands[two] ?? commands[words[0] ?? ""]) as unknown as Command.Class | undefined;
  if (found === undefined) return [`there is no command ${two}`];
  const known = [...Object.keys(found.flags ?? {}), "json"];
  const unknown = words.filter((word) => word.startsWith("--") && !known.includes(word.slice(2)));
  return unknown.map((flag) => `${two} has no ${flag}`);
}
