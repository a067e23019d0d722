// Shows `run`: a cluster beside a command, with its exit code, and nothing left; what the command knows, whom the run refuses, and what it keeps.
import { chmod, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { type Made, formatMade } from "../../src/cluster/made.js";
import { parseDuration } from "../../src/core/duration.js";
import { FakeWorld } from "../support/fake-world.js";
import { readJUnit } from "../support/junit-schemas.js";

async function created(spec = "nodes: 1\n"): Promise<FakeWorld> {
  const world = await FakeWorld.create(spec);
  world.environment = { PATH: process.env["PATH"] ?? "" };
  return world;
}

/** A command that writes what `expression` is to a file of the world's folder. */
function noting(file: string, expression: string): readonly string[] {
  return [process.execPath, "-e", `require("fs").writeFileSync("${file}", String(${expression}))`];
}

const note = (world: FakeWorld, file: string): Promise<string> => readFile(path.join(world.folder, file), "utf8");

test.each([
  [0, ["true"]],
  [1, ["false"]],
  [7, ["sh", "-c", "exit 7"]],
  [137, ["sh", "-c", "kill -9 $$"]],
  [127, ["devious-no-such-command"]],
  [127, ["./missing.sh"]],
  [126, ["./plain.txt"]],
])("exit code %i of %j, and nothing is left", async (exitCode, words) => {
  const world = await created();
  await writeFile(path.join(world.folder, "plain.txt"), "");
  const ran = await world.run("run", "--", ...words);
  expect(ran).toMatchObject({ exitCode, stdout: "" });
  expect(await world.remains()).toEqual([]);
});

test.each([
  [64, "nodes: many\n", "nodes", []],
  [64, "nodes: 1\n", "There is no command to run", ["--no-command"]],
] as const)("exit code %i for %j", async (exitCode, spec, says, flags) => {
  const world = await created(spec);
  const ran = flags.length > 0 ? await world.run("run") : await world.run("run", "--", "true");
  expect(ran.exitCode).toBe(exitCode);
  expect(ran.stderr).toContain(says);
  expect(await world.remains()).toEqual([]);
});

test("without an engine it is 3, and the command does not run", async () => {
  const world = await created();
  world.engine.reachable = false;
  expect((await world.run("run", "--", ...noting("ran", "1"))).exitCode).toBe(3);
  await expect(note(world, "ran")).rejects.toThrow("ENOENT");
});

test("the command finds the nodes in its environment, and its words reach it as they are", async () => {
  const world = await created("nodes: 1\nname: shop\n");
  world.environment = { ...world.environment, MINE: "kept" };
  const told = 'require("fs").writeFileSync("env.json", JSON.stringify({ ...process.env, words: process.argv.slice(2) }))';
  await writeFile(path.join(world.folder, "tell.cjs"), told);
  await world.run("run", "--seed", "42", "--", process.execPath, "tell.cjs", "--json", "-c", "--help", "--", "--seed=1", "a b");
  const found = JSON.parse(await note(world, "env.json")) as Record<string, string>;
  expect(found).toMatchObject({ DEVIOUS_CLUSTER: "shop", DEVIOUS_SEED: "42", MINE: "kept" });
  expect(found["DEVIOUS_N1"]).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(found["DEVIOUS_ENDPOINTS"]).toBe(`n1:2379=${found["DEVIOUS_N1"]}`);
  expect(found["words"]).toEqual(["--json", "-c", "--help", "--", "--seed=1", "a b"]);
});

test("a failure is told with its seed and the line that repeats it, and what is known of the cluster is kept", async () => {
  const world = await created();
  const { stderr } = await world.run("run", "--seed", "5", "--", "false");
  expect(stderr).toMatch(/^failed: exit code 1 after \S+ · seed 5$/m);
  expect(stderr).toContain("again: devious run --seed 5 -- false\n");
  const [, folder = ""] = /^what is known of demo is in (\.devious\/demo\/failed\/\S+)$/m.exec(stderr) ?? [];
  const files = await readdir(path.join(world.folder, folder));
  expect(files).toEqual(expect.arrayContaining(["logs.ndjson.gz", "manifest.json", "status.json"]));
});

test("--json prints the result", async () => {
  const world = await created();
  const { exitCode, stdout, stderr } = await world.run("run", "--seed", "5", "--json", "--", "false");
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({
    exitCode: 1,
    seed: 5,
    again: "devious run --seed 5 -- false",
    cycles: [{ cluster: "demo", seed: 5, exitCode: 1, ended: { by: "itself", exitCode: 1 }, faults: null, isKept: false }],
  });
});

test.each([
  [[], /^  A longer --timeout gives it more time; --keep-on-failure leaves what was made for a closer look\.$/m],
  [["--keep-on-failure"], /^  A longer --timeout gives it more time\.$/m],
])("a cluster that does not get ready is 3, with a hint in the words of `run` %j", async (flags, hint) => {
  const world = await created();
  world.stores.ailments.set("n1", "no-quorum");
  const { exitCode, stderr } = await world.run("run", "--timeout", "300ms", ...flags, "--", "true");
  expect(exitCode).toBe(3);
  expect(stderr).toMatch(hint);
});

test("--keep-on-failure leaves the cluster, says how to look at it, and the next run takes over", async () => {
  const world = await created();
  expect((await world.run("run", "--keep-on-failure", "--", "true")).exitCode).toBe(0);
  expect(await world.remains()).toEqual([]);
  const { stderr } = await world.run("run", "--keep-on-failure", "--", "false");
  expect(stderr).toContain("demo stays up: devious status --cluster demo; to end it: devious down --volumes --cluster demo\n");
  expect(await world.stateOf("n1")).toBe("running");
  expect((await world.run("gc")).stdout).toContain("a run that failed left it for a closer look");
  expect(await world.stateOf("n1")).toBe("running");
  expect((await world.run("run", "--", "true")).exitCode).toBe(0);
  expect(await world.remains()).toEqual([]);
});

test("a cluster that somebody brought up, and data that somebody kept, are left as they are", async () => {
  const world = await created();
  await world.json("up");
  const ran = await world.run("run", "--", ...noting("ran", "1"));
  expect(ran).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("--isolated makes one of another name") });
  expect(await world.stateOf("n1")).toBe("running");
  expect((await world.run("run", "--isolated", "--", "true")).exitCode).toBe(0);
  await world.json("down");
  const kept = await world.run("run", "--", "true");
  expect(kept).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("Data of the cluster demo is kept in") });
  expect(await world.remains()).toEqual(["devious.demo.n1.data"]);
});

