// Shows `devious smoke` on a pretended engine: what it tells people, programs and build servers, its exit codes, and that nothing stays.
import { existsSync } from "node:fs";
import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { CiReport } from "../../src/ci/report/report.js";
import { FakeWorld } from "../support/fake-world.js";
import { readJUnit } from "../support/junit-schemas.js";

const image = "my-api:dev";
const api = "services:\n  api: { image: my-api:dev, nodes: 2, ports: [8080] }\n";

interface Smoked extends CiReport {
  readonly scenario: string | null;
  readonly collected: string | null;
  readonly kept: boolean;
}

async function withImage(spec: string): Promise<FakeWorld> {
  const world = await FakeWorld.create(spec);
  await world.buildImage(image);
  return world;
}

/** Times and names are new every time. */
const steady = (text: string): string => text.replace(/\d[\d.]*m?s\b/g, "TIME").replace(/demo-[a-z2-7]{6}/g, "demo-NAME");

test("three raft nodes pass, a line for each check, beside a cluster of the same spec that nobody touches", async () => {
  const world = await FakeWorld.create();
  await world.json("up");
  const before = await world.remains();
  const { exitCode, stdout } = await world.run("smoke");
  expect(steady(stdout)).toBe(
    [
      "✔ store · n1: write 20 keys TIME",
      "✔ store · n1: read them TIME",
      "✔ store · n2: read them TIME",
      "✔ store · n3: read them TIME",
      "✔ store · n1: kill it, the leader TIME",
      "✔ store · write 20 keys without n1 TIME",
      "✔ store · read them all without n1 TIME",
      "✔ store · n1: it comes back TIME",
      "✔ store · all hold the same TIME",
      "✔ store · nothing is lost TIME",
      "demo-NAME: 10 of 10 checks passed in TIME\n",
    ].join("\n"),
  );
  expect(exitCode).toBe(0);
  expect(await world.remains()).toEqual(before);
});

test("nodes of an image are hurt in turn, and a service can be chosen", async () => {
  const world = await withImage(`${api}  kv: { store: raft, nodes: 1 }\n`);
  const report = await world.json<Smoked>("smoke", "--service", "api");
  expect(report).toMatchObject({ verdict: "passed", trouble: null, scenario: null, collected: null, kept: false });
  expect(report.checks.map(({ service, node, what }) => `${service} ${node ?? "*"}: ${what}`)).toEqual([
    "api *: all are ready",
    ...["api-1", "api-2"].flatMap((node) =>
      ["a pause", "a kill", "a partition"].map((by) => `api ${node}: ready again after ${by}`),
    ),
    "api *: all are ready in the end",
  ]);
  expect(report.faults.map(({ description }) => description)).toContain("partition api-2 | api-1,kv-1");
  expect(await world.remains()).toEqual([]);
});

test("a failed check is exit code 1: a JUnit file, annotations, a summary, everything collected, and nothing stays", async () => {
  const world = await withImage(api);
  const summary = path.join(world.folder, "summary.md");
  await writeFile(summary, "before\n");
  world.environment = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: summary };
  world.images.ailments.set("api-2", "deaf-later");
  const { exitCode, stdout, stderr } = await world.run("smoke", "--json", "--timeout", "3s", "--junit", "out/report.xml");
  const report = JSON.parse(stdout) as Smoked;
  expect({ exitCode, verdict: report.verdict }).toEqual({ exitCode: 1, verdict: "failed" });
  const failed = report.checks.filter(({ verdict }) => verdict === "fail");
  expect(failed.map(({ node, what }) => [node, what])).toEqual([
    ["api-2", "ready again after a kill"],
    [null, "all are ready in the end"],
  ]);
  expect(failed[0]?.why).toBe("api-2 was not ready after 3s: nobody takes connections on its port 8080; it listens on no port.");
  expect(failed[0]?.lastLines).toContain("api-2 runs");
  const xml = await readFile(path.join(world.folder, "out/report.xml"), "utf8");
  expect(readJUnit(xml, (root) => root.find("testsuite/testcase/failure").length)).toBe(2);
  expect(stderr).toContain(
    "::error title=devious smoke%3A api%3A api-2%3A ready again after a kill::api-2 was not ready after 3s",
  );
  expect(await readFile(summary, "utf8")).toMatch(/^before\n### devious smoke demo-[a-z2-7]{6}: ❌ failed\n/);
  expect(await readdir(path.join(world.folder, report.collected ?? ""))).toContain("manifest.json");
  expect(await world.remains()).toEqual([]);
  expect(await readdir(path.join(world.folder, ".devious"))).toEqual(["demo"]);
});

