// Shows which control group files a limit is written to, with what text and in which order, and that the way back is the originals.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Texts, limitFiles, limitedTexts, writesBetween } from "../../src/chaos/cgroup.js";
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
