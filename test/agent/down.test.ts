// Shows that nodes that are killed, stopped, restarted or made to crash again and again run again in the end, whoever dies in between.
import { describe, expect, test } from "vitest";
import type { Fault } from "../../src/chaos/fault.js";
import type { Signal } from "../../src/chaos/kill.js";
import { emptyLedger } from "../../src/chaos/ledger.js";
import { delay, names, partition, pause } from "./faults.js";
import { type World, clean, error, gate, world, worldWithoutAgent } from "./world.js";

const kill = (nodes: readonly string[], signal: Signal = "KILL"): Fault => ({ kind: "kill", nodes, signal });
const stop = (nodes: readonly string[], graceMs = 5000): Fault => ({ kind: "stop", nodes, graceMs });
const restart = (nodes: readonly string[]): Fault => ({ kind: "restart", nodes, graceMs: 5000 });
const crashLoop = (nodes: readonly string[], everyMs: number): Fault => ({ kind: "crash-loop", nodes, everyMs });
const cpu = (nodes: readonly string[]): Fault => ({ kind: "cpu", nodes, cpus: 0.5 });
const cutN1 = partition([["n1"]]);

/** What was done to nodes as a whole, e.g. `n1 SIGKILL`. */
function acts({ cluster }: World): readonly string[] {
  return cluster.acts.filter((act) => /SIG|stop|start|pause/.test(act));
}

describe("while it lasts", () => {
  test.each<[string, Fault, string]>([
    ["a kill", kill(["n1"]), "n1 SIGKILL"],
    ["a kill by another signal", kill(["n1"], "TERM"), "n1 SIGTERM"],
    ["a stop", stop(["n1"], 1500), "n1 stop 1500"],
  ])("%s is in force when the answer comes, and the node runs again at its deadline", async (_, fault, act) => {
    const w = await world();
    expect(await w.apply(fault, 5000)).toMatchObject({ ok: true, result: { fault: { timeLeftMs: 5000 } } });
    expect(w.look()).toEqual(["stopped", "clean", "clean"]);
    expect(w.disk.downed).toMatchObject({ n1: { containerId: "container-n1" } });
    await w.clock.advance(4900);
    expect(w.look()).toEqual(["stopped", "clean", "clean"]);
    await w.clock.advance(200);
    expect(w.look()).toEqual(clean);
    expect(acts(w)).toEqual([act, "n1 start"]);
    expect(w.disk).toMatchObject({ faults: [], downed: {} });
  });

  test("a node that somebody starts is brought down again", async () => {
    const w = await world();
    await w.apply(kill(["n1"]), 5000);
    w.cluster.restart("n1");
    await w.clock.advance(100);
    expect(w.look()).toEqual(["stopped", "clean", "clean"]);
    await w.clock.advance(5000);
    expect(w.look()).toEqual(clean);
  });

  test("a container that takes the place of a killed one is brought down too, and that is the one started", async () => {
    const w = await world();
    await w.apply(kill(["n1"]), 5000);
    w.cluster.node("n1").id = "another";
    w.cluster.restart("n1");
    await w.clock.advance(100);
    expect(w.disk.downed).toMatchObject({ n1: { containerId: "another" } });
    await w.clock.advance(5000);
    expect(w.look()).toEqual(clean);
  });

  test("the last of two that keep a node down decides when it runs", async () => {
    const w = await world();
    await w.apply(stop(["n1", "n2"]), 2000);
    expect(await w.apply(kill(["n1"]))).toEqual(error("FAULT_NOT_APPLIED"));
    w.cluster.restart("n1");
    await w.clock.advance(2100);
    expect(w.look()).toEqual(clean);
  });

  test("other faults of the node are there when it runs again", async () => {
    const w = await world();
    await w.apply(cutN1);
    await w.apply(kill(["n1"]), 1000);
    await w.clock.advance(1100);
    expect(w.look()).toEqual(["deaf to 10.0.0.3,10.0.0.4", "deaf to 10.0.0.2", "deaf to 10.0.0.2"]);
  });

  test.each<[string, () => Promise<World>]>([
    ["that we froze", () => frozenByUs()],
    ["that somebody froze", () => frozenByHand()],
  ])("a node %s is thawed before it is killed: the frozen die of nothing but SIGKILL", async (_, prepare) => {
    const w = await prepare();
    await w.apply(kill(["n1"], "TERM"), 1000);
    expect(acts(w).slice(-2)).toEqual(["n1 unpause", "n1 SIGTERM"]);
    expect(w.disk.frozen).toEqual({});
  });

  test("a pause outlives a kill: the node is frozen when it runs again", async () => {
    const w = await frozenByUs();
    await w.apply(kill(["n1"]), 1000);
    await w.clock.advance(1100);
    expect(w.look()).toEqual(["paused", "clean", "clean"]);
    await w.heal({ by: "all" });
    expect(w.look()).toEqual(clean);
  });
});

