// Shows that what a node's control group and its store are told is written down before, read back after, and taken back exactly.
import { describe, expect, test } from "vitest";
import type { Fault } from "../../src/chaos/fault.js";
import { emptyLedger } from "../../src/chaos/ledger.js";
import { noDiskTrouble } from "../../src/core/store-hooks.js";
import { unlimited } from "./fake-cluster.js";
import { partition, pause } from "./faults.js";
import { type World, clean, error, world, worldWithoutAgent } from "./world.js";

const mb = 1024 ** 2;
const cpu = (cpus: number, nodes: readonly string[] = ["n1"]): Fault => ({ kind: "cpu", nodes, cpus });
const memory = (bytes: number): Fault => ({ kind: "memory", nodes: ["n1"], bytes });
const disk: Fault = { kind: "disk", nodes: ["n1"], trouble: { ...noDiskTrouble, fsyncDelayMs: 200 } };
const kill: Fault = { kind: "kill", nodes: ["n1"], signal: "KILL" };

const n1 = (w: World) => w.cluster.node("n1");

describe("limits", () => {
  test("of processor and memory stack, the tightest wins, and each is taken back alone", async () => {
    const w = await world();
    await w.apply(cpu(0.5), 5000);
    await w.apply(memory(64 * mb), 4000);
    await w.apply(memory(32 * mb), 3000);
    const cpuOnly = { ...unlimited, "cpu.cfs_quota_us": "50000" };
    const limitedTo = (bytes: number) => ({
      ...cpuOnly,
      "memory.limit_in_bytes": String(bytes),
      "memory.memsw.limit_in_bytes": String(bytes),
    });
    expect(n1(w).group).toEqual(limitedTo(32 * mb));
    await w.clock.advance(3100);
    expect(n1(w).group).toEqual(limitedTo(64 * mb));
    await w.clock.advance(1000);
    expect(n1(w).group).toEqual(cpuOnly);
    await w.clock.advance(1000);
    expect(n1(w).group).toEqual(unlimited);
    expect(w.disk.limited).toEqual({});
  });

  test("that were there before come back exactly", async () => {
    const w = worldWithoutAgent();
    const configured = {
      "cpu.cfs_period_us": "50000",
      "cpu.cfs_quota_us": "75000",
      "memory.limit_in_bytes": String(512 * mb),
      "memory.memsw.limit_in_bytes": String(1024 * mb),
    };
    w.cluster.configured = configured;
    n1(w).group = { ...configured };
    await w.startAgent();
    await w.apply(cpu(0.01));
    await w.apply(memory(64 * mb));
    expect(n1(w).group).not.toEqual(configured);
    await w.heal({ by: "all" });
    expect(n1(w).group).toEqual(configured);
  });

  test("are written to a restarted node's own group, and no originals of the one before are put there", async () => {
    const w = await world();
    await w.apply(cpu(0.5), 5000);
    w.cluster.configured = { ...unlimited, "cpu.cfs_quota_us": "200000" };
    w.cluster.restart("n1");
    await w.clock.advance(100);
    expect(n1(w).group["cpu.cfs_quota_us"]).toBe("50000");
    await w.clock.advance(5000);
    expect(n1(w).group["cpu.cfs_quota_us"]).toBe("200000");
  });

  test.each<[string, Record<string, string>]>([
    ["before the first write", {}],
    ["between two writes", { "memory.limit_in_bytes": String(64 * mb) }],
    ["after the last write", { "memory.limit_in_bytes": String(64 * mb), "memory.memsw.limit_in_bytes": String(64 * mb) }],
  ])("are in force, and end, though the agent dies %s", async (_, written) => {
    const w = worldWithoutAgent();
    const process = `${n1(w).id} ${n1(w).pid}`;
    const path = (name: string): string => `memory/docker/${n1(w).id}/${name}`;
    const originals = {
      [path("memory.limit_in_bytes")]: unlimited["memory.limit_in_bytes"],
      [path("memory.memsw.limit_in_bytes")]: unlimited["memory.memsw.limit_in_bytes"],
    };
    const active = {
      id: "f1",
      fault: memory(64 * mb),
      startedAtMs: w.clock.nowMs(),
      deadlineMs: w.clock.nowMs() + 5000,
      seed: null,
    };
    w.disk = { ...emptyLedger, nextNumber: 2, faults: [active], limited: { n1: { process, originals } } };
    Object.assign(n1(w).group, written);
    await w.startAgent();
    expect(n1(w).group["memory.memsw.limit_in_bytes"]).toBe(String(64 * mb));
    await w.clock.advance(5100);
    expect(n1(w).group).toEqual(unlimited);
    expect(w.disk.limited).toEqual({});
  });

  test("that outlive the ledger that told of them are what the container was made with again, whoever dies on the way", async () => {
    const w = worldWithoutAgent();
    const configured = { ...unlimited, "cpu.cfs_quota_us": "75000", "memory.limit_in_bytes": String(512 * mb) };
    w.cluster.configured = configured;
    n1(w).group = { ...configured };
    await w.startAgent();
    await w.apply(cpu(0.1));
    await w.apply(memory(64 * mb));
    w.killAgent();
    w.ledgerDamaged = true;
    w.cluster.engineDown = true;
    await w.startAgent();
    // it is written again before anything could be mended
    expect(await w.heal({ by: "all" })).toEqual(error("ENGINE_UNREACHABLE"));
    w.killAgent();
    w.cluster.engineDown = false;
    w.cluster.groupTrouble = "EIO";
    await w.startAgent();
    w.killAgent();
    w.ledgerDamaged = false;
    w.cluster.groupTrouble = undefined;
    await w.startAgent();
    expect(n1(w).group).toEqual(configured);
    expect(w.disk).toMatchObject({ limited: {}, hooked: {}, lost: false });
  });

  test("asked for while the ledger is lost do not take the lost ones for what was there before", async () => {
    const w = await world();
    await w.apply(cpu(0.1));
    w.killAgent();
    w.ledgerDamaged = true;
    await w.startAgent();
    await w.apply(cpu(0.5), 1000);
    expect(n1(w).group["cpu.cfs_quota_us"]).toBe("50000");
    await w.clock.advance(1100);
    expect(n1(w).group).toEqual(unlimited);
  });

  test.each([
    ["after its group was read", "read"],
    ["just before its group is written to, so that the next run's is", "write"],
  ] as const)("of a node that restarts %s end all the same", async (_, call) => {
    const w = await world();
    const { groups } = w.cluster;
    let isDue = true;
    const restart = (path: string): void => {
      if (!isDue || !path.endsWith("cpu.cfs_quota_us")) return;
      isDue = false;
      // all runs of a container have a group of the same name
      w.cluster.restart("n1");
    };
    const read = groups.read.bind(groups);
    const write = groups.write.bind(groups);
    if (call === "read") groups.read = (path) => read(path).finally(() => restart(path));
    else groups.write = (path, text) => (restart(path), write(path, text));
    await w.apply(cpu(0.5), 1000);
    await w.clock.advance(1100);
    expect(isDue).toBe(false);
    expect(n1(w).group).toEqual(unlimited);
    expect(w.disk.limited).toEqual({});
  });

  test("end while the engine is away", async () => {
    const w = await world();
    await w.apply(cpu(0.5), 1000);
    w.cluster.engineDown = true;
    await w.clock.advance(1100);
    expect(n1(w).group).toEqual(unlimited);
  });

  test("go with a node that is killed, and come back with it", async () => {
    const w = await world();
    await w.apply(cpu(0.5), 5000);
    await w.apply(kill, 1000);
    expect(w.disk.limited).toEqual({});
    await w.clock.advance(1100);
    expect(n1(w).group["cpu.cfs_quota_us"]).toBe("50000");
    await w.clock.advance(4000);
    expect(w.look()).toEqual(clean);
  });

  test.each([
    ["EBUSY", "n1 uses more than 64mb of memory, and the kernel cannot take it away."],
    ["EROFS", "The agent may not write to the control group of n1, so it cannot be limited."],
  ])("that the kernel refuses with %s are taken back and said in one sentence", async (code, message) => {
    const w = await world();
    w.cluster.groupTrouble = code;
    expect(await w.apply(memory(64 * mb))).toMatchObject({ ok: false, error: { code: "FAULT_NOT_APPLIED", message } });
    expect(n1(w).group).toEqual(unlimited);
    expect(w.disk).toMatchObject({ faults: [], limited: {} });
  });

  test("of a node whose control group is nowhere are refused", async () => {
    const w = await world();
    n1(w).group = {};
    expect(await w.apply(cpu(0.5))).toEqual(error("FAULT_NOT_APPLIED"));
  });

  test("are not written where they cannot be written down", async () => {
    const w = await world();
    w.diskFull = true;
    expect(await w.apply(cpu(0.5))).toEqual(error("FAULT_NOT_APPLIED"));
    expect(n1(w).group).toEqual(unlimited);
  });
});

