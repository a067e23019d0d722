// Shows that faults are in force when the answer comes, survive restarts of nodes and agent, and end in time whatever happens.
import { describe, expect, test } from "vitest";
import type { Fault } from "../../src/chaos/fault.js";
import { parseChain, renderIptables } from "../../src/chaos/iptables.js";
import { emptyLedger } from "../../src/chaos/ledger.js";
import { renderNft } from "../../src/chaos/nft.js";
import type { HealTarget } from "../../src/chaos/protocol.js";
import { anyTraffic } from "../../src/chaos/traffic.js";
import { delay, names, partition, pause } from "./faults.js";
import { type World, clean, error, gate, world, worldWithoutAgent } from "./world.js";

const cutN1 = partition([["n1"]]);
const stray = { peer: { name: "n9", addresses: { v4: ["10.0.0.9"], v6: ["fd00::9"] } }, traffic: anyTraffic, percent: 100 };

describe("while it lasts", () => {
  test.each<[string, readonly Fault[], readonly string[]]>([
    ["a pause", [pause(["n1", "n3"])], ["paused", "clean", "paused"]],
    ["a cut", [cutN1], ["deaf to 10.0.0.3,10.0.0.4", "deaf to 10.0.0.2", "deaf to 10.0.0.2"]],
    ["a delay", [delay(["n2"], 100)], ["clean", "slow to 2", "clean"]],
    [
      "all on one node",
      [delay(["n1"], 5), cutN1, pause(["n1"])],
      ["paused + deaf to 10.0.0.3,10.0.0.4 + slow to 2", "deaf to 10.0.0.2", "deaf to 10.0.0.2"],
    ],
  ])("%s is in force when the answer comes, and gone at its deadline", async (_, faults, expected) => {
    const w = await world();
    for (const fault of faults) expect(await w.apply(fault, 5000)).toMatchObject({ ok: true });
    expect(w.look()).toEqual(expected);
    await w.clock.advance(4900);
    expect(w.look()).toEqual(expected);
    await w.clock.advance(200);
    expect(w.look()).toEqual(clean);
    expect(w.events()).toEqual(["agent-started", ...faults.map(() => "fault-applied"), ...faults.map(() => "fault-healed")]);
  });

  test("it is listed with its time left", async () => {
    const w = await world();
    await w.apply(pause(["n1"]), 5000);
    await w.clock.advance(2000);
    expect(await w.ask({ op: "list" })).toMatchObject({
      result: { faults: [{ id: "f1", description: "pause n1", timeLeftMs: 3000, troubles: {} }] },
    });
  });

  test("healing one of two faults leaves the other", async () => {
    const w = await world();
    await w.apply(cutN1);
    await w.apply(partition([["n1", "n2"]]));
    expect(await w.heal({ by: "id", id: "f1" })).toMatchObject({ result: { healed: [{ id: "f1" }] } });
    expect(w.look()).toEqual(["deaf to 10.0.0.4", "deaf to 10.0.0.4", "deaf to 10.0.0.2,10.0.0.3"]);
    expect(w.cluster.acts.filter((act) => act === "n2 nft")).toHaveLength(3);
  });

  test("a second delay changes leaves, never the tree", async () => {
    const w = await world();
    await w.apply(delay(["n1"], 5));
    await w.apply(delay(["n1"], 6));
    const rules = w.records.flatMap(({ rules: text }) =>
      typeof text === "string" ? [text.split("\n").filter((line) => line !== "")] : [],
    );
    const [first = [], second = []] = rules;
    expect(first).not.toEqual([]);
    expect(second).not.toEqual([]);
    expect(second.filter((line) => !/^qdisc (change|replace) .* netem /.test(line))).toEqual([]);
  });
});

const packetTo = (to: string) => ({ to, protocol: 6, sport: 40_000, dport: 2379 });

