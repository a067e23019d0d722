// Shows which control group files a limit is written to, with what text and in which order, and that the way back is the originals.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type MadeWith, type Texts, limitFiles, limitedTexts, madeTexts, writesBetween } from "../../src/chaos/cgroup.js";
import type { Limits } from "../../src/chaos/desired-state.js";

const v1 = "12:cpu,cpuacct:/docker/abc\n5:memory:/docker/abc\n1:name=systemd:/docker/abc\n0::/docker/abc\n";
const v2 = "0::/system.slice/docker-abc.scope\n";
const both: Limits = { cpus: 0.5, memoryBytes: 64 * 1024 ** 2 };
const none: Limits = { cpus: null, memoryBytes: null };
const unlimitedV1 = "9223372036854771712";

test.each<[string, string, Limits, readonly string[]]>([
  [
    "version 1",
    v1,
    both,
    [
      "cpu/docker/abc/cpu.cfs_period_us",
      "cpu/docker/abc/cpu.cfs_quota_us",
      "memory/docker/abc/memory.limit_in_bytes",
      "memory/docker/abc/memory.memsw.limit_in_bytes (optional)",
    ],
  ],
  [
    "version 2",
    v2,
    both,
    [
      "system.slice/docker-abc.scope/cpu.max",
      "system.slice/docker-abc.scope/memory.max",
      "system.slice/docker-abc.scope/memory.swap.max (optional)",
    ],
  ],
  ["cpu alone", v2, { ...none, cpus: 1 }, ["system.slice/docker-abc.scope/cpu.max"]],
  ["no hierarchy", "4:pids:/docker/abc\n", both, []],
])("files of %s", (_, membership, limits, expected) => {
  const files = limitFiles(membership, limits);
  expect(files.map(({ path, optional }) => `${path}${optional ? " (optional)" : ""}`)).toEqual(expected);
});

test.each<[string, Texts, Limits, Texts]>([
  [
    "unlimited, version 1",
    { "g/cpu.cfs_period_us": "100000", "g/cpu.cfs_quota_us": "-1", "g/memory.limit_in_bytes": unlimitedV1 },
    both,
    { "g/cpu.cfs_period_us": "100000", "g/cpu.cfs_quota_us": "50000", "g/memory.limit_in_bytes": "67108864" },
  ],
  [
    "unlimited, version 2",
    { "g/cpu.max": "max 100000", "g/memory.max": "max", "g/memory.swap.max": "max" },
    both,
    { "g/cpu.max": "50000 100000", "g/memory.max": "67108864", "g/memory.swap.max": "0" },
  ],
  [
    "tighter before: nothing is given",
    { "g/cpu.max": "10000 100000", "g/memory.max": "8388608", "g/memory.swap.max": "4096" },
    both,
    { "g/cpu.max": "10000 100000", "g/memory.max": "8388608", "g/memory.swap.max": "0" },
  ],
  [
    "a period too short for the quota asked",
    { "g/cpu.cfs_period_us": "1000", "g/cpu.cfs_quota_us": "5000" },
    { ...none, cpus: 0.05 },
    { "g/cpu.cfs_period_us": "100000", "g/cpu.cfs_quota_us": "5000" },
  ],
  ["an odd number of bytes", { "g/memory.max": "max" }, { ...none, memoryBytes: 10_000_001 }, { "g/memory.max": "9961472" }],
  [
    "one limit of two is over",
    { "g/cpu.max": "max 100000", "g/memory.max": "max" },
    { ...both, cpus: null },
    { "g/cpu.max": "max 100000", "g/memory.max": "67108864" },
  ],
])("texts: %s", (_, originals, limits, expected) => {
  expect(limitedTexts(originals, limits)).toEqual(expected);
  expect(limitedTexts(originals, none)).toEqual(originals);
});

/** A group of version 1 that refuses what the kernel refuses. */
class Kernel {
  files: Record<string, string>;
  constructor(files: Texts) {
    this.files = { ...files };
  }

  write(path: string, text: string): void {
    const next = { ...this.files, [path]: text };
    const number = (name: string): bigint => BigInt(next[name] ?? "0");
    if (number("memory.limit_in_bytes") > number("memory.memsw.limit_in_bytes")) throw new Error("EINVAL: memory above memsw");
    const [quota, period] = [Number(next["cpu.cfs_quota_us"]), Number(next["cpu.cfs_period_us"])];
    if (quota !== -1 && (quota < 1000 || period < 1000 || period > 1_000_000)) throw new Error("EINVAL: quota or period");
    // the group above has four processors
    if (quota !== -1 && quota / period > 4) throw new Error("EINVAL: more than the group above");
    this.files = next;
  }
}