async function frozenByUs(): Promise<World> {
  const w = await world();
  await w.apply(pause(["n1"]));
  return w;
}

async function frozenByHand(): Promise<World> {
  const w = await world();
  w.cluster.node("n1").state = "paused";
  return w;
}

describe("whose node it is", () => {
  test("a node that does not run cannot be killed, and is not started afterwards", async () => {
    const w = await world();
    w.cluster.stop("n1");
    for (const fault of [kill(["n1", "n2"]), stop(["n1"]), restart(["n1"]), crashLoop(["n1"], 1000)]) {
      expect(await w.apply(fault, 1000)).toEqual(error("FAULT_NOT_APPLIED"));
    }
    await w.heal({ by: "all" });
    expect(w.look()).toEqual(["stopped", "clean", "clean"]);
    expect(acts(w)).toEqual([]);
  });

  test("a node that goes down by itself just before it is killed stays down", async () => {
    const w = await world();
    const { shut, open } = gate();
    w.diskSlow = shut;
    const reply = w.apply(kill(["n1"]));
    await w.clock.advance(0);
    w.cluster.stop("n1");
    open();
    expect(await reply).toEqual(error("FAULT_NOT_APPLIED"));
    expect(w.look()).toEqual(["stopped", "clean", "clean"]);
  });

  test("a node that was removed under a kill is forgotten", async () => {
    const w = await world();
    await w.apply(kill(["n1"]), 1000);
    w.cluster.nodes.delete("n1");
    await w.clock.advance(1100);
    expect(w.disk).toEqual({ ...emptyLedger, nextNumber: 2 });
  });

  test("without its ledger, the agent starts whatever stands still", async () => {
    const w = worldWithoutAgent();
    w.cluster.stop("n2");
    w.ledgerDamaged = true;
    w.cluster.engineDown = true;
    await w.startAgent();
    w.cluster.engineDown = false;
    await w.clock.advance(600);
    expect(w.look()).toEqual(clean);
  });
});

