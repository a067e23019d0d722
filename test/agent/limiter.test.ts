// Shows on a tree of real files, of both versions of control groups, what a limit writes and that everything is back afterwards, byte for byte.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createControlGroups } from "../../src/agent/control-groups.js";
import { type LedgerStore, createLedgerStore } from "../../src/agent/ledger-store.js";
import { type Limiter, createLimiter } from "../../src/agent/limiter.js";
import type { MadeWith } from "../../src/chaos/cgroup.js";
import { type Ledger, anyProcess, emptyLedger, noteLimited } from "../../src/chaos/ledger.js";
import { FakeClock } from "./fake-clock.js";

let root: string;
let ledger: Ledger;
let store: LedgerStore;
let limiter: Limiter;

/** What the trees below say, as the engine was told it. */
const made: MadeWith = { nanoCpus: 1_500_000_000, cpuQuota: 0, cpuPeriod: 0, memory: 134_217_728, memorySwap: 134_217_728 };

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cgroup-"));
  ledger = emptyLedger;
  const file = {
    save: async (value: Ledger) => void (ledger = value),
  };
  store = createLedgerStore({
    loaded: emptyLedger,
    file,
    clock: new FakeClock(),
    onUnsaved: () => undefined,
    onSavedAgain: () => undefined,
  });
  limiter = createLimiter(createControlGroups(join(root, "cgroup"), join(root, "proc")), store, { madeWith: async () => made });
});
afterEach(() => rm(root, { recursive: true }));

async function plant(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

async function firstLine(path: string): Promise<string> {
  return (await readFile(join(root, path), "utf8")).trim();
}

const none = { cpus: null, memoryBytes: null };
const limits = { cpus: 0.25, memoryBytes: 64 * 1024 ** 2 };

const trees = {
  "version 1": {
    "proc/42/cgroup": "3:cpu,cpuacct:/docker/abc\n2:memory:/docker/abc\n0::/docker/abc\n",
    "cgroup/cpu/docker/abc/cpu.cfs_period_us": "100000\n",
    "cgroup/cpu/docker/abc/cpu.cfs_quota_us": "150000\n",
    "cgroup/memory/docker/abc/memory.limit_in_bytes": "134217728\n",
    "cgroup/memory/docker/abc/memory.memsw.limit_in_bytes": "134217728\n",
  },
  "version 1 without an account of swap": {
    "proc/42/cgroup": "2:memory:/docker/abc\n1:cpu:/docker/abc\n",
    "cgroup/cpu/docker/abc/cpu.cfs_period_us": "100000\n",
    "cgroup/cpu/docker/abc/cpu.cfs_quota_us": "150000\n",
    "cgroup/memory/docker/abc/memory.limit_in_bytes": "134217728\n",
  },
  "version 2": {
    "proc/42/cgroup": "0::/system.slice/docker-abc.scope\n",
    "cgroup/system.slice/docker-abc.scope/cpu.max": "150000 100000\n",
    "cgroup/system.slice/docker-abc.scope/memory.max": "134217728\n",
    "cgroup/system.slice/docker-abc.scope/memory.swap.max": "0\n",
  },
};

const limited = {
  "cpu.cfs_period_us": "100000",
  "cpu.cfs_quota_us": "25000",
  "memory.limit_in_bytes": "67108864",
  "memory.memsw.limit_in_bytes": "67108864",
  "cpu.max": "25000 100000",
  "memory.max": "67108864",
  "memory.swap.max": "0",
};

test.each(Object.entries(trees))("%s", async (_, tree) => {
  await plant(tree);
  const [, ...files] = Object.keys(tree);
  const before = await Promise.all(files.map(firstLine));
  const [written] = await limiter.settle("n1", "abc 42", limits);
  expect(written?.tool).toBe("cgroup");
  const during = Object.fromEntries(
    await Promise.all(files.map(async (path) => [path.split("/").at(-1), await firstLine(path)])),
  );
  expect(limited).toMatchObject(during);
  expect(Object.values(ledger.limited["n1"]?.originals ?? {})).toEqual(before);
  expect(await limiter.settle("n1", "abc 42", limits)).toEqual([]);
  await limiter.settle("n1", "abc 42", none);
  expect(await Promise.all(files.map(firstLine))).toEqual(before);
  expect(ledger.limited).toEqual({});
});

test.each(Object.entries(trees))(
  "%s: where the originals are lost, it is made again what the engine made it",
  async (_, tree) => {
    await plant(tree);
    const [, ...files] = Object.keys(tree);
    const before = await Promise.all(files.map(firstLine));
    await limiter.settle("n1", "abc 42", limits);
    await store.admit((value) => ({ ledger: noteLimited(value, "n1", { process: anyProcess, originals: {} }) }));
    await limiter.settle("n1", "abc 42", { cpus: 0.1, memoryBytes: null });
    expect(Object.values(ledger.limited["n1"]?.originals ?? {})).toEqual(expect.arrayContaining(before));
    await store.admit((value) => ({ ledger: noteLimited(value, "n1", { process: anyProcess, originals: {} }) }));
    await limiter.settle("n1", "abc 42", none);
    expect(await Promise.all(files.map(firstLine))).toEqual(before);
    expect(ledger.limited).toEqual({});
  },
);

test("a process number that is somebody else's by now is not touched", async () => {
  await plant(trees["version 2"]);
  const before = await firstLine("cgroup/system.slice/docker-abc.scope/cpu.max");
  await expect(limiter.settle("n1", "other 42", limits)).rejects.toMatchObject({ code: "FAULT_NOT_APPLIED" });
  expect(await firstLine("cgroup/system.slice/docker-abc.scope/cpu.max")).toBe(before);
});

test("a group that is gone has nothing to be taken back", async () => {
  await plant(trees["version 2"]);
  await limiter.settle("n1", "abc 42", limits);
  await rm(join(root, "cgroup/system.slice"), { recursive: true });
  expect(await limiter.settle("n1", "abc 42", none)).toEqual([]);
  expect(ledger.limited).toEqual({});
});