test("what a killed run has left is removed first, in whatever folder it ran", async () => {
  const world = await created();
  const host = { name: "here", boot: "1", pids: "" };
  const made: Made = { at: new Date().toISOString(), host, process: { pid: 7, started: "70" }, lasts: "process", base: null };
  const labels = { "devious.cluster": "demo", "devious.owner": "/builds/1", "devious.made": formatMade(made) };
  await world.engine.createNetwork("devious.demo", labels);
  const { exitCode, stderr } = await world.run("run", "--", "true");
  expect(exitCode).toBe(0);
  expect(stderr).toContain("demo was left by a run that has ended, process 7: it is removed first");
  expect(await world.remains()).toEqual([]);
});

test("--isolated: a name of its own, and files under the spec's name", async () => {
  const world = await created();
  await world.run("run", "--isolated", "--", ...noting("name", "process.env.DEVIOUS_CLUSTER"));
  expect(await note(world, "name")).toMatch(/^demo-[a-z2-7]{6}$/);
  await world.run("run", "--isolated", "--", "false");
  expect(await readdir(path.join(world.folder, ".devious"))).toEqual(["demo"]);
  expect(await world.remains()).toEqual([]);
});

test("--junit: of a node that was not well at a failure, what had become of it and what it said last, without secrets", async () => {
  const world = await created(
    "services:\n  api: { image: my-api:dev, nodes: 2, ports: [8080], environment: { API_TOKEN: api-2 runs } }\n",
  );
  await world.buildImage("my-api:dev");
  world.images.ailments.set("api-2", "deaf-later");
  await writeFile(path.join(world.folder, "s.yaml"), "steps:\n  - { at: 0s, restart: api-2 }\n");
  const ran = await world.run("run", "--scenario", "s.yaml", "--junit", "report.xml", "--", "sh", "-c", "sleep 1; exit 3");
  expect(ran.exitCode).toBe(3);
  const xml = await readFile(path.join(world.folder, "report.xml"), "utf8");
  const said = readJUnit(xml, (root) => root.get("testsuite/testcase/failure")?.content) ?? "";
  expect(said.split("\n")).toEqual([
    expect.stringContaining("failed: exit code 3 after"),
    "api-2 runs, and is not ready",
    "api-2 | ***",
    "api-2 | ***",
  ]);
});