describe("trouble", () => {
  test("a signal that a program survives is taken back everywhere", async () => {
    const w = await world();
    w.cluster.node("n2").survives = ["SIGTERM"];
    const reply = w.apply(kill(names, "TERM"));
    await w.clock.advance(5100);
    expect(await reply).toMatchObject({ error: { message: "n2 survived SIGTERM: it still runs after 5s." } });
    expect(w.look()).toEqual(clean);
    expect(w.disk).toMatchObject({ faults: [], downed: {} });
    // it might have died of the signal yet
    expect(acts(w).filter((act) => act.startsWith("n2"))).toEqual(["n2 SIGTERM", "n2 SIGKILL", "n2 start"]);
  });

  test("a stop whose grace is longer than the fault is cut short", async () => {
    const w = await world();
    w.cluster.node("n1").survives = ["SIGTERM"];
    const reply = w.apply(stop(["n1"], 60_000), 2000);
    await w.clock.advance(2200);
    expect(await reply).toEqual(error("FAULT_NOT_APPLIED"));
    expect(acts(w)).toEqual(["n1 stop 60000", "n1 SIGKILL", "n1 start"]);
    expect(w.look()).toEqual(clean);
  });

  test("what cannot be written down is not brought down", async () => {
    const w = await world();
    await w.apply(kill(["n1"]), 60_000);
    w.diskFull = true;
    expect(await w.apply(kill(["n2"]))).toEqual(error("FAULT_NOT_APPLIED"));
    w.cluster.node("n1").id = "another";
    w.cluster.restart("n1");
    await w.clock.advance(1000);
    expect(acts(w)).toEqual(["n1 SIGKILL"]);
    w.diskFull = false;
    await w.clock.advance(300);
    expect(acts(w)).toEqual(["n1 SIGKILL", "n1 SIGKILL"]);
  });

  test.each<[string, (w: World, isAway: boolean) => void]>([
    ["is away", (w, isAway) => (w.cluster.engineDown = isAway)],
    ["refuses", (w, isAway) => (w.cluster.startRefused = isAway ? "driver failed" : undefined)],
  ])("an engine that %s when the node is to start is asked until it does", async (_, setAway) => {
    const w = await world();
    await w.apply(kill(["n1"]), 1000);
    setAway(w, true);
    await w.clock.advance(4000);
    expect(w.look()).toEqual(["stopped", "clean", "clean"]);
    expect(w.disk.downed).toMatchObject({ n1: { containerId: "container-n1" } });
    setAway(w, false);
    await w.clock.advance(600);
    expect(w.look()).toEqual(clean);
    expect(w.disk.downed).toEqual({});
    expect(w.events().filter((event) => event === "node-not-settled")).toHaveLength(1);
  });

  test("a kill that the engine carries out long after it was asked does not keep the node down", async () => {
    const w = await world();
    const { shut, open } = gate();
    w.cluster.slowKill = shut;
    const reply = w.apply(kill(["n1"]), 1000);
    await w.clock.advance(1100);
    open();
    await w.clock.advance(300);
    expect(await reply).toEqual(error("FAULT_NOT_APPLIED"));
    expect(w.look()).toEqual(clean);
  });

  test.each<[string, Fault, number, (w: World) => Promise<unknown>]>([
    ["fails", kill(["n1"], "TERM"), 60_000, (w) => w.clock.advance(5500)],
    ["is healed before it is known to", kill(["n1"], "TERM"), 60_000, (w) => w.heal({ by: "all" })],
    ["is over before it is known to", kill(["n1"], "TERM"), 1000, (w) => w.clock.advance(1000)],
    ["is overruled by a start", kill(["n1"], "TERM"), 60_000, (w) => w.ask({ op: "start", nodes: ["n1"] })],
  ])("a program that is still at its last words when its kill %s ends and runs again", async (_, fault, lastsMs, over) => {
    const w = await world();
    w.cluster.node("n1").survives = ["SIGTERM"];
    const { pid } = w.cluster.node("n1");
    const reply = w.apply(fault, lastsMs);
    await w.clock.advance(500);
    const isOver = over(w);
    await w.clock.advance(5500);
    await isOver;
    expect(await reply).toEqual(error("FAULT_NOT_APPLIED"));
    // the program that was told to end would have ended about now
    if (w.cluster.node("n1").pid === pid) w.cluster.stop("n1");
    await w.clock.advance(1000);
    expect(w.look()).toEqual(clean);
    expect(w.disk.downed).toEqual({});
  });

  test("a kill that the engine neither carries out nor answers is remembered until it does", async () => {
    const w = await world();
    const { shut, open } = gate();
    w.cluster.slowKill = shut;
    const reply = w.apply(kill(["n1"]), 60_000);
    await w.clock.advance(30_000);
    expect(await reply).toEqual(error("ENGINE_UNREACHABLE"));
    expect(w.disk).toMatchObject({ faults: [], downed: { n1: { containerId: "container-n1" } } });
    open();
    await w.clock.advance(6000);
    expect(w.look()).toEqual(clean);
    expect(w.disk.downed).toEqual({});
  });

  test("while a program takes its time to end, other faults of its node end in theirs, and healing them is answered", async () => {
    const w = await world();
    w.cluster.node("n1").survives = ["SIGTERM"];
    await w.apply(cutN1, 2000);
    await w.apply(cpu(["n1"]), 2000);
    await w.apply(delay(["n1"], 100));
    const reply = w.apply(stop(["n1"], 30_000), 60_000);
    await w.clock.advance(2100);
    expect(w.look()).toEqual(["slow to 2", "clean", "clean"]);
    expect(await w.heal({ by: "id", id: "f3" })).toMatchObject({ ok: true });
    expect(w.look()).toEqual(clean);
    w.cluster.stop("n1");
    await w.clock.advance(100);
    expect(await reply).toMatchObject({ ok: true });
    expect(acts(w)).toEqual(["n1 stop 30000"]);
  });
});