describe("a store's own troubles", () => {
  test("are in force when the answer comes, told again to a restarted store, and end in time", async () => {
    const w = await world();
    await w.apply(disk, 5000);
    expect(w.look()).toEqual(["hooked", "clean", "clean"]);
    w.cluster.restart("n1");
    await w.clock.advance(100);
    expect(w.look()).toEqual(["hooked", "clean", "clean"]);
    await w.clock.advance(5000);
    expect(w.look()).toEqual(clean);
    expect(w.disk.hooked).toEqual({});
  });

  test("are told once, however often the node is looked at", async () => {
    const w = await world();
    await w.apply(disk);
    await w.apply(cpu(0.5));
    await w.apply(partition([["n1"]]), 1000);
    await w.clock.advance(1100);
    expect(w.cluster.acts.filter((act) => act === "n1 hooks")).toHaveLength(1);
  });

  test("are asked of nobody where there never were any", async () => {
    const w = await world();
    await w.apply(cpu(0.5, ["n1", "n2", "n3"]));
    await w.heal({ by: "all" });
    expect(w.cluster.acts.filter((act) => act.endsWith("hooks"))).toEqual([]);
  });

  test("cannot be told to a frozen store; it is told that they are over once it goes on", async () => {
    const w = await world();
    await w.apply(pause(["n1"]), 3000);
    expect(await w.apply(disk)).toMatchObject({ error: { message: expect.stringContaining("n1 is paused") } });
    await w.heal({ by: "all" });
    await w.apply(disk, 2000);
    await w.apply(pause(["n1"]), 3000);
    await w.clock.advance(2100);
    expect(w.look()[0]).toBe("paused + hooked");
    expect(w.events()).not.toContain("node-not-settled");
    await w.clock.advance(1000);
    expect(w.look()).toEqual(clean);
  });

  test("end under the next agent, also when the fault was over and the store not yet told", async () => {
    const w = worldWithoutAgent();
    w.disk = { ...emptyLedger, nextNumber: 2, hooked: { n1: `${n1(w).id} ${n1(w).pid}` } };
    n1(w).hooks = { ...n1(w).hooks, disk: { ...noDiskTrouble, fsyncFails: true } };
    await w.startAgent();
    expect(w.look()).toEqual(clean);
    expect(w.disk.hooked).toEqual({});
  });

  test("end though the ledger that told of them is lost, and while the engine is away", async () => {
    const w = worldWithoutAgent();
    n1(w).hooks = { ...n1(w).hooks, disk: { ...noDiskTrouble, fsyncFails: true } };
    w.ledgerDamaged = true;
    await w.startAgent();
    expect(w.look()).toEqual(clean);
    await w.apply(disk, 1000);
    w.cluster.engineDown = true;
    await w.clock.advance(1100);
    expect(w.look()).toEqual(clean);
  });
});
