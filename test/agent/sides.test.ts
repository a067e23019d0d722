// Shows that what is wrong with one side of a node keeps no other side from what is asked, and fails no fault that asked for another one.
import { describe, expect, test } from "vitest";
import type { Fault } from "../../src/chaos/fault.js";
import type { Reply } from "../../src/chaos/protocol.js";
import { noDiskTrouble } from "../../src/core/store-hooks.js";
import { delay, partition, pause } from "./faults.js";
import { type World, clean, error, gate, world } from "./world.js";

const cutN1 = partition([["n1"]]);
const cpu: Fault = { kind: "cpu", nodes: ["n1"], cpus: 0.5 };
const disk: Fault = { kind: "disk", nodes: ["n1"], trouble: { ...noDiskTrouble, fsyncDelayMs: 200 } };
const restart: Fault = { kind: "restart", nodes: ["n1"], graceMs: 1000 };

/** n1's store was to stop its troubles and does not answer. */
async function worldWithSilentStore(): Promise<World> {
  const w = await world();
  await w.apply(disk, 1000);
  w.cluster.silentStores.add("n1");
  await w.clock.advance(1100);
  return w;
}

async function troublesOf(w: World): Promise<unknown> {
  const reply = await w.ask({ op: "list" });
  return reply.ok && "faults" in reply.result ? reply.result.faults.map(({ troubles }) => troubles) : undefined;
}

describe("a slow link", () => {
  test.each([
    ["with the engine", false],
    ["without the engine", true],
  ])("ends in time though the cut beside it cannot be undone, %s", async (_, engineDown) => {
    const w = await world();
    await w.apply(delay(["n1"], 50), 1000);
    await w.apply(cutN1, 1000);
    w.cluster.broken.set("nft", "Error: Device or resource busy");
    w.cluster.engineDown = engineDown;
    await w.clock.advance(1100);
    expect(w.cluster.look("n1")).toBe("deaf to 10.0.0.3,10.0.0.4");
    w.cluster.engineDown = false;
    w.cluster.broken.clear();
    await w.clock.advance(10_000);
    expect(w.look()).toEqual(clean);
  });

  test("that is in place is not touched again while the cut beside it is tried again", async () => {
    const w = await world();
    await w.apply(delay(["n1"], 50));
    await w.apply(cutN1, 1000);
    w.cluster.broken.set("nft", "Error: Device or resource busy");
    const acts = (): number => w.cluster.acts.filter((act) => act === "n1 tc").length;
    const before = acts();
    await w.clock.advance(3000);
    expect(acts()).toBe(before);
  });
});

describe("a store that does not answer", () => {
  test.each<[string, Fault, string]>([
    ["a pause", pause(["n1"]), "paused + hooked"],
    ["a cut", cutN1, "deaf to 10.0.0.3,10.0.0.4 + hooked"],
    ["a slow link", delay(["n1"], 50), "hooked + slow to 2"],
    ["a limit", cpu, "cpu.cfs_quota_us 50000 + hooked"],
  ])("does not fail %s", async (_, fault, looks) => {
    const w = await worldWithSilentStore();
    expect(await w.apply(fault, 5000)).toMatchObject({ ok: true });
    expect(w.cluster.look("n1")).toBe(looks);
    await w.clock.advance(5100);
    expect(w.cluster.look("n1")).toBe("hooked");
    w.cluster.silentStores.clear();
    await w.clock.advance(10_000);
    expect(w.look()).toEqual(clean);
  });

  test("does not fail a restart, nor a start", async () => {
    const w = await world();
    await w.apply(disk, 60_000);
    w.cluster.silentStores.add("n1");
    expect(await w.apply(restart)).toMatchObject({ ok: true });
    expect(await w.ask({ op: "start", nodes: ["n1"] })).toMatchObject({ ok: true });
  });

  test("is told as the node's trouble beside the new fault", async () => {
    const w = await worldWithSilentStore();
    await w.apply(cutN1, 5000);
    expect(await troublesOf(w)).toEqual([{ n1: "The store of n1 does not answer on its admin port." }]);
  });

  test("fails a fault that is for the store", async () => {
    const w = await worldWithSilentStore();
    expect(await w.apply(disk)).toEqual(error("FAULT_NOT_APPLIED"));
    expect(w.disk.faults).toEqual([]);
  });
});

test("a node that will not thaw is cut off all the same, which is no matter of the pause's", async () => {
  const w = await world();
  await w.apply(pause(["n1"]), 1000);
  w.cluster.deafToUnpause = true;
  await w.clock.advance(1100);
  expect(await w.apply(cutN1, 5000)).toMatchObject({ ok: true });
  expect(w.cluster.look("n1")).toBe("paused + deaf to 10.0.0.3,10.0.0.4");
});

/** The answer to this fault of n1, of which nothing more can be written down until the gate opens; the node has been entered by then. */
async function held(w: World, fault: Fault): Promise<{ readonly reply: Promise<Reply>; readonly open: () => void }> {
  const { shut, open } = gate();
  w.cluster.meanwhile = () => {
    w.diskSlow = shut;
  };
  const reply = w.apply(fault, 60_000);
  await w.clock.advance(0);
  w.diskSlow = undefined;
  return { reply, open };
}

test("healing all mends a node also when a fault is just on its way to it", async () => {
  const w = await world();
  const { reply, open } = await held(w, cpu);
  w.cluster.node("n1").namespace.tc.run("qdisc add dev eth0 root handle de71: htb default 0 direct_qlen 1000");
  const healing = w.heal({ by: "all" });
  await w.clock.advance(0);
  open();
  await Promise.all([reply, healing]);
  expect(w.look()).toEqual(clean);
});

test("a node that restarts just before its store is told hears nothing that was meant for its run before", async () => {
  const w = await world();
  const { reply, open } = await held(w, disk);
  w.cluster.restart("n1");
  open();
  expect(await reply).toEqual(error("FAULT_NOT_APPLIED"));
  await w.clock.advance(1000);
  expect(w.look()).toEqual(clean);
  expect(w.disk.hooked).toEqual({});
});
