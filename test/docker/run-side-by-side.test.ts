// Shows that runs of one spec go on side by side on a real engine without a clash.
import { readdir } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { afterAll, expect, test } from "vitest";
import { TestCluster, docker, runCli } from "../support/cli.js";

const cluster = await TestCluster.create("nodes: 1\n");
afterAll(() => cluster.destroy());

/** Runs at the same time, at least; `DEVIOUS_PARALLEL_RUNS=20` makes so many as are promised. */
const parallel = Number(process.env["DEVIOUS_PARALLEL_RUNS"] ?? 8);

test(`${parallel} isolated runs are up at the same time, each with its own name, subnet and port`, async () => {
  const waits = `echo "$DEVIOUS_N1" > "side-$DEVIOUS_CLUSTER"
until [ "$(ls side-* | wc -l)" = ${parallel} ]; do sleep 0.2; done
docker network inspect -f '{{(index .IPAM.Config 0).Subnet}}' "devious.$DEVIOUS_CLUSTER" > "subnet-$DEVIOUS_CLUSTER"`;
  const runs = await Promise.all(
    Array.from({ length: parallel }, () =>
      runCli(["run", "--isolated", "--timeout", "90s", "--time-limit", "90s", "--", "sh", "-c", waits], cluster.folder),
    ),
  );
  expect(runs.filter(({ exitCode }) => exitCode !== 0).map(({ stderr }) => stderr)).toEqual([]);
  const { stdout } = await execa("sh", ["-c", "cat side-* | sort -u | wc -l; cat subnet-* | sort -u | wc -l"], {
    cwd: cluster.folder,
  });
  expect(stdout.split("\n").map(Number)).toEqual([parallel, parallel]);
  const names = (await readdir(cluster.folder)).filter((name) => name.startsWith("side-")).map((name) => name.slice(5));
  const labels = await docker("ps", "-a", "--format", '{{.Label "devious.cluster"}}');
  expect(labels.split("\n").filter((name) => names.includes(name))).toEqual([]);
  // nothing of their names is kept either
  expect((await readdir(cluster.folder, { recursive: true })).filter((name) => names.includes(path.basename(name)))).toEqual([]);
});
