// Shows that links of the spec stay as asked whatever happens to nodes, agent and faults, and are all as before where they cannot be had.
import { describe, expect, test } from "vitest";
import { type Impairment, noImpairment } from "../../src/chaos/impairment.js";
import { emptyLedger } from "../../src/chaos/ledger.js";
import type { Reply } from "../../src/chaos/protocol.js";
import type { StandingLink } from "../../src/chaos/standing-link.js";
import { delay, partition } from "./faults.js";
import { type World, clean, error, world, worldWithoutAgent } from "./world.js";

const delayed = (timeMs: number): Impairment => ({
  ...noImpairment,
  delay: { timeMs, jitterMs: 0, correlation: 0, distribution: "normal" },
});
const link = (here: readonly string[], there: readonly string[], impairment = delayed(80)): StandingLink => ({
  between: ["eu", "us"],
  nodes: [here, there],
  impairment,
});

/** n1 is in one zone, n2 and n3 are in the other: from n1 two links are slow, to n1 one of each. */
const zones = link(["n1"], ["n2", "n3"]);
const inForce = ["slow to 2", "slow to 1", "slow to 1"];

const ask = (w: World, ...links: readonly StandingLink[]): Promise<Reply> => w.ask({ op: "links", links });

async function zonesIn(w: World): Promise<World> {
  expect(await ask(w, zones)).toMatchObject({ ok: true });
  return w;
}

test("they are in force when the answer comes, in both directions, and the log says so", async () => {
  const w = await zonesIn(await world());
  expect(w.look()).toEqual(inForce);
  expect(w.events()).toEqual(["agent-started", "links-applied"]);
  expect(w.records.at(-1)).toMatchObject({ msg: "links of the spec: eu <-> us delay 80ms" });
});

test("asking twice is asking once", async () => {
  const w = await zonesIn(await world());
  const before = w.cluster.acts.length;
  expect(await ask(w, zones)).toMatchObject({ ok: true });
  expect(w.cluster.acts.length).toBe(before);
  expect(w.events()).toEqual(["agent-started", "links-applied"]);
});

test("they are listed apart from faults", async () => {
  const w = await zonesIn(await world());
  expect(await w.ask({ op: "list" })).toMatchObject({
    result: { faults: [], links: [{ description: "eu <-> us delay 80ms", between: ["eu", "us"], troubles: {} }] },
  });
});

test("whatever is healed, they stay", async () => {
  const w = await zonesIn(await world());
  await w.apply(delay(["n1"], 10));
  await w.apply(partition([["n2"]]));
  await w.heal({ by: "id", id: "f1" });
  await w.heal({ by: "node", node: "n2" });
  expect(w.look()).toEqual(inForce);
  await w.apply(delay(["n2"], 10), 1000);
  await w.clock.advance(1100);
  expect(w.look()).toEqual(inForce);
  expect(await w.heal({ by: "all" })).toMatchObject({ ok: true, result: { healed: [] } });
  expect(w.look()).toEqual(inForce);
});

test("a fault on such a link comes on top, and its end leaves the link's own delay", async () => {
  const w = await zonesIn(await world());
  const delaysOfN2 = (): readonly string[] =>
    w.records.flatMap(({ rules, target }) =>
      target === "n2" && typeof rules === "string" ? [...rules.matchAll(/ delay (\d+)us/g)].map(([, us = ""]) => us) : [],
    );
  await w.apply(delay(["n2"], 10), 1000);
  await w.clock.advance(1100);
  expect(delaysOfN2()).toEqual(["80000", "90000", "10000", "80000"]);
});

test("what they and a fault cannot be together is refused, and names them", async () => {
  const w = await world();
  await ask(w, link(["n1"], ["n2"], delayed(60_000)));
  for (let i = 0; i < 3; i++) expect(await w.apply(delay(["n1"], 60_000))).toMatchObject({ ok: true });
  expect(await w.apply(delay(["n1"], 60_000))).toMatchObject({
    ok: false,
    error: { code: "USAGE", message: expect.stringContaining("With links eu <-> us, f1, f2, f3, n1 -> n2 would be delayed") },
  });
  expect(await ask(w, link(["n1"], ["n2"], delayed(60_000)), zones)).toMatchObject({ ok: false, error: { code: "USAGE" } });
  expect(w.disk.links).toHaveLength(1);
});