describe("the agent dies", () => {
  const faultsLeft = (deadlineMs: number | null, fault: Fault) => [
    { id: "f1", fault, startedAtMs: 1_000_000, deadlineMs, seed: null },
  ];

  test.each<[string, Fault, number, boolean, boolean]>([
    ["before the note, in time", kill(["n1"]), 5000, false, true],
    ["between the note and the act, in time", kill(["n1"]), 5000, true, true],
    ["between the act and the answer, in time", kill(["n1"]), 5000, true, false],
    ["between the note and the act, too late", stop(["n1"]), 0, true, true],
    ["between the act and the answer, too late", stop(["n1"]), 0, true, false],
    ["between the note and the act of a restart", restart(["n1"]), 5000, true, true],
    ["between the stop and the start of a restart", restart(["n1"]), 5000, true, false],
    ["between the kill and the start of a crash loop", crashLoop(["n1"], 60_000), 5000, true, false],
  ])("%s: the node is as the ledger says, and runs in the end", async (_, fault, leftMs, noted, runs) => {
    const w = worldWithoutAgent();
    const faults = faultsLeft(w.clock.nowMs() + leftMs, fault);
    w.disk = {
      ...emptyLedger,
      nextNumber: 2,
      faults,
      downed: noted ? { n1: { containerId: "container-n1", pid: w.cluster.node("n1").pid } } : {},
    };
    if (!runs) w.cluster.stop("n1");
    await w.startAgent();
    const isKeptDown = leftMs > 0 && (fault.kind === "kill" || fault.kind === "stop");
    expect(w.look()).toEqual([isKeptDown ? "stopped" : "clean", "clean", "clean"]);
    await w.clock.advance(leftMs + 100);
    expect(w.look()).toEqual(clean);
    expect(w.disk).toMatchObject({ faults: [], downed: {} });
  });

  test.each<[string, Fault, number | null]>([
    ["a restart", { kind: "restart", nodes: ["n1"], graceMs: 10_000 }, null],
    ["a stop whose time passes meanwhile", stop(["n1"], 10_000), 2000],
    ["a kill by a signal whose time passes meanwhile", kill(["n1"], "TERM"), 2000],
  ])("in the grace of %s, which the engine then carries out: the node runs in the end", async (_, fault, lastsMs) => {
    const w = await world();
    const { pid } = w.cluster.node("n1");
    w.cluster.node("n1").survives = ["SIGTERM"];
    void w.apply(fault, lastsMs);
    await w.clock.advance(1000);
    w.killAgent();
    await w.clock.advance(2000);
    const started = w.startAgent();
    await w.clock.advance(1000);
    await started;
    if (w.cluster.node("n1").pid === pid) w.cluster.stop("n1");
    await w.clock.advance(1000);
    expect(w.look()).toEqual(clean);
    expect(w.disk).toMatchObject({ faults: [], downed: {} });
  });

  test("between the healing and the start: the next agent starts the node", async () => {
    const w = worldWithoutAgent();
    w.disk = { ...emptyLedger, nextNumber: 2, downed: { n1: { containerId: "container-n1", pid: 100 } } };
    w.cluster.stop("n1");
    w.cluster.stop("n2");
    await w.startAgent();
    expect(w.look()).toEqual(["clean", "stopped", "clean"]);
  });
});