const megabytes = fc.integer({ min: 6, max: 4096 }).map((count) => count * 1024 ** 2);
const originals = fc
  .record({
    period: fc.constantFrom(1000, 10_000, 100_000, 1_000_000),
    cpus: fc.constantFrom(-1, 1, 2, 4),
    memory: fc.option(megabytes),
    swap: fc.constantFrom(0, 1024 ** 2, 1024 ** 3),
  })
  .map(({ period, cpus, memory, swap }) => ({
    "cpu.cfs_period_us": String(period),
    "cpu.cfs_quota_us": String(cpus === -1 ? -1 : cpus * period),
    "memory.limit_in_bytes": memory === null ? unlimitedV1 : String(memory),
    "memory.memsw.limit_in_bytes": memory === null ? unlimitedV1 : String(memory + swap),
  }));
const limits: fc.Arbitrary<Limits> = fc.record({
  cpus: fc.option(fc.double({ min: 0.01, max: 4, noNaN: true })),
  memoryBytes: fc.option(megabytes),
});

test("through any limits one after the other no write is refused, and in the end the originals are back", () => {
  fc.assert(
    fc.property(originals, fc.array(limits, { maxLength: 5 }), (before, steps) => {
      const kernel = new Kernel(before);
      for (const step of [...steps, none]) {
        const wanted = limitedTexts(before, step);
        for (const [path, text] of writesBetween(kernel.files, wanted)) kernel.write(path, text);
        expect(kernel.files).toEqual(wanted);
        expect(writesBetween(kernel.files, wanted)).toEqual([]);
      }
      expect(kernel.files).toEqual(before);
    }),
  );
});

const nothingSaid: MadeWith = { nanoCpus: 0, cpuQuota: 0, cpuPeriod: 0, memory: 0, memorySwap: 0 };
const mb = 1024 ** 2;

test.each<[string, Partial<MadeWith>, readonly string[], readonly string[]]>([
  ["nothing", {}, ["100000", "-1", unlimitedV1, unlimitedV1], ["max 100000", "max", "max"]],
  ["processors", { nanoCpus: 1_500_000_000 }, ["100000", "150000", unlimitedV1, unlimitedV1], ["150000 100000", "max", "max"]],
  [
    "a quota and a period",
    { cpuQuota: 20_000, cpuPeriod: 50_000 },
    ["50000", "20000", unlimitedV1, unlimitedV1],
    ["20000 50000", "max", "max"],
  ],
  ["a quota", { cpuQuota: 20_000 }, ["100000", "20000", unlimitedV1, unlimitedV1], ["20000 100000", "max", "max"]],
  ["a period", { cpuPeriod: 50_000 }, ["50000", "-1", unlimitedV1, unlimitedV1], ["max 50000", "max", "max"]],
  [
    "memory",
    { memory: 64 * mb },
    ["100000", "-1", String(64 * mb), String(128 * mb)],
    ["max 100000", String(64 * mb), String(64 * mb)],
  ],
  [
    "memory without swap",
    { memory: 64 * mb, memorySwap: 64 * mb },
    ["100000", "-1", String(64 * mb), String(64 * mb)],
    ["max 100000", String(64 * mb), "0"],
  ],
  [
    "memory and any swap",
    { memory: 64 * mb, memorySwap: -1 },
    ["100000", "-1", String(64 * mb), unlimitedV1],
    ["max 100000", String(64 * mb), "max"],
  ],
])("a container made with %s", (_, said, ofV1, ofV2) => {
  for (const [membership, expected] of [
    [v1, ofV1],
    [v2, ofV2],
  ] as const) {
    const paths = limitFiles(membership, both).map(({ path }) => path);
    expect(Object.values(madeTexts(paths, { ...nothingSaid, ...said }))).toEqual(expected);
  }
});

test("bytes that the kernel rounded down to its pages, of whatever size, are what was written", () => {
  const path = "memory/docker/abc/memory.limit_in_bytes";
  for (const page of [4096, 16_384, 65_536]) {
    const said = String(100_000_000 - (100_000_000 % page));
    expect(writesBetween({ [path]: said }, { [path]: "100000000" })).toEqual([]);
  }
  expect(writesBetween({ [path]: "9223372036854710272" }, { [path]: unlimitedV1 })).toEqual([]);
  expect(writesBetween({ [path]: unlimitedV1 }, { [path]: "100000000" })).toHaveLength(1);
});