describe("restarts", () => {
  test("a restarted node is under its faults again", async () => {
    const w = await world();
    await w.apply(cutN1, 9000);
    await w.apply(pause(["n2"]), 9000);
    w.cluster.restart("n2");
    await w.clock.advance(100);
    expect(w.look()).toEqual(["deaf to 10.0.0.3,10.0.0.4", "paused + deaf to 10.0.0.2", "deaf to 10.0.0.2"]);
    expect(w.records.filter(({ event }) => event === "fault-reapplied")).toMatchObject([{ target: "n2", faults: ["f1", "f2"] }]);
    await w.clock.advance(9000);
    expect(w.look()).toEqual(clean);
  });

  test("a node that comes back at another address is still not heard", async () => {
    const w = await world();
    await w.apply(cutN1);
    await w.apply(delay(["n3"], 5));
    w.cluster.restart("n1", "10.0.0.77");
    await w.clock.advance(100);
    expect(w.look()).toEqual(["deaf to 10.0.0.3,10.0.0.4", "deaf to 10.0.0.77", "deaf to 10.0.0.77 + slow to 2"]);
    const { tc } = w.cluster.node("n3").namespace;
    expect(tc.route(packetTo("10.0.0.77"))).not.toBeNull();
    expect(tc.route(packetTo("10.0.0.2"))).toBeNull();
  });

  test("a node cut off while it does not run starts under the cut", async () => {
    const w = await world();
    w.cluster.stop("n1");
    expect(await w.apply(cutN1)).toMatchObject({ ok: true });
    w.cluster.restart("n1");
    await w.clock.advance(100);
    expect(w.look()).toEqual(["deaf to 10.0.0.3,10.0.0.4", "deaf to 10.0.0.2", "deaf to 10.0.0.2"]);
  });

  test.each([
    ["before the deadline", 2000, 5000],
    ["after the deadline", 9000, 0],
  ])("the agent is killed and comes back %s: all is clean in time", async (_, awayMs, thenMs) => {
    const w = await world();
    await w.apply(cutN1, 5000);
    await w.apply(pause(["n2"]), 5000);
    await w.apply(delay(["n3"], 5), 5000);
    w.killAgent();
    await w.clock.advance(awayMs);
    await w.startAgent();
    await w.clock.advance(thenMs);
    expect(w.look()).toEqual(clean);
    expect(w.disk.faults).toEqual([]);
  });

  test("an agent that finds its faults as they were does nothing to them", async () => {
    const w = await world();
    await w.apply(cutN1);
    w.killAgent();
    const before = w.cluster.acts.length;
    await w.startAgent();
    expect(w.cluster.acts.slice(before)).toEqual([]);
  });

  test.each([
    ["nft", "iptables", "deaf by iptables to 10.0.0.2"],
    ["iptables", "nft", "deaf to 10.0.0.2"],
  ] as const)("an agent that finds %s replaced by %s leaves none of the old rules", async (before, now, expected) => {
    const w = worldWithoutAgent();
    w.cluster.cutTool = before;
    await w.startAgent();
    await w.apply(cutN1);
    w.killAgent();
    w.cluster.cutTool = now;
    await w.startAgent();
    expect(w.cluster.look("n2")).toBe(expected);
    w.killAgent();
    w.cluster.cutTool = before;
    await w.startAgent();
    await w.heal({ by: "id", id: "f1" });
    expect(w.look()).toEqual(clean);
  });

  test("a tool that was never used is not asked for anything", async () => {
    const w = await world();
    w.cluster.broken.set("xtables-legacy-multi", "would load kernel modules");
    await w.apply(cutN1);
    expect(await w.heal({ by: "all" })).toMatchObject({ ok: true });
    expect(w.disk.cutTools).toEqual(["nft"]);
  });

  test("killed between the ledger and the act, the next agent acts", async () => {
    const w = await world();
    await w.apply(pause(["n1"]), 5000);
    await w.heal({ by: "all" });
    w.killAgent();
    w.disk = { ...emptyLedger, nextNumber: 2, frozen: { n1: "container-n1" } };
    w.cluster.node("n1").state = "paused";
    strayTable(w, "n2");
    await w.startAgent();
    expect(w.look()).toEqual(clean);
  });

  test("a machine that slept over the deadline cleans up within a second of waking", async () => {
    const w = await world();
    await w.apply(cutN1, 60_000);
    w.clock.setForward(3_600_000);
    await w.clock.advance(1000);
    expect(w.look()).toEqual(clean);
  });

  test("a wall clock set back does not make a fault last longer", async () => {
    const w = await world();
    await w.apply(cutN1, 5000);
    await w.clock.advance(1000);
    w.clock.setForward(-3_600_000);
    expect(await w.ask({ op: "list" })).toMatchObject({ result: { faults: [{ timeLeftMs: 4000 }] } });
    await w.clock.advance(3900);
    expect(w.look()).not.toEqual(clean);
    await w.clock.advance(200);
    expect(w.look()).toEqual(clean);
  });

  test("nor does one set back while no agent ran, by more than the fault was given", async () => {
    const w = await world();
    await w.apply(cutN1, 5000);
    w.killAgent();
    w.clock.setForward(-3_600_000);
    await w.startAgent();
    await w.clock.advance(5100);
    expect(w.look()).toEqual(clean);
  });
});

