/** What reading the logs of many nodes as one story costs, beside reading them raw, and beside docker-compose. */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { execa } from "execa";
import { cli } from "../devious.js";
import { inTurn, timed } from "../figures.js";
import { agentRecipe } from "../fault-cluster.js";
import { createLogCluster, removeLogCluster } from "../log-cluster.js";
import { atLeastLine, ratioLine, missingLine } from "../report.js";

/** So many lines of each node that the start of the program is little of it. */
const sizes = [
  { size: 1, linesOfEach: 1_000_000 },
  { size: 3, linesOfEach: 350_000 },
  { size: 10, linesOfEach: 100_000 },
];
const rounds = 3;
const jsonAsked = 0.9;
const prettyAsked = 0.6;
const composeSize = 3;
const composeAsked = 2;
const archived = 5_000_000;
const whereAsked = 0.3;
const tailSizes = [1, 50];
const tailLines = 2000;
const tailRounds = 5;
const tailAsked = 2;

export async function logs({ devious, signal }) {
  await devious.up();
  const { Config } = await agentRecipe();
  const folder = await mkdtemp(path.join(tmpdir(), "devious-bench-"));
  try {
    return [
      ...(await merged(Config.Image, folder, signal)),
      await firstLine(Config.Image, signal),
      await condition(folder, signal),
    ];
  } finally {
    await rm(folder, { recursive: true });
    await devious.down();
  }
}

/** Also what a benchmark that was killed left. */
export async function clearLogs() {
  for (const size of new Set([...sizes.map(({ size }) => size), ...tailSizes])) await removeLogCluster(size);
}

async function merged(image, folder, signal) {
  const rows = [];
  for (const { size, linesOfEach } of sizes) {
    const cluster = await createLogCluster(image, size, linesOfEach);
    try {
      const ours = (flags) => toNull(process.execPath, [cli, "logs", "--cluster", cluster.name, ...flags], signal);
      const taken = await inTurn(rounds, {
        raw: () => timed(() => Promise.all(cluster.containers.map((name) => toNull("docker", ["logs", name], signal)))),
        json: () => timed(() => ours(["--json"])),
        pretty: () => timed(() => ours(["--level", "trace"])),
      });
      const floorName = `${size === 1 ? "docker logs" : `${size} × docker logs side by side`}, ${size * linesOfEach} lines`;
      rows.push(
        atLeastLine(`logs --json, ${size} nodes`, { thing: taken.json, floor: taken.raw, asked: jsonAsked, floorName }),
        atLeastLine(`logs, ${size} nodes`, { thing: taken.pretty, floor: taken.raw, asked: prettyAsked, floorName }),
      );
      if (size === composeSize) rows.push(await besideCompose(cluster, folder, taken.pretty, signal));
    } finally {
      await removeLogCluster(size);
    }
  }
  return rows;
}

async function besideCompose(cluster, folder, pretty, signal) {
  const what = `logs, ${composeSize} nodes`;
  const version = await execa("docker-compose", ["version", "--short"], { reject: false });
  if (version.exitCode !== 0) return missingLine(what, "docker-compose is not installed");
  const file = path.join(folder, "docker-compose.yml");
  const services = cluster.nodes.map((node) => `  ${node}: { image: none }\n`).join("");
  await writeFile(file, `version: "3"\nservices:\n${services}`);
  const output = path.join(folder, "compose.log");
  const args = ["-f", file, "-p", cluster.name, "logs", "--no-color", "--timestamps"];
  const tookMs = await timed(() => toFile("docker-compose", args, output, signal));
  const { lines, outOfOrder } = await disorder(output);
  const floorName = `docker-compose ${version.stdout}, ${outOfOrder} of its ${lines} lines out of order, one run`;
  return atLeastLine(what, { thing: [Math.min(...pretty)], floor: [tookMs], asked: composeAsked, floorName });
}

/** How many lines are stamped earlier than one before them. */
async function disorder(file) {
  let lines = 0;
  let outOfOrder = 0;
  let latest = "";
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const stamp = /\d{4}-\d\d-\d\dT[\d:.]+Z/.exec(line)?.[0];
    if (stamp === undefined) continue;
    lines++;
    if (stamp < latest) outOfOrder++;
    else latest = stamp;
  }
  return { lines, outOfOrder };
}

async function firstLine(image, signal) {
  const [one, many] = tailSizes;
  const clusters = {};
  try {
    for (const size of tailSizes) clusters[size] = await createLogCluster(image, size, tailLines);
    const first = (size) => () => timed(() => untilFirstByte(["logs", "--tail", "20", "--cluster", clusters[size].name], signal));
    const taken = await inTurn(tailRounds, { many: first(many), one: first(one) });
    return ratioLine(`first line of logs --tail 20, ${many} nodes`, {
      thing: taken.many,
      floor: taken.one,
      asked: tailAsked,
      floorName: `${one} node`,
    });
  } finally {
    for (const size of tailSizes) await removeLogCluster(size);
  }
}

async function condition(folder, signal) {
  const file = path.join(folder, "archive.ndjson.gz");
  await pipeline(Readable.from(records()), createGzip({ level: 1 }), createWriteStream(file));
  const where = 'term > 3 && peer == "n2"';
  const taken = await inTurn(
    1,
    {
      floor: () => timed(() => execa({ shell: true, cancelSignal: signal })`zcat ${file} | wc -l`),
      ours: () => timed(() => toNull(process.execPath, [cli, "logs", "--archive", file, "--json", "--where", where], signal)),
    },
    { warmUp: false },
  );
  return atLeastLine(`logs --where, archive of ${archived} lines`, {
    thing: taken.ours,
    floor: taken.floor,
    asked: whereAsked,
    floorName: "zcat | wc -l",
  });
}

function* records() {
  const start = Date.parse("2026-01-01T00:00:00Z");
  let text = "";
  for (let n = 1; n <= archived; n++) {
    const ts = `${new Date(start + n).toISOString().slice(0, -1)}000000Z`;
    const fields = { term: 1 + Math.floor(n / 1_000_000), index: n, peer: `n${n % 5}` };
    const said = { level: n % 50 === 0 ? "warn" : "info", event: "entry-applied", msg: `applied entry ${n}`, fields };
    text += `${JSON.stringify({ ts, cluster: "demo", service: "n", node: `n${1 + (n % 3)}`, stream: "stdout", ...said, seq: n })}\n`;
    if (n % 5000 === 0) {
      yield text;
      text = "";
    }
  }
  yield text;
}

async function toNull(command, args, signal) {
  await toFile(command, args, "/dev/null", signal);
}

async function toFile(command, args, file, signal) {
  const target = await open(file, "w");
  try {
    await execa(command, args, { stdio: ["ignore", target.fd, "ignore"], cancelSignal: signal });
  } finally {
    await target.close();
  }
}

/** The rest is of no account. */
async function untilFirstByte(args, signal) {
  const started = execa(process.execPath, [cli, ...args], {
    stdio: ["ignore", "pipe", "ignore"],
    cancelSignal: signal,
    reject: false,
  });
  await new Promise((resolve) => started.stdout.once("data", resolve));
  started.kill("SIGKILL");
  await started;
}