test("--junit: a failed cycle is a test case with its exit code, on GitHub an annotation and a summary as well", async () => {
  const world = await created("nodes: 2\n");
  const summary = path.join(world.folder, "summary.md");
  world.environment = { ...world.environment, GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: summary };
  const words = ["run", "--junit", "out/report.xml", "--repeat", "2", "--seed", "7", "--", process.execPath, "hurt.cjs"];
  const hurt = 'if (process.env.DEVIOUS_SEED === "7") process.exit(9);';
  await writeFile(path.join(world.folder, "hurt.cjs"), hurt);
  const { exitCode, stderr } = await world.run(...words);
  expect(exitCode).toBe(9);
  const xml = await readFile(path.join(world.folder, "out/report.xml"), "utf8");
  const cases = readJUnit(xml, (root) => root.find("testsuite/testcase/@name").map((one) => one.content));
  expect(cases).toEqual([1, 2].map((cycle) => `${process.execPath} hurt.cjs, cycle ${cycle}`));
  const why = /^failed: exit code 9 after \S+ · seed 7$/;
  expect(readJUnit(xml, (root) => root.get("testsuite/testcase/failure/@message")?.content)).toMatch(why);
  expect(stderr).toMatch(/^::error title=devious run%3A demo%3A .*cycle 1::failed: exit code 9 after/m);
  expect(await readFile(summary, "utf8")).toMatch(/^### devious run demo: ❌ failed\n\n1 of 2 checks passed · 1 failed/);
  expect(stderr).not.toContain("again: devious run --junit");
});

test("--junit: a cluster that never came up is an error in it; a file that cannot be written is 64", async () => {
  const world = await created();
  world.stores.ailments.set("n1", "exits");
  expect((await world.run("run", "--junit", "report.xml", "--", "true")).exitCode).toBe(3);
  const xml = await readFile(path.join(world.folder, "report.xml"), "utf8");
  expect(readJUnit(xml, (root) => root.get("testsuite/testcase/error/@message")?.content)).toContain("n1 exited with code");
  expect((await world.run("run", "--junit", ".", "--", "true")).exitCode).toBe(64);
});

test("--repeat: whole cycles with seeds of their own, and the first failure's exit code", async () => {
  const world = await created();
  // the second time it fails
  await writeFile(
    path.join(world.folder, "flaky.sh"),
    "#!/bin/sh\necho $DEVIOUS_SEED >> seeds\n[ $(wc -l < seeds) != 2 ] || exit 9\n",
  );
  await chmod(path.join(world.folder, "flaky.sh"), 0o755);
  const { exitCode, stderr } = await world.run("run", "--repeat", "3", "--seed", "7", "--", "./flaky.sh");
  const seeds = (await note(world, "seeds")).trimEnd().split("\n");
  expect(exitCode).toBe(9);
  expect(seeds[0]).toBe("7");
  expect(new Set(seeds).size).toBe(3);
  expect(stderr).toContain(`2 of 3 passed; failed: seed ${seeds[1]}\n`);
  expect(stderr).toContain(`again: devious run --seed ${seeds[1]} -- ./flaky.sh\n`);
});

test("--scenario: faults while the command runs, over with it; one that cannot be brought about is a failure", async () => {
  const world = await created("nodes: 3\n");
  const scenario = (kind: string): Promise<void> => writeFile(path.join(world.folder, "s.yaml"), `steps:\n  - { at: 10ms, ${kind}, for: 1m }\n`); // prettier-ignore
  await scenario("pause: n2");
  const began = performance.now();
  const ran = await world.run("run", "--scenario", "s.yaml", "--seed", "1", "--", "sleep", "0.5");
  expect(ran.exitCode).toBe(0);
  expect(ran.stderr).toMatch(/^f1 pause-\w+: pause n2 for 1m$/m);
  expect(ran.stderr).toMatch(/^passed after \S+ · 1 fault · seed 1$/m);
  expect(performance.now() - began).toBeLessThan(10_000);
  world.kernel.netem = false;
  await scenario("delay: { target: n2, time: 100ms }");
  const failed = await world.run("run", "--scenario", "s.yaml", "--", "sleep", "0.5");
  expect(failed.exitCode).toBe(1);
  expect(failed.stderr).toContain("failed: not all faults could be brought about");
  await scenario("pause: n9");
  expect(await world.run("run", "--scenario", "s.yaml", "--", "true")).toMatchObject({ exitCode: 64 });
  expect(await world.remains()).toEqual([]);
});

test("a summary on GitHub has the faults of each cycle, and when they came and went", async () => {
  const world = await created("nodes: 3\n");
  const summary = path.join(world.folder, "summary.md");
  world.environment = { ...world.environment, GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: summary };
  await writeFile(path.join(world.folder, "s.yaml"), "steps:\n  - { at: 10ms, pause: n2, for: 200ms }\n");
  const ran = await world.run("run", "--scenario", "s.yaml", "--repeat", "2", "--", "sleep", "0.6");
  expect(ran.exitCode).toBe(0);
  const rows = (await readFile(summary, "utf8")).split("\n").filter((line) => line.includes("pause n2"));
  expect(rows).toHaveLength(2);
  const times = rows.map((row) => /^\| (\S+) \| pause n2 \| (\S+) \|$/.exec(row)?.slice(1).map(parseDuration) ?? []);
  const [[first = 0, lasted = 0] = [], [second = 0] = []] = times;
  expect(lasted).toBeGreaterThanOrEqual(200);
  expect(second - first).toBeGreaterThanOrEqual(600);
});

test("--storm draws from the seed", async () => {
  const world = await created("nodes: 3\n");
  const ran = await world.run("run", "--storm", "brutal", "--seed", "3", "--json", "--", "sleep", "2.5");
  const { cycles } = JSON.parse(ran.stdout) as { cycles: readonly { faults: { came: number; file: string } }[] };
  expect(cycles[0]?.faults.came).toBeGreaterThan(0);
  expect(JSON.parse(await readFile(cycles[0]?.faults.file.replace("~", path.dirname(world.folder)) ?? "", "utf8"))).toMatchObject(
    {
      timeline: { name: "storm-brutal", seed: 3 },
    },
  );
});

test("--time-limit ends the command with 124", async () => {
  const world = await created();
  const ran = await world.run("run", "--time-limit", "300ms", "--", "sleep", "20");
  expect(ran).toMatchObject({ exitCode: 124, stderr: expect.stringContaining("failed: ended by its time limit") });
  expect(await world.remains()).toEqual([]);
});
