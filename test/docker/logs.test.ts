// Shows on a real engine that 40 KiB lines are one record, several nodes' lines come in stamp order, and following survives a restart.
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { messageOf } from "../../src/core/errors.js";
import { label } from "../../src/core/labels.js";
import type { LogRecord } from "../../src/core/log-record.js";
import { resolveEngineAddress } from "../../src/engine/docker/address.js";
import { createDockerEngine } from "../../src/engine/docker/docker-engine.js";
import { readLogs } from "../../src/logs/tail.js";

const cluster = `logs-test-${process.pid}`;
const image = `devious-logs-test:${process.pid}`;
const engine = createDockerEngine(resolveEngineAddress(process.env));

async function whyNot(): Promise<string | undefined> {
  try {
    await engine.facts();
    return undefined;
  } catch (error) {
    if (process.env["CI"] !== undefined) throw error;
    return messageOf(error);
  }
}

/** Says five lines 20 ms apart on stdout, one of 40 KiB, one on stderr, then stays, or ends where it was told to. */
const program = `
  let i = 0;
  const say = () => console.log(JSON.stringify({ ts: new Date().toISOString(), level: "info", node: "x", event: "tick", msg: "tick " + ++i }));
  console.log("x".repeat(40 * 1024));
  console.error("on stderr");
  const timer = setInterval(() => (say(), i === 5 && clearInterval(timer)), 20);
  setInterval(() => undefined, 1000);
  process.on("SIGTERM", () => { process.stdout.write("in the middle of"); process.exit(0); });
`;
/** The 40 KiB line, the line on stderr and five ticks. */
const linesOfOneLife = 7;

function importImage(): void {
  const node = process.execPath;
  const libraries = execFileSync("ldd", [node], { encoding: "utf8" }).match(/\/\S+/g) ?? [];
  const paths = [node, ...libraries].map((path) => path.slice(1));
  const tar = execFileSync("tar", ["-C", "/", "-ch", ...paths], { maxBuffer: 1024 ** 3, stdio: ["ignore", "pipe", "ignore"] });
  execFileSync("docker", ["import", "-", image], { input: tar });
}

async function run(node: string, network: string): Promise<string> {
  const id = await engine.createContainer({
    name: `${cluster}-${node}`,
    image,
    labels: { [label.cluster]: cluster, [label.role]: "node", [label.service]: "t", [label.node]: node },
    command: [process.execPath, "-e", program],
    environment: {},
    hostname: node,
    network,
    aliases: [node],
    volumes: [],
    ports: [],
  });
  await engine.startContainer(id);
  return id;
}

const numbered = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const seqsOf = (records: readonly LogRecord[], node: string): number[] =>
  records.filter((r) => r.node === node).map((r) => r.seq);

function expectInOrder(records: readonly LogRecord[]): void {
  const stamps = records.filter((record) => record.flags?.includes("late") !== true).map((record) => record.ts);
  expect(stamps).toEqual(stamps.toSorted());
}

const reason = await whyNot();

describe.skipIf(reason !== undefined)(`logs of real containers${reason === undefined ? "" : ` (skipped: ${reason})`}`, () => {
  const nodes = ["n1", "n2", "n3"];
  const ids = new Map<string, string>();
  let network = "";

  beforeAll(async () => {
    importImage();
    network = await engine.createNetwork(cluster, { [label.cluster]: cluster });
    for (const node of nodes) ids.set(node, await run(node, cluster));
  });

  afterAll(async () => {
    for (const { id } of await engine.listContainers([`${label.cluster}=${cluster}`])) await engine.removeContainer(id);
    await engine.removeNetwork(network);
    execFileSync("docker", ["rmi", "-f", image]);
  });

  it("are one story in stamp order, over a restart, and the same when read again", async () => {
    const followed: LogRecord[] = [];
    const stop = new AbortController();
    const giveUp = setTimeout(() => stop.abort(), 60_000);
    let restarting: Promise<void> | undefined;
    const wanted = nodes.length * linesOfOneLife + 1 + linesOfOneLife;
    for await (const record of readLogs(engine, cluster, { follow: true, signal: stop.signal })) {
      followed.push(record);
      if (followed.length === nodes.length * linesOfOneLife) {
        const id = ids.get("n2") ?? "";
        restarting = engine.stopContainer(id, 5000).then(() => engine.startContainer(id));
      }
      if (followed.length === wanted) break;
    }
    clearTimeout(giveUp);
    await restarting;

    expectInOrder(followed);
    expect(seqsOf(followed, "n1")).toEqual(numbered(linesOfOneLife));
    expect(seqsOf(followed, "n2")).toEqual(numbered(2 * linesOfOneLife + 1));
    const long = followed.filter((record) => record.msg.length === 40 * 1024);
    expect(long.map((record) => record.flags?.includes("joined"))).toEqual([true, true, true, true]);
    expect(followed.filter((record) => record.msg === "in the middle of")).toHaveLength(1);
    expect(followed.filter((record) => record.event === "tick")).toHaveLength(20);

    const again: LogRecord[] = [];
    for await (const record of readLogs(engine, cluster, { follow: false })) again.push(record);
    expectInOrder(again);
    const byNode = (records: readonly LogRecord[]): unknown[] =>
      nodes.map((node) => records.filter((r) => r.node === node).map(({ seq, ts, msg }) => [seq, ts, msg]));
    expect(byNode(again)).toEqual(byNode(followed));
  });
});
