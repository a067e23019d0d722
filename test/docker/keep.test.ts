// Shows on real containers that what everybody said outlives the cluster, and that a collection tells how each node's network stood.
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Manifest } from "../../src/cluster/collect/collect.js";
import type { LogRecord } from "../../src/core/log-record.js";
import { readArchive } from "../../src/logs/archive-reader.js";
import { docker, eventually, startCli, TestCluster } from "../support/cli.js";

const made: TestCluster[] = [];
afterEach(async () => {
  for (const cluster of made.splice(0)) await cluster.destroy();
});

async function clusterThatIsUp(): Promise<TestCluster> {
  const cluster = await TestCluster.create("nodes: 3\n");
  made.push(cluster);
  await cluster.up();
  return cluster;
}

async function read(file: string): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const batch of readArchive(file)) records.push(...batch);
  return records;
}

/** Who said it, and which of his lines it was. */
const place = ({ node, seq, ts }: LogRecord): string => `${ts} ${node} ${seq}`;

interface Downed {
  readonly clusters: readonly { readonly archive: string; readonly warnings: readonly string[] }[];
}

test("down: the archive holds every record that logs --json gave before, in order, faults and restarts included", async () => {
  const cluster = await clusterThatIsUp();
  await cluster.json("put", "k", "v", "--cluster", cluster.name);
  await cluster.json("chaos", "restart", "n2", "--cluster", cluster.name);
  await cluster.json("chaos", "pause", "n3", "--for", "60s", "--cluster", cluster.name);
  const before = (await cluster.run("logs", "--json", "--cluster", cluster.name)).stdout.trimEnd().split("\n");
  const shown = before
    .map((line) => JSON.parse(line) as LogRecord)
    .filter(({ stream }) => stream === "stdout" || stream === "stderr");
  const { clusters } = await cluster.json<Downed>("down", "--cluster", cluster.name);
  expect(clusters[0]?.warnings).toEqual([]);
  const kept = await read(clusters[0]?.archive ?? "");
  expect(path.dirname(clusters[0]?.archive ?? "")).toBe(path.join(cluster.folder, ".devious", cluster.name, "logs"));
  const places = new Set(kept.map(place));
  expect(shown.map(place).filter((one) => !places.has(one))).toEqual([]);
  expect(shown.length).toBeGreaterThan(10);
  expect(new Set(kept.map(({ node }) => node))).toEqual(new Set(["chaos", "n1", "n2", "n3"]));
  expect(kept.map(({ ts }) => ts)).toEqual(kept.map(({ ts }) => ts).sort());
  expect(kept.filter(({ event }) => event === "fault-applied").length).toBe(2);
  expect(kept.filter(({ event, node }) => event === "container-died" && node === "n2").length).toBe(1);
  for (const node of ["n1", "n2", "n3"]) {
    const seqs = kept.filter((record) => record.node === node && record.stream !== "engine").map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  }
});

test("an interrupted down either keeps all or leaves no half of a file", async () => {
  const cluster = await clusterThatIsUp();
  const logs = path.join(cluster.folder, ".devious", cluster.name, "logs");
  const cli = startCli(["down", "--cluster", cluster.name], cluster.folder);
  await eventually("it keeps the logs", 10_000, async () => {
    const files = await readdir(logs).catch(() => []);
    return files.length > 0 || cli.exitCode !== null;
  });
  cli.kill("SIGINT");
  await cli;
  const files = await readdir(logs);
  for (const file of files) expect(file).toMatch(/Z\.(ndjson\.gz|json)$/);
  const isKept = files.some((file) => file.endsWith(".gz"));
  const nodes = isKept ? [] : (await cluster.status()).nodes.map(({ state }) => state);
  expect(nodes).toEqual(isKept ? [] : ["running", "running", "running"]);
});

test("collect shows the cut of a node that is cut off, with what it dropped, and the same log as logs", async () => {
  const cluster = await clusterThatIsUp();
  await cluster.json("chaos", "partition", "n1 | n2,n3", "--for", "60s", "--cluster", cluster.name);
  const manifest = await cluster.json<Manifest>("collect", "out", "--cluster", cluster.name);
  expect(manifest.problems).toEqual([]);
  const out = path.join(cluster.folder, "out");
  const addresses = new Map<string, string>();
  for (const node of ["n1", "n2", "n3"]) {
    const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    addresses.set(node, await docker("inspect", "--format", format, cluster.container(node)));
  }
  const net = await readFile(path.join(out, "net/n1.txt"), "utf8");
  expect(net).toContain(`inet ${addresses.get("n1")}/`);
  for (const peer of ["n2", "n3"])
    expect(net).toMatch(new RegExp(`${addresses.get(peer)?.replaceAll(".", "\\.")}[ /].*(drop|DROP)`));
  expect(await readFile(path.join(out, "net/n2.txt"), "utf8")).not.toContain(`saddr ${addresses.get("n3")} `);

  const merged = await read(path.join(out, "logs.ndjson.gz"));
  for (const node of ["n1", "n2", "n3"]) {
    const raw = (await readFile(path.join(out, `raw/${node}.log`), "utf8")).trimEnd().split("\n");
    const stamps = merged.filter((record) => record.node === node && record.stream !== "engine").map(({ ts }) => ts);
    // what was said between the two readings is in one of them
    const both = Math.min(raw.length, stamps.length);
    expect(both).toBeGreaterThan(1);
    expect(raw.slice(0, both).map((line) => line.split(" ")[0])).toEqual(stamps.slice(0, both));
  }
  expect(JSON.parse(await readFile(path.join(out, "faults.json"), "utf8"))).toMatchObject([{ fault: { kind: "partition" } }]);
});