describe("trouble", () => {
  test.each<[string, (w: World) => Promise<unknown>]>([
    ["ends by itself", (w) => w.clock.advance(1100)],
    ["is healed", (w) => w.clock.advance(0).then(() => void w.heal({ by: "all" }))],
  ])("a fault that %s before it is in force was never applied, and is not said to be", async (_, end) => {
    const w = await world();
    const { shut, open } = gate();
    w.cluster.slowPause = shut;
    const reply = w.apply(pause(["n1"]), 1000);
    await end(w);
    open();
    expect(await reply).toEqual(error("FAULT_NOT_APPLIED"));
    await w.clock.advance(1000);
    expect(w.look()).toEqual(clean);
    expect(w.events()).toEqual(["agent-started", "fault-failed", "fault-healed"]);
  });

  test("a pause that the engine carries out long after everybody stopped waiting does not last", async () => {
    const w = await world();
    const { shut, open } = gate();
    w.cluster.slowPause = shut;
    const reply = w.apply(pause(["n1"]), 60_000);
    await w.clock.advance(5100);
    expect(await reply).toEqual(error("ENGINE_UNREACHABLE"));
    expect(w.look()).toEqual(clean);
    expect(w.disk).toMatchObject({ faults: [], frozen: { n1: "container-n1" } });
    await w.clock.advance(30_000);
    open();
    await w.clock.advance(300);
    expect(w.look()).toEqual(clean);
    expect(w.disk.frozen).toEqual({});
    expect(w.events().filter((event) => event === "node-not-settled")).toHaveLength(1);
  });

  test("a pause that was on its way when the agent was killed is ended by the next one, whatever the listing says", async () => {
    const w = await world();
    w.killAgent();
    w.disk = { ...emptyLedger, nextNumber: 2, frozen: { n1: "container-n1" } };
    w.cluster.node("n1").state = "paused";
    w.cluster.staleListing = true;
    await w.startAgent();
    expect(w.look()).toEqual(clean);
  });

  test("the frozen are forgotten only once they are seen not to be paused", async () => {
    const w = await world();
    await w.apply(pause(["n1"]), 1000);
    w.cluster.deafToUnpause = true;
    await w.clock.advance(2000);
    expect(w.disk).toMatchObject({ faults: [], frozen: { n1: "container-n1" } });
    w.cluster.deafToUnpause = false;
    await w.clock.advance(300);
    expect(w.look()).toEqual(clean);
    expect(w.disk.frozen).toEqual({});
  });

  test("a node that will not thaw has its other faults ended all the same", async () => {
    const w = await world();
    await w.apply(pause(["n1"]), 1000);
    await w.apply(cutN1, 1000);
    w.cluster.deafToUnpause = true;
    await w.clock.advance(2000);
    expect(w.look()).toEqual(["paused", "clean", "clean"]);
  });

  test("without netem a delay is refused in one sentence, and nothing stays", async () => {
    const w = await world();
    w.cluster.netem = false;
    expect(await w.apply(delay(["n1", "n2"], 100))).toEqual(error("NETEM_MISSING"));
    expect(w.look()).toEqual(clean);
    expect(w.disk.faults).toEqual([]);
    expect(w.events()).toEqual(["agent-started", "fault-failed", "fault-healed"]);
    expect(await w.apply(cutN1)).toMatchObject({ ok: true });
  });

  test("a fault on a node that does not run is refused before anything is touched", async () => {
    const w = await world();
    w.cluster.stop("n3");
    expect(await w.apply(pause(names))).toEqual(error("FAULT_NOT_APPLIED"));
    expect(w.look()).toEqual(["clean", "clean", "stopped"]);
    expect(w.cluster.acts).toEqual([]);
    expect(w.disk.nextNumber).toBe(1);
  });

  test("a fault that fails on one node is taken back on all", async () => {
    const w = await world();
    w.cluster.meanwhile = () => w.cluster.stop("n3");
    expect(await w.apply(pause(names))).toEqual(error("FAULT_NOT_APPLIED"));
    expect(w.look()).toEqual(["clean", "clean", "stopped"]);
    expect(w.cluster.acts.filter((act) => act.endsWith("unpause"))).toHaveLength(2);
  });

  test("a tool's own words and the rules are in the error", async () => {
    const w = await world();
    w.cluster.broken.set("nft", "Error: syntax error, unexpected drop");
    const reply = await w.apply(cutN1);
    expect(reply).toMatchObject({ ok: false, error: { message: expect.stringContaining("syntax error, unexpected drop") } });
  });

  test("healing goes on until it works", async () => {
    const w = await world();
    await w.apply(cutN1, 1000);
    w.cluster.broken.set("nft", "Error: Resource temporarily unavailable");
    await w.clock.advance(3000);
    expect(w.look()).not.toEqual(clean);
    w.cluster.broken.clear();
    await w.clock.advance(300);
    expect(w.look()).toEqual(clean);
    const told = w.records.filter(({ event }) => event === "node-not-settled").map(({ msg }) => msg);
    expect(told, "said once, however often it was tried").toEqual([...new Set(told)]);
    expect(new Set(w.records.filter(({ event }) => event === "node-not-settled").map(({ target }) => target))).toEqual(
      new Set(names),
    );
    expect(w.events().filter((event) => event === "node-recovered")).toHaveLength(3);
  });

  test("an engine that is away when the deadline comes is waited for", async () => {
    const w = await world();
    await w.apply(pause(["n1"]), 1000);
    w.cluster.engineDown = true;
    await w.clock.advance(5000);
    w.cluster.engineDown = false;
    await w.clock.advance(300);
    expect(w.look()).toEqual(clean);
  });

  test("an engine that is away keeps no cut and no delay alive: their namespaces are held open", async () => {
    const w = await world();
    await w.apply(cutN1, 1000);
    await w.apply(delay(["n3"], 5), 1000);
    await w.apply(pause(["n2"]), 1000);
    w.cluster.engineDown = true;
    await w.clock.advance(1100);
    expect(w.look()).toEqual(["clean", "paused", "clean"]);
    w.cluster.engineDown = false;
    await w.clock.advance(300);
    expect(w.look()).toEqual(clean);
  });

  test("an agent that the engine refuses for five seconds gives up, after ending what is over", async () => {
    const w = await world();
    await w.apply(cutN1, 5500);
    await w.apply(pause(["n2"]), 60_000);
    w.cluster.engineDown = true;
    await w.clock.advance(4900);
    expect(w.events()).not.toContain("engine-lost");
    await w.clock.advance(1200);
    expect(w.look()).toEqual(["clean", "paused", "clean"]);
    expect(w.events().slice(-2)).toEqual(["engine-lost", "agent-ended"]);
    const soFar = w.events().length;
    await w.clock.advance(60_000);
    expect(w.events()).toHaveLength(soFar);
  });

  test("refusals with an answer between them are no reason to give up", async () => {
    const w = await world();
    for (let time = 0; time < 5; time++) {
      w.cluster.engineDown = true;
      await w.clock.advance(4000);
      w.cluster.engineDown = false;
      await w.clock.advance(1000);
    }
    expect(w.events()).not.toContain("engine-lost");
  });

  test("one namespace of a node is held open at most, and none of one that is found down", async () => {
    const w = await world();
    await w.apply(cutN1, 1000);
    await w.apply(pause(["n2"]), 1000);
    expect(w.cluster.openNamespaces).toEqual(["n1", "n2", "n3"]);
    w.cluster.restart("n3");
    await w.clock.advance(0);
    expect(w.cluster.openNamespaces).toEqual(["n1", "n2", "n3"]);
    await w.clock.advance(1100);
    expect(w.cluster.openNamespaces).toEqual(["n1", "n2", "n3"]);
    w.cluster.stop("n3");
    await w.heal({ by: "all" });
    expect(w.cluster.openNamespaces).toEqual(["n1", "n2"]);
  });

  test("an engine that is away when the agent starts is waited for, and said once", async () => {
    const w = worldWithoutAgent();
    w.cluster.engineDown = true;
    w.disk = {
      ...emptyLedger,
      nextNumber: 2,
      faults: [{ id: "f1", fault: cutN1, startedAtMs: 0, deadlineMs: null, seed: null }],
    };
    await w.startAgent();
    await w.clock.advance(3000);
    w.cluster.engineDown = false;
    await w.clock.advance(300);
    expect(w.look()).toEqual(["deaf to 10.0.0.3,10.0.0.4", "deaf to 10.0.0.2", "deaf to 10.0.0.2"]);
    expect(w.events().filter((event) => event === "engine-unreachable")).toHaveLength(1);
  });

  test("what cannot be written down is not done; a full disk keeps no fault alive", async () => {
    const w = await world();
    await w.apply(cutN1, 1000);
    w.diskFull = true;
    expect(await w.apply(pause(["n2"]))).toEqual(error("FAULT_NOT_APPLIED"));
    expect(w.cluster.acts).not.toContain("n2 pause");
    expect(await w.ask({ op: "list" })).toMatchObject({ result: { faults: [{ id: "f1" }] } });
    await w.clock.advance(1100);
    expect(w.look()).toEqual(clean);
    expect(w.events()).toContain("ledger-unsaved");
  });

  test("a disk that does not answer keeps no fault alive, and nobody looks more often because of it", async () => {
    const w = await world();
    await w.apply(cutN1, 1000);
    await w.apply(delay(["n2"], 5), 2000);
    const { shut, open } = gate();
    w.diskSlow = shut;
    const reply = w.apply(pause(["n3"]), 60_000);
    let alarms = 0;
    const after = w.clock.after.bind(w.clock);
    w.clock.after = (delayMs, act) => {
      alarms++;
      return after(delayMs, act);
    };
    await w.clock.advance(1100);
    expect(w.look()).toEqual(["clean", "slow to 2", "clean"]);
    await w.clock.advance(1000);
    expect(w.look()).toEqual(clean);
    await w.clock.advance(3000);
    expect(await reply).toEqual(error("FAULT_NOT_APPLIED"));
    expect(alarms).toBeLessThan(50);
    open();
    await w.clock.advance(0);
    expect(w.disk).toMatchObject({ faults: [], frozen: {} });
    expect(w.look()).toEqual(clean);
  });

  test("what was healed on a full disk stays healed under the next agent, once there was room", async () => {
    const w = await world();
    await w.apply(cutN1);
    w.diskFull = true;
    expect(await w.heal({ by: "id", id: "f1" })).toMatchObject({ ok: true });
    w.diskFull = false;
    await w.clock.advance(1000);
    w.killAgent();
    await w.startAgent();
    expect(w.look()).toEqual(clean);
  });
});

