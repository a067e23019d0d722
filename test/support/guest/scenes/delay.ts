/** A cluster of three, its links measured from inside the nodes' own network namespaces, while faults come and go by the CLI. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { peerPort as port } from "../../../../src/core/node-contract.js";
import { countLabelled, findNode, hasNetemRule, restart } from "../engine-view.js";
import { median, roundTripsMs } from "../round-trips.js";

const cluster = "delayed";
const program = resolve("bin/run.js");
const folder = mkdtempSync(join(tmpdir(), "devious-delay-"));

try {
  await devious("up", "--name", cluster, "--timeout", "2m");
  console.log(JSON.stringify(await story()));
} finally {
  await devious("down", "--cluster", cluster, "--volumes").catch((error: unknown) => console.error(error));
  rmSync(folder, { recursive: true });
}

async function story() {
  const before = await look();

  await devious("chaos", "delay", "n2", "--time", "100ms", "--for", "3m", "--cluster", cluster);
  const delayed = await look();
  await restart((await findNode(cluster, "n2")).id);
  await until("the restarted node is slow again", async () => hasNetemRule((await findNode(cluster, "n2")).pid));
  await until("the restarted node listens", async () => Number.isFinite(await fromHere((await findNode(cluster, "n2")).host)));
  const restarted = await look();
  await devious("chaos", "heal", "--cluster", cluster);
  const healed = { look: await look(), netem: await hasNetemRule((await findNode(cluster, "n2")).pid) };

  const orphaned = await killTheCommand();

  await devious("chaos", "partition", "n1 | n2,n3", "--for", "3m", "--cluster", cluster);
  const partitioned = await look();
  await devious("chaos", "heal", "--cluster", cluster);
  const joined = await look();

  await devious("down", "--cluster", cluster, "--volumes");
  return { before, delayed, restarted, healed, orphaned, partitioned, joined, left: await countLabelled(cluster) };
}

/** SIGKILL for the CLI as soon as the delay is in force: how long the delay then stays, in ms. */
async function killTheCommand(): Promise<{ readonly cleanAfterMs: number }> {
  const { pid } = await findNode(cluster, "n2");
  const command = start("chaos", "delay", "n2", "--time", "100ms", "--for", "5s", "--cluster", cluster);
  await until("the delay is in force", () => hasNetemRule(pid));
  const inForceAt = performance.now();
  command.kill("SIGKILL");
  await until("the delay has ended", async () => !(await hasNetemRule(pid)));
  return { cleanAfterMs: performance.now() - inForceAt };
}

/** Median round trips in ms between nodes, and from this machine to n2; Infinity (null in JSON) where nothing comes back. */
async function look() {
  const [n1, n2, n3] = [await findNode(cluster, "n1"), await findNode(cluster, "n2"), await findNode(cluster, "n3")];
  return {
    n1n2: await measure(n1.pid, n2.host),
    n2n3: await measure(n2.pid, n3.host),
    n1n3: await measure(n1.pid, n3.host),
    hostN2: await fromHere(n2.host),
  };
}

function fromHere(host: string): Promise<number> {
  return measure(process.pid, host);
}

async function measure(pid: number, host: string): Promise<number> {
  return median(await roundTripsMs(pid, { host, port }, { count: 5, limitMs: 600 }));
}

function start(...args: string[]): ChildProcess {
  console.error(`$ devious ${args.join(" ")}`);
  // stdout is for the finding
  return spawn(process.execPath, [program, ...args], { cwd: folder, stdio: ["ignore", 2, 2], timeout: 150_000 });
}

async function devious(...args: string[]): Promise<void> {
  const [code] = (await once(start(...args), "close")) as [number | null];
  if (code !== 0) throw new Error(`\`devious ${args.join(" ")}\` ended with exit code ${code}`);
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 30_000;
  while (!(await condition().catch(() => false))) {
    if (performance.now() > giveUpAt) throw new Error(`not within 30 s: ${what}`);
    await sleep(50);
  }
}
