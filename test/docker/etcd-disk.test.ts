// Shows on real containers what comes of a disk that is full and of a snapshot that changed: the node ends with one line, the others go on, and the ways back that docs/etcd.md tells lead back.
import { afterAll, beforeAll, expect, it } from "vitest";
import { docker, eventually, TestCluster } from "../support/cli.js";
import { etcdctlHashes } from "../support/etcdctl-hashes.js";

const small = "n2";
const other = "n3";

let cluster: TestCluster;
/** Holds the small disk mounted while its node is down, and uses up its room. */
let holder: string;
let volume: string;
/** Of n1, which never stops. */
let address: string | null;
beforeAll(async () => {
  cluster = await TestCluster.create("store: { design: raft, snapshot_entries: 50 }\n");
  await cluster.up();
  holder = `${cluster.name}-holder`;
  volume = await volumeOf(small);
  await makeSmall();
  ({ address } = await cluster.node("n1"));
});
afterAll(async () => {
  await docker("rm", "--force", holder);
  await cluster.destroy();
});

const volumeOf = (node: string): Promise<string> =>
  docker("inspect", "--format", "{{range .Mounts}}{{.Name}}{{end}}", cluster.container(node));

/** Its disk becomes one of 16 MiB, on which ENOSPC is the kernel's own word. A volume that was removed is a disk that was lost. */
async function makeSmall(): Promise<void> {
  const image = await docker("inspect", "--format", "{{.Config.Image}}", cluster.container(small));
  const labels = JSON.parse(await docker("volume", "inspect", "--format", "{{json .Labels}}", volume)) as Record<string, string>;
  await docker("rm", "--force", cluster.container(small));
  await docker("volume", "rm", volume);
  const labelled = Object.entries(labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]);
  const tmpfs = ["type=tmpfs", "device=tmpfs", "o=size=16m"].flatMap((option) => ["--opt", option]);
  await docker("volume", "create", ...labelled, ...tmpfs, volume);
  const idle = ["node", "-e", "setInterval(() => {}, 60000)"];
  await docker("run", "--detach", "--init", "--name", holder, "--network", "none", "--volume", `${volume}:/disk`, image, ...idle);
  await cluster.up();
  await allVote();
}

const onDisk = (program: string): Promise<string> =>
  docker("exec", holder, "node", "-e", `const fs = require("node:fs"); ${program}`);

/** Somebody else's file leaves 1 MiB. */
const useUp = (): Promise<string> =>
  onDisk(`const { bavail, bsize } = fs.statfsSync("/disk");
    fs.writeFileSync("/disk/else", Buffer.alloc(bavail * bsize - 2 ** 20));`);

const allVote = (): Promise<void> =>
  eventually("all nodes vote", 20_000, async () => {
    const { nodes } = await cluster.status();
    return nodes.every(({ store }) => store?.voters.length === 3 && store.learners.length === 0);
  });

/** As etcd compares its members. */
const equalHashes = (): Promise<void> =>
  eventually("all nodes hold the same", 10_000, async () => {
    const addresses = (await cluster.status()).nodes.map(({ address: at }) => at ?? "");
    const hashes = await etcdctlHashes(addresses).catch(() => []);
    return hashes.length === 3 && new Set(hashes).size === 1;
  });

let written = 0;
/** A write through n1, of so many bytes. It has to be acknowledged, be it after an election. */
async function write(bytes: number): Promise<void> {
  const key = Buffer.from(`key-${String(written++).padStart(4, "0")}`).toString("base64");
  const body = JSON.stringify({ key, value: Buffer.alloc(bytes, 120).toString("base64") });
  await eventually("a write is acknowledged", 10_000, async () => {
    const { status } = await fetch(`http://${address}/v3/kv/put`, { method: "POST", body });
    return status === 200;
  });
}

const state = (node: string): Promise<string> =>
  docker("inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", cluster.container(node));