describe("others take their place:", () => {
  test.each<[string, readonly StandingLink[], readonly string[]]>([
    ["another delay", [link(["n1"], ["n2", "n3"], delayed(20))], inForce],
    ["other nodes", [link(["n1"], ["n2"])], ["slow to 1", "slow to 1", "clean"]],
    ["one more", [zones, link(["n2"], ["n3"])], ["slow to 2", "slow to 2", "slow to 2"]],
    ["none", [], clean],
  ])("%s", async (_, links, expected) => {
    const w = await zonesIn(await world());
    expect(await ask(w, ...links)).toMatchObject({ ok: true });
    expect(w.look()).toEqual(expected);
    w.killAgent();
    await w.startAgent();
    expect(w.look()).toEqual(expected);
  });
});

describe("restarts", () => {
  test("a node that starts again has its links again, and others have theirs to where it is now", async () => {
    const w = await zonesIn(await world());
    w.cluster.restart("n2", "10.0.0.77");
    await w.clock.advance(100);
    expect(w.look()).toEqual(inForce);
    const { tc } = w.cluster.node("n1").namespace;
    expect(tc.route({ to: "10.0.0.77", protocol: 6, sport: 40_000, dport: 2379 })).not.toBeNull();
    expect(w.events()).toContain("links-reapplied");
  });

  test("a node that does not run when they are asked starts with them", async () => {
    const w = await world();
    w.cluster.stop("n3");
    expect(await ask(w, zones)).toMatchObject({ ok: true });
    w.cluster.restart("n3");
    await w.clock.advance(100);
    expect(w.look()).toEqual(inForce);
  });

  test("a node that joins later has those it was named in", async () => {
    const w = await world();
    expect(await ask(w, link(["n1"], ["n2", "n3", "n4"]))).toMatchObject({ ok: true });
    expect(w.look()).toEqual(inForce);
  });

  test("the next agent holds them, also where nodes started while there was none", async () => {
    const w = await zonesIn(await world());
    w.killAgent();
    w.cluster.restart("n1");
    expect(w.look()).toEqual(["clean", "slow to 1", "slow to 1"]);
    await w.startAgent();
    expect(w.look()).toEqual(inForce);
  });

  test("what an agent had not yet taken away when it was killed, the next one does", async () => {
    const w = await zonesIn(await world());
    w.killAgent();
    w.disk = { ...w.disk, links: [] };
    await w.startAgent();
    expect(w.look()).toEqual(clean);
  });

  test("where none are asked of a cluster that never had any, nothing is ever looked at", async () => {
    const w = await world();
    expect(await ask(w)).toMatchObject({ ok: true, result: { links: [] } });
    expect([w.disk, w.cluster.openNamespaces, w.events()]).toEqual([emptyLedger, [], ["agent-started"]]);
  });
});

describe("where they cannot be had, all is as before and the error says why:", () => {
  test("the kernel has no netem", async () => {
    const w = await world();
    w.cluster.netem = false;
    expect(await ask(w, zones)).toEqual(error("NETEM_MISSING"));
    expect(w.look()).toEqual(clean);
    expect(await w.ask({ op: "list" })).toMatchObject({ result: { links: [] } });
  });

  test("tc refuses them", async () => {
    const w = await zonesIn(await world());
    w.cluster.broken.set("tc", "Error: Device or resource busy");
    expect(await ask(w, link(["n1"], ["n2"]))).toEqual(error("FAULT_NOT_APPLIED"));
    w.cluster.broken.clear();
    await w.clock.advance(10_000);
    expect(w.look()).toEqual(inForce);
    expect(w.disk.links).toEqual([zones]);
  });

  test("the disk is full", async () => {
    const w = await zonesIn(await world());
    w.diskFull = true;
    expect(await ask(w)).toMatchObject({ ok: false });
    expect(w.look()).toEqual(inForce);
  });
});

test("without netem, a rate alone is in force", async () => {
  const w = await world();
  w.cluster.netem = false;
  const rate = { ...noImpairment, rate: { bitsPerSecond: 1e6, burstBytes: null } };
  expect(await ask(w, link(["n1"], ["n2"], rate))).toMatchObject({ ok: true });
  expect(w.cluster.node("n1").namespace.tc.state().root).toBeDefined();
});

test("a node on which they are lost and cannot be made again is told as their trouble", async () => {
  const w = worldWithoutAgent();
  w.disk = { ...emptyLedger, links: [zones] };
  w.cluster.broken.set("tc", "Error: Device or resource busy");
  await w.startAgent();
  expect(await w.ask({ op: "list" })).toMatchObject({
    result: { links: [{ troubles: { n1: expect.any(String), n2: expect.any(String), n3: expect.any(String) } }] },
  });
  w.cluster.broken.clear();
  await w.clock.advance(10_000);
  expect(w.look()).toEqual(inForce);
});