/** A table of ours that no ledger knows of. */
function strayTable({ cluster }: Pick<World, "cluster">, node: string): void {
  cluster.node(node).namespace.nft.transact(renderNft([stray]));
}

function strayChain({ cluster }: World, node: string): void {
  const { iptables } = cluster.node(node).namespace;
  for (const family of ["v4", "v6"] as const) {
    iptables[family].restore(renderIptables([stray], family, parseChain(iptables[family].list())) ?? "");
  }
}

/** What somebody else, or an agent without a memory, may have done to a cluster. */
function harm({ cluster }: World): void {
  cluster.node("n1").state = "paused";
  strayTable({ cluster }, "n2");
  const { tc } = cluster.node("n3").namespace;
  tc.run("qdisc add dev eth0 root handle de71: htb default 0 direct_qlen 1000");
}

test("a cut where a table of ours stands that nobody knows of is the cut that was asked for", async () => {
  const w = await world();
  strayTable(w, "n1");
  expect(await w.apply(cutN1)).toMatchObject({ ok: true });
  expect(w.cluster.look("n1")).toBe("deaf to 10.0.0.3,10.0.0.4");
  expect(w.cluster.acts.filter((act) => act === "n1 nft")).toHaveLength(2);
});

describe("whose node it is", () => {
  test("a node paused by hand stays paused when our pause of it ends", async () => {
    const w = await world();
    w.cluster.node("n1").state = "paused";
    await w.apply(pause(["n1", "n2"]), 1000);
    await w.clock.advance(2000);
    expect(w.look()).toEqual(["paused", "clean", "clean"]);
  });

  test.each<[string, HealTarget]>([
    ["by id", { by: "id", id: "f1" }],
    ["by node", { by: "node", node: "n1" }],
    ["all", { by: "all" }],
  ])("a node that was removed under a fault is healed (%s)", async (_, what) => {
    const w = await world();
    await w.apply(pause(["n1"]));
    w.cluster.nodes.delete("n1");
    expect(await w.heal(what)).toMatchObject({ ok: true, result: { healed: [{ id: "f1" }] } });
    expect(w.disk).toEqual({ ...emptyLedger, nextNumber: 2 });
  });

  test("healing all mends what no ledger knows of", async () => {
    const w = await world();
    harm(w);
    expect(await w.heal({ by: "all" })).toMatchObject({ ok: true, result: { healed: [] } });
    expect(w.look()).toEqual(clean);
  });

  test("healing all ends the faults it can reach though the engine is away, says so, and mends the rest later", async () => {
    const w = await world();
    await w.apply(cutN1);
    w.cluster.engineDown = true;
    expect(await w.heal({ by: "all" })).toEqual(error("ENGINE_UNREACHABLE"));
    expect(w.look()).toEqual(clean);
    harm(w);
    w.cluster.engineDown = false;
    await w.clock.advance(600);
    expect(w.look()).toEqual(clean);
  });

  test("healing all goes on until the last node is mended", async () => {
    const w = await world();
    harm(w);
    w.cluster.deafToUnpause = true;
    expect(await w.heal({ by: "all" })).toEqual(error("ENGINE_REFUSED"));
    w.cluster.deafToUnpause = false;
    await w.clock.advance(300);
    expect(w.look()).toEqual(clean);
    w.cluster.node("n1").state = "paused";
    await w.apply(pause(["n1"]), 1000);
    await w.clock.advance(2000);
    expect(w.cluster.look("n1")).toBe("paused");
  });

  test("an agent that cannot read its ledger brings every node back to normal", async () => {
    const w = worldWithoutAgent();
    harm(w);
    strayChain(w, "n3");
    w.ledgerDamaged = true;
    w.cluster.engineDown = true;
    await w.startAgent();
    w.cluster.engineDown = false;
    await w.clock.advance(300);
    expect(w.look()).toEqual(clean);
    const { iptables } = w.cluster.node("n3").namespace;
    expect([iptables.v4.rules, iptables.v6.rules]).toEqual([undefined, undefined]);
  });

  test("a process number that passes to somebody else's process is not acted on", async () => {
    const w = await world();
    const [n1, stranger] = [w.cluster.node("n1"), w.cluster.node("n3")];
    w.cluster.meanwhile = () => {
      stranger.pid = n1.pid;
      w.cluster.nodes.delete("n1");
      w.cluster.nodes.set("n1", { ...n1, pid: 4711 });
    };
    await w.apply(partition([["n1"], ["n2"]], ["n1", "n2"]));
    expect(w.cluster.acts).toEqual(["n2 nft"]);
    expect(w.cluster.look("n3")).toBe("clean");
  });

  test("healing twice is healing once; an id that never was is an error", async () => {
    const w = await world();
    await w.apply(pause(["n1"]));
    await w.heal({ by: "id", id: "f1" });
    expect(await w.heal({ by: "id", id: "f1" })).toMatchObject({ ok: true, result: { healed: [] } });
    expect(await w.heal({ by: "id", id: "f2" })).toEqual(error("UNKNOWN_FAULT"));
  });

  test("a fault on a stranger is refused", async () => {
    const w = await world();
    expect(await w.apply(pause(["n9"]))).toEqual(error("UNKNOWN_NODE"));
    expect(await w.apply(partition([["n1"]], ["n1", "n9"]))).toEqual(error("UNKNOWN_NODE"));
    expect(w.disk.nextNumber).toBe(1);
  });
});