/** Until the small disk is full, and its node has ended. */
async function writeUntilFull(): Promise<void> {
  for (let i = 0; (await state(small)) === "running 0"; i++) {
    expect(i).toBeLessThan(100);
    await write(400_000);
  }
  expect(await state(small)).toBe("exited 3");
}

async function lastLine(node: string): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(await docker("logs", "--tail", "1", cluster.container(node))) as Record<string, unknown>;
}

it("a disk that is full: the node ends with file and byte, the others go on, and with room it goes on where it was", async () => {
  await useUp();
  await writeUntilFull();
  const last = await lastLine(small);
  expect(last).toMatchObject({ level: "fatal", event: "disk-failed" });
  const { file, offset } = last;
  expect(file).toMatch(/^\/data\//);
  const wayBack = `what it acknowledged is kept: make room, then \`devious chaos start ${small}\``;
  expect(last["msg"]).toBe(
    `the disk refused to store: ENOSPC: no space left on device, write (${String(file)}, byte ${String(offset)}); ${wayBack}`,
  );
  await write(400_000);

  const { lastWords } = await cluster.status();
  expect(lastWords).toMatchObject([{ node: small, exitCode: 3, said: expect.stringContaining(wayBack) }]);

  // too early
  await docker("start", cluster.container(small));
  expect(await docker("wait", cluster.container(small))).toBe("3");
  expect(await lastLine(small)).toMatchObject({ event: "disk-failed", msg: expect.stringContaining("ENOSPC") });

  const member = Number(JSON.parse(await onDisk(`console.log(fs.readFileSync("/disk/identity", "utf8").split(" ")[1])`)));
  await onDisk(`fs.rmSync("/disk/else")`);
  await cluster.json("chaos", "start", small);
  await allVote();
  expect((await cluster.node(small)).store?.member).toBe(member);
  await equalHashes();
});

it("a disk that is full, and wiped: the node comes back as a new member, with all the data", async () => {
  const { store } = await cluster.node(small);
  await useUp();
  await writeUntilFull();
  await write(10);
  await cluster.json("chaos", "wipe", small);
  await allVote();
  expect((await cluster.node(small)).store?.member).toBeGreaterThan(store?.member ?? Infinity);
  await equalHashes();
});

it("a snapshot that changed: the node does not start, the others go on, and a wipe is the way back", async () => {
  await Promise.all(Array.from({ length: 120 }, () => write(10)));
  await eventually("there is a snapshot later than the one that each begins with", 10_000, async () =>
    /"snapshot-saved".*"index":[1-9]\d/.test(await docker("logs", cluster.container(other))),
  );
  await docker("kill", cluster.container(other));
  const image = await docker("inspect", "--format", "{{.Config.Image}}", cluster.container(other));
  const program = `const fs = require("node:fs");
    const name = fs.readdirSync("/disk").filter((name) => /^snapshot-\\d+-\\d+$/.test(name)).sort().at(-1);
    const bytes = fs.readFileSync("/disk/" + name);
    bytes[bytes.length >> 1] ^= 1;
    fs.writeFileSync("/disk/" + name, bytes);
    console.log(name)`;
  const name = await docker(
    "run",
    "--rm",
    "--network",
    "none",
    "--volume",
    `${await volumeOf(other)}:/disk`,
    image,
    "node",
    "-e",
    program,
  );
  await docker("start", cluster.container(other));
  expect(await docker("wait", cluster.container(other))).toBe("3");
  const last = await lastLine(other);
  const file = `/data/${name}`;
  expect(last).toMatchObject({ level: "fatal", event: "wal-corrupt", file, offset: expect.any(Number) });
  expect(last["msg"]).toContain(
    `(${file}, byte ${String(last["offset"])}); \`devious chaos wipe ${other}\` lets the others send it`,
  );
  await write(10);
  await cluster.json("chaos", "wipe", other);
  await allVote();
  await equalHashes();
});