test("a cluster that never comes up is exit code 3, told to everybody", async () => {
  const world = await withImage(api);
  world.images.ailments.set("api-1", "exits");
  const { exitCode, stderr } = await world.run("smoke", "--junit", "report.xml");
  expect(exitCode).toBe(3);
  expect(stderr).toContain("error: api-1 exited with code 1 before it was ready.");
  const xml = await readFile(path.join(world.folder, "report.xml"), "utf8");
  expect(readJUnit(xml, (root) => root.get("testsuite/testcase/error/@message")?.content)).toContain("api-1 exited with code 1");
  expect(await world.remains()).toEqual([]);
});

test("a cluster that failed is left with --keep-on-failure, and it is said how to end it", async () => {
  const world = await withImage(api.replace("nodes: 2", "nodes: 1"));
  world.images.ailments.set("api-1", "deaf-later");
  const { exitCode, stdout } = await world.run("smoke", "--keep-on-failure", "--timeout", "3s", "--name", "kept");
  expect(exitCode).toBe(1);
  expect(stdout).toContain("kept stays up: devious status --cluster kept; to end it: devious down --volumes --cluster kept");
  expect(await world.stateOf("api-1", "kept")).toBe("running");
  await world.json("down", "--volumes", "--cluster", "kept");
  expect(await world.remains()).toEqual([]);
});

test("a smoke.yaml beside the spec is played as well, and every node is checked once more", async () => {
  const world = await FakeWorld.create("nodes: 3");
  const scenario =
    "seed: 7\nsteps:\n  - { name: freeze, at: 0s, pause: n2, for: 100ms }\n  - { name: slow, at: 0s, delay: { target: n3, time: 10ms }, for: 100ms }\n";
  await writeFile(path.join(world.folder, "smoke.yaml"), scenario);
  world.kernel.netem = false;
  const report = await world.json<Smoked>("smoke");
  expect(report).toMatchObject({ verdict: "passed", scenario: "smoke.yaml", seed: 7 });
  expect(report.checks.slice(10).map(({ service, what, verdict }) => [service, what, verdict])).toEqual([
    ["scenario smoke", "slow: slow n3 -> peers: delay 10ms", "skip"],
    ["scenario smoke", "freeze: pause n2", "pass"],
    ["store", "all are ready after the scenario", "pass"],
    ["store", "all hold the same after the scenario", "pass"],
    ["store", "nothing is lost after the scenario", "pass"],
  ]);
});

test.each([
  ["a spec with a problem", "nodes: none", [], "devious.yaml has a problem"],
  ["an unknown service", "nodes: 1", ["--service", "stor"], 'Did you mean "store"?'],
  ["a scenario that is not there", "nodes: 1", ["--scenario", "no.yaml"], "The scenario no.yaml cannot be read"],
  ["a JUnit file that cannot be written", "nodes: 1", ["--junit", "."], "--junit: ~/demo cannot be written"],
])("%s is exit code 64, before anything boots", async (_what, spec, flags, said) => {
  const world = await FakeWorld.create(spec);
  const { exitCode, stderr } = await world.run("smoke", ...flags);
  expect({ exitCode, stderr: stderr.includes(said) ? said : stderr }).toEqual({ exitCode: 64, stderr: said });
  expect(await world.remains()).toEqual([]);
  expect(existsSync(path.join(world.folder, ".devious"))).toBe(false);
});

test("a name that a cluster has is not taken", async () => {
  const world = await FakeWorld.create("nodes: 1");
  await world.json("up");
  const { exitCode, stderr } = await world.run("smoke", "--name", "demo");
  expect(exitCode).toBe(3);
  expect(stderr).toContain("The cluster demo is there already");
  expect(await world.stateOf("n1")).toBe("running");
});