describe("restart", () => {
  test("is over when the answer comes, and the node runs", async () => {
    const w = await world();
    await w.apply(cutN1);
    const reply = await w.apply(restart(["n1", "n2"]), 60_000);
    expect(reply).toMatchObject({ ok: true, result: { fault: { id: "f2", timeLeftMs: 0 } } });
    expect(w.look()).toEqual(["deaf to 10.0.0.3,10.0.0.4", "deaf to 10.0.0.2", "deaf to 10.0.0.2"]);
    expect(acts(w)).toEqual(["n1 stop 5000", "n2 stop 5000", "n1 start", "n2 start"]);
    expect(w.disk).toMatchObject({ faults: [{ id: "f1" }], downed: {} });
    expect(w.events()).toEqual(["agent-started", "fault-applied", "fault-applied", "fault-healed"]);
  });

  test("of several nodes fails on one: the others run again", async () => {
    const w = await world();
    w.cluster.startRefused = "driver failed";
    const reply = await w.apply(restart(names));
    expect(reply).toEqual(error("ENGINE_REFUSED"));
    w.cluster.startRefused = undefined;
    await w.clock.advance(300);
    expect(w.look()).toEqual(clean);
  });
});

describe("wipe", () => {
  const wipe = (nodes: readonly string[]): Fault => ({ kind: "wipe", nodes });
  const doneTo = ({ cluster }: World): readonly string[] => cluster.acts.filter((act) => /SIG|start|puts/.test(act));

  test("kills the node, empties its disk while it is down, and starts it", async () => {
    const w = await world();
    expect(await w.apply(wipe(["n1"]))).toMatchObject({ ok: true });
    expect(w.look()).toEqual(clean);
    expect(doneTo(w)).toEqual(["n1 SIGKILL", "n1 puts /data/wipe", "n1 start"]);
    expect(w.disk).toMatchObject({ faults: [], downed: {} });
  });

  test("a node that has ended by itself runs again", async () => {
    const w = await world();
    w.cluster.stop("n1");
    await w.apply(wipe(["n1"]));
    expect(w.look()).toEqual(clean);
    expect(doneTo(w)).toEqual(["n1 puts /data/wipe", "n1 start"]);
  });

  test("what another fault keeps down loses its disk and stays down", async () => {
    const w = await world();
    await w.apply(kill(["n1"]), 5000);
    await w.apply(wipe(["n1"]));
    expect(w.look()).toEqual(["stopped", "clean", "clean"]);
    expect(doneTo(w)).toEqual(["n1 SIGKILL", "n1 puts /data/wipe"]);
  });
});

describe("crash loop", () => {
  const kills = (w: World): number => acts(w).filter((act) => act === "n1 SIGKILL").length;

  test("kills at once and then every time, and the node always runs again", async () => {
    const w = await world();
    await w.apply(crashLoop(["n1"], 2000), 7000);
    expect([kills(w), w.look()]).toEqual([1, clean]);
    await w.clock.advance(1900);
    expect(kills(w)).toBe(1);
    await w.clock.advance(200);
    expect([kills(w), w.look()]).toEqual([2, clean]);
    await w.clock.advance(20_000);
    expect([kills(w), w.look()]).toEqual([4, clean]);
    expect(w.events().filter((event) => event === "node-crashed")).toHaveLength(3);
  });

  test("goes on under the next agent, at the same times", async () => {
    const w = await world();
    await w.apply(crashLoop(["n1"], 2000));
    w.killAgent();
    await w.clock.advance(4500);
    await w.startAgent();
    expect(kills(w)).toBe(1);
    await w.clock.advance(1400);
    expect(kills(w)).toBe(1);
    await w.clock.advance(200);
    expect(kills(w)).toBe(2);
  });

  test("leaves a node alone that something keeps down", async () => {
    const w = await world();
    await w.apply(crashLoop(["n1"], 2000));
    await w.apply(stop(["n1"]), 5000);
    await w.clock.advance(4900);
    expect([kills(w), w.look()]).toEqual([1, ["stopped", "clean", "clean"]]);
    await w.clock.advance(2000);
    expect([kills(w), w.look()]).toEqual([2, clean]);
  });

  test("starts a node that went down by itself", async () => {
    const w = await world();
    await w.apply(crashLoop(["n1"], 2000));
    w.cluster.stop("n1");
    await w.clock.advance(2100);
    expect(w.look()).toEqual(clean);
  });

  test("that the engine does not carry out ends with the node running all the same", async () => {
    const w = await world();
    await w.apply(crashLoop(["n1"], 1000), 3000);
    w.cluster.startRefused = "driver failed";
    await w.clock.advance(5000);
    expect(w.look()).toEqual(["stopped", "clean", "clean"]);
    w.cluster.startRefused = undefined;
    await w.clock.advance(300);
    expect(w.look()).toEqual(clean);
  });
});

