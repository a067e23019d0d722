// Shows how the program of a node ends where its disk is full, broken or damaged: exit code 3, and one last line that names file, byte and way back.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { build } from "rolldown";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { nodeEnv } from "../../src/core/node-contract.js";
import { endOfWritten } from "../../src/store/io/wal-format.js";

let root: string;
let dir: string;
let runs = 0;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "devious-main-"));
  const contract = fileURLToPath(new URL("../../src/core/node-contract.ts", import.meta.url));
  const elsewhere = readFileSync(contract, "utf8")
    .replace(`dataDir = "/data"`, "dataDir = process.env.TEST_DATA")
    .replaceAll(/(Port) = \d+/g, "$1 = 0");
  await build({
    input: fileURLToPath(new URL("../../src/store/main.ts", import.meta.url)),
    platform: "node",
    logLevel: "warn",
    // the program of the image, whose folder and ports are the test's own
    plugins: [{ name: "elsewhere", load: (id) => (id === contract ? elsewhere : undefined) }],
    output: { file: join(root, "main.mjs"), format: "esm", codeSplitting: false },
  });
});
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => {
  dir = join(root, `data-${++runs}`);
  mkdirSync(dir);
});

type Line = Readonly<Record<string, unknown>>;

/** The program as the only member of a cluster. */
function start() {
  const env = {
    TEST_DATA: dir,
    [nodeEnv.cluster]: "alone",
    [nodeEnv.node]: "n1",
    [nodeEnv.member]: "1",
    [nodeEnv.members]: "1=n1",
    [nodeEnv.clusterState]: "new",
  };
  return execa(process.execPath, [join(root, "main.mjs")], { env, reject: false, stdin: "ignore" });
}

const linesOf = (stdout: string): readonly Line[] => stdout.split("\n").map((line) => JSON.parse(line) as Line);

/** Leaves a log with some keys, written by the program, which was asked to stop. */
async function live(): Promise<void> {
  const running = start();
  let said = "";
  const port = await new Promise<string>((resolve) => {
    running.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const [, its] = /"event":"node-started".*"clientPort":(\d+)/.exec(said) ?? [];
      if (its !== undefined) resolve(its);
    });
  });
  for (const key of ["a2V5MQ==", "a2V5Mg==", "a2V5Mw=="]) {
    const body = JSON.stringify({ key, value: "dmFsdWU=" });
    expect((await fetch(`http://127.0.0.1:${port}/v3/kv/put`, { method: "POST", body })).status).toBe(200);
  }
  running.kill("SIGTERM");
  expect((await running).exitCode).toBe(0);
}

const file = (prefix: string): string => join(dir, readdirSync(dir).findLast((name) => name.startsWith(prefix)) ?? "");

/** Changes one byte of a file. */
function rot(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 0x40;
  writeFileSync(path, bytes);
}

async function check(expected: Line): Promise<void> {
  const { exitCode, stdout, stderr } = await start();
  const lines = linesOf(stdout);
  expect({ exitCode, stderr, last: lines.at(-1) }).toMatchObject({
    exitCode: 3,
    stderr: "",
    last: { level: "fatal", ...expected },
  });
  expect(lines.filter(({ level }) => level === "fatal")).toHaveLength(1);
}

const wiped = "`devious chaos wipe n1` lets the others send it everything";
const kept = (first: string): string => `what it acknowledged is kept: ${first}, then \`devious chaos start n1\``;

it("a record that changed", async () => {
  await live();
  const log = file("wal-");
  const at = Math.floor(endOfWritten(readFileSync(log)) / 2);
  rot(log, at);
  await check({ event: "wal-corrupt", file: log, offset: expect.any(Number), msg: expect.stringContaining(wiped) });
});

it("a snapshot that changed", async () => {
  await live();
  const snapshot = file("snapshot-");
  rot(snapshot, readFileSync(snapshot).length - 6);
  await check({ event: "wal-corrupt", file: snapshot, offset: expect.any(Number), msg: expect.stringContaining(wiped) });
});

it("a snapshot that is gone", async () => {
  await live();
  const snapshot = file("snapshot-");
  rmSync(snapshot);
  const msg = `the snapshot that the log starts from cannot be read (${snapshot}, byte 0); ${wiped}`;
  await check({ event: "wal-corrupt", file: snapshot, offset: 0, msg });
});

it("a log that cannot be read", async () => {
  const log = join(dir, "wal-0000000000000001");
  mkdirSync(log);
  const msg = `the disk refused to read: EISDIR: illegal operation on a directory, read (${log}, byte 0); ${kept("mend the disk")}`;
  await check({ event: "disk-failed", file: log, offset: 0, msg });
});

it("a disk that is full, as the kernel says it", async () => {
  const snapshot = join(dir, "snapshot-first.tmp");
  // takes nothing: null(4)
  symlinkSync("/dev/full", snapshot);
  const msg = `the disk refused to store: ENOSPC: no space left on device, write (${snapshot}, byte 0); ${kept("make room")}`;
  await check({ event: "disk-failed", file: snapshot, offset: 0, msg });
});
