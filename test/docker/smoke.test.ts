// Shows `smoke`, and clusters of programs, on a real engine: both designs of the store pass in time, an image that does not come back fails, and nothing is ever left.
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pause, up } from "../../src/api/devious.js";
import type { CiReport } from "../../src/ci/report/report.js";
import { TestCluster, docker, runCli, startCli } from "../support/cli.js";
import { readJUnit } from "../support/junit-schemas.js";

const image = `smoke-test-${process.pid}:dev`;

/** Takes connections in its first life, and in any other only says so. */
const server = `
  const mark = "/lived";
  const fs = require("fs");
  const again = fs.existsSync(mark);
  fs.writeFileSync(mark, "");
  console.log(again ? "does not listen any more" : "listens");
  if (!again) require("http").createServer((request, response) => response.end("hello")).listen(8080);
  setInterval(() => undefined, 1000);
`;

/** This machine's Node and its libraries, as an image that has nothing of ours. */
async function buildImage(): Promise<void> {
  const node = process.execPath;
  const libraries = execFileSync("ldd", [node], { encoding: "utf8" }).match(/\/\S+(?= \(0x)/g) ?? [];
  const changes = [`ENTRYPOINT ${JSON.stringify([node])}`, `CMD ${JSON.stringify(["-e", server])}`];
  const load = ["import", ...changes.flatMap((change) => ["--change", change]), "-", image];
  await execa("tar", ["-ch", "-P", node, ...libraries], { buffer: false }).pipe("docker", load);
}

beforeAll(buildImage);
afterAll(async () => {
  await docker("rmi", "-f", image);
});

/** For one test, so that what it leaves is told from what goes on beside it. */
async function inFolder(use: (cluster: TestCluster) => Promise<void>): Promise<void> {
  const cluster = await TestCluster.create();
  await writeFile(path.join(cluster.folder, "ring.yaml"), "nodes: 3\nstore: leaderless\n");
  await writeFile(
    path.join(cluster.folder, "api.yaml"),
    `services:\n  api: { image: "${image}", nodes: 2, ports: [8080], protect: [api-1] }\n`,
  );
  await writeFile(path.join(cluster.folder, "one.yaml"), "nodes: 1\n");
  try {
    await use(cluster);
    expect(await left(cluster)).toEqual([]);
  } finally {
    await cluster.destroy();
  }
}

/** Names of everything of clusters of this folder's name, however that goes on. */
async function left({ name }: TestCluster): Promise<readonly string[]> {
  const format = ["--filter", `name=${name.slice(0, 30)}`, "--format"];
  const lists = await Promise.all([
    docker("ps", "-a", ...format, "{{.Names}}"),
    docker("network", "ls", ...format, "{{.Name}}"),
    docker("volume", "ls", ...format, "{{.Name}}"),
  ]);
  return lists
    .join("\n")
    .split("\n")
    .filter((line) => line !== "");
}

test.concurrent.each([
  ["three raft nodes", []],
  ["three leaderless nodes", ["ring.yaml"]],
])("%s pass in less than 30 s, and nothing is left", async (_what, spec) =>
  inFolder(async (cluster) => {
    const report = await cluster.json<CiReport>("smoke", ...spec);
    expect(report.checks.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
    expect(report).toMatchObject({ verdict: "passed", checks: { length: 10 }, faults: { length: 1 } });
    expect(report.tookMs).toBeLessThan(30_000);
  }),
);

test.concurrent(
  "an image that does not come back is exit code 1 and a failure in the JUnit file, and nothing is left",
  async () =>
    inFolder(async (cluster) => {
      const { exitCode, stdout } = await cluster.run("smoke", "api.yaml", "--timeout", "8s", "--junit", "report.xml");
      expect(exitCode).toBe(1);
      const why = "api-2 was not ready after 8s: nobody takes connections on its port 8080; it listens on no port.";
      expect(stdout).toContain(`✖ api · api-2: ready again after a kill: ${why}`);
      expect(stdout).toContain("    | does not listen any more");
      expect(stdout).toContain("– api · api-1: ready again after faults: api-1 is protected.");
      const xml = await readFile(path.join(cluster.folder, "report.xml"), "utf8");
      expect(readJUnit(xml, (root) => root.get("testsuite/testcase/failure/@message")?.content)).toBe(why);
    }),
);

test.concurrent("nodes are reached at DEVIOUS_ENGINE_HOST, as where the engine runs on another machine", async () =>
  inFolder(async (cluster) => {
    const env = { DEVIOUS_ENGINE_HOST: hostname() };
    const words = ["run", "--isolated", "--", "node", "-e", "console.log(process.env.DEVIOUS_N1)"];
    const { stdout } = await runCli(words, cluster.folder, env);
    expect(stdout.replace(/:\d+$/, "")).toBe(hostname());
  }),
);

test.concurrent.each([
  ["vitest", "const end = await setup(); tell(); await end();"],
  ["jest", "await setup(); tell(); await (await import(`${folder}/jest-global-teardown.mjs`)).default();"],
])("the set-up for %s boots a cluster, tells tests where it is, and removes it", async (runner, life) =>
  inFolder(async (cluster) => {
    const program = `
    const folder = ${JSON.stringify(path.resolve("examples/ci"))};
    const { default: setup } = await import(\`\${folder}/${runner}-global-setup.mjs\`);
    const tell = () => console.log(process.env.DEVIOUS_CLUSTER, process.env.DEVIOUS_N1);
    ${life}
  `;
    const spec = path.join(cluster.folder, "one.yaml");
    const { stdout } = await execa(process.execPath, ["--input-type=module", "-e", program], { env: { DEVIOUS_SPEC: spec } });
    expect(stdout).toMatch(/^devious-test-[a-z0-9-]+-[a-z2-7]{6} 127\.0\.0\.1:\d+$/);
  }),
);

test.concurrent("a program has a cluster as long as its scope lasts, and hurts it", async () =>
  inFolder(async (cluster) => {
    const spec = path.join(cluster.folder, "one.yaml");
    await using booted = await up(spec, { isolated: true, name: cluster.name.slice(0, 30) });
    expect(booted.nodes).toMatchObject([{ node: "n1", role: "leader", health: "ready" }]);
    {
      await using frozen = await booted.chaos(pause("n1"), { for: "1m" });
      expect(frozen.description).toBe("pause n1");
      expect((await booted.status()).nodes).toMatchObject([{ node: "n1", state: "paused" }]);
    }
    const { nodes, faults } = await booted.status();
    expect({ nodes, faults }).toMatchObject({ nodes: [{ node: "n1", state: "running" }], faults: [] });
  }),
);

test.concurrent("Ctrl-C in the middle of it is exit code 130, and nothing is left", async () =>
  inFolder(async (cluster) => {
    const running = startCli(["smoke"], cluster.folder);
    await new Promise<void>((resolve) => {
      running.stdout.on("data", (chunk: Buffer) => chunk.includes("kill it") && resolve());
    });
    running.kill("SIGINT");
    const { exitCode } = await running;
    expect(exitCode).toBe(130);
  }),
);