describe("start", () => {
  test("narrows what keeps several nodes down, ends what keeps one down, and starts whoever does not run", async () => {
    const w = await world();
    w.cluster.stop("n3");
    await w.apply(kill(["n1", "n2"]), 60_000);
    expect(await w.ask({ op: "start", nodes: ["n1", "n3"] })).toMatchObject({ ok: true, result: { started: ["n1", "n3"] } });
    expect(w.look()).toEqual(["clean", "stopped", "clean"]);
    expect(w.disk.faults).toMatchObject([{ id: "f1", fault: { nodes: ["n2"] }, deadlineMs: w.clock.nowMs() + 60_000 }]);
    expect(await w.ask({ op: "start", nodes: ["n2", "n3"] })).toMatchObject({ ok: true, result: { started: ["n2"] } });
    expect(w.look()).toEqual(clean);
    expect(w.disk.faults).toEqual([]);
    expect(w.events().slice(2)).toEqual(["fault-narrowed", "fault-healed"]);
  });

  test("leaves other faults in force", async () => {
    const w = await world();
    await w.apply(cutN1);
    await w.apply(pause(["n1"]));
    expect(await w.ask({ op: "start", nodes: ["n1"] })).toMatchObject({ ok: true, result: { started: [] } });
    expect(w.look()[0]).toBe("paused + deaf to 10.0.0.3,10.0.0.4");
  });

  test("of a stranger is refused", async () => {
    const w = await world();
    expect(await w.ask({ op: "start", nodes: ["n9"] })).toEqual(error("UNKNOWN_NODE"));
  });

  test("of a node that somebody starts at the same time does not end what they started", async () => {
    const w = await world();
    w.cluster.stop("n1");
    const engine = { ...w.cluster.engine };
    Object.assign(w.cluster.engine, {
      pidOf: (id: string) => {
        if (w.cluster.node("n1").state === "stopped") w.cluster.restart("n1");
        return engine.pidOf(id);
      },
    });
    expect(await w.ask({ op: "start", nodes: ["n1"] })).toMatchObject({ ok: true });
    expect(acts(w)).not.toContain("n1 SIGKILL");
    expect(w.look()).toEqual(clean);
  });

  test("that the engine refuses is not made up for later, unless we brought the node down", async () => {
    const w = await world();
    await w.apply(kill(["n2"]));
    w.cluster.stop("n1");
    w.cluster.startRefused = "port is already allocated";
    expect(await w.ask({ op: "start", nodes: ["n1", "n2"] })).toEqual(error("ENGINE_REFUSED"));
    w.cluster.startRefused = undefined;
    await w.clock.advance(10_000);
    expect(w.look()).toEqual(["stopped", "clean", "clean"]);
    expect(w.disk.downed).toEqual({});
  });

  test("that the engine refuses again and again is asked for more and more rarely, but soon while a deadline is ahead", async () => {
    const w = await world();
    await w.apply(kill(["n1"]), 1000);
    w.cluster.startRefused = "port is already allocated";
    await w.clock.advance(600_000);
    const tries = (): number => acts(w).filter((act) => act === "n1 start").length;
    const before = tries();
    await w.clock.advance(60_000);
    expect(tries() - before).toBe(12);
    await w.apply(pause(["n2"]), 60_000);
    await w.clock.advance(10_000);
    expect(tries() - before).toBe(12 + 10);
  });
});
