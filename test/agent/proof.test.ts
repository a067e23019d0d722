// Shows what is known of a fault: nothing while it is brought into force, that it was read back, or what probes felt of it.
import { describe, expect, test } from "vitest";
import type { Measurement } from "../../src/chaos/proof.js";
import { delay, partition, pause } from "./faults.js";
import { type World, clean, gate, world } from "./world.js";

const felt: Measurement = { what: "n2 -> n1 loss", asked: "100%", measured: "100% of 20", ok: true };
const unfelt: Measurement = {
  what: "n1 pause",
  asked: "no answer",
  measured: "not measured: it runs no bundled store",
  ok: null,
};
const wrong: Measurement = { what: "n3 -> n1 loss", asked: "100%", measured: "0% of 20", ok: false };

const verify = (w: World) => w.ask({ op: "apply", fault: partition([["n1"]]), durationMs: 5000, seed: null, verify: true });
const proofs = async (w: World) => {
  const reply = await w.ask({ op: "list" });
  return reply.ok && "faults" in reply.result ? reply.result.faults.map(({ proof }) => proof) : undefined;
};

test("a fault that nobody asked to measure was read back, which is said only once it was", async () => {
  const w = await world();
  const { shut, open } = gate();
  w.cluster.slowPause = shut;
  const reply = w.apply(pause(["n1"]));
  await w.clock.advance(0);
  expect(await proofs(w)).toEqual([null]);
  open();
  expect(await reply).toMatchObject({ result: { fault: { proof: { how: "read-back" } } } });
  expect(await proofs(w)).toEqual([{ how: "read-back" }]);
});

test("what probes felt is told, kept while the fault lasts, and forgotten by the next agent", async () => {
  const w = await world();
  w.measure = async () => [felt, unfelt];
  const proof = { how: "measured", measurements: [felt, unfelt] };
  expect(await verify(w)).toMatchObject({ ok: true, result: { fault: { proof } } });
  expect(await proofs(w)).toEqual([proof]);
  w.killAgent();
  await w.startAgent();
  expect(await proofs(w)).toEqual([{ how: "read-back" }]);
});

test("a fault that is not felt as asked is healed, and every figure is told beside what was asked", async () => {
  const w = await world();
  w.measure = async () => [felt, wrong];
  expect(await verify(w)).toMatchObject({
    ok: false,
    error: {
      code: "FAULT_NOT_PROVEN",
      details: ["n2 -> n1 loss: asked 100%, measured 100% of 20", "WRONG n3 -> n1 loss: asked 100%, measured 0% of 20"],
    },
  });
  expect(w.look()).toEqual(clean);
  expect(w.records.at(-1)).toMatchObject({ event: "fault-healed", reason: "unproven" });
});

test("probes that do not work take the fault back", async () => {
  const w = await world();
  w.measure = async () => Promise.reject(new Error("spawn node ENOMEM"));
  expect(await verify(w)).toMatchObject({ ok: false, error: { code: "FAULT_NOT_APPLIED", message: "spawn node ENOMEM" } });
  expect(w.look()).toEqual(clean);
});

test("a fault that ends while it is measured is not said to be proven", async () => {
  const w = await world();
  const { shut, open } = gate();
  w.measure = () => shut.then(() => [wrong]);
  const reply = verify(w);
  await w.clock.advance(5100);
  open();
  expect(await reply).toMatchObject({ ok: false, error: { code: "FAULT_NOT_APPLIED" } });
  expect(w.look()).toEqual(clean);
});

describe("what changes while it is measured", () => {
  const slow: Measurement = { what: "n2 -> n1 delay", asked: "0ms", measured: "50ms (p50 of 20)", ok: false };
  const right: Measurement = { ...slow, measured: "0.1ms (p50 of 20)", ok: true };
  const unjudged: Measurement = { ...slow, measured: "not measured: other faults changed meanwhile", ok: null };
  const changes: readonly [string, (w: World) => unknown][] = [
    ["another fault ends", (w) => w.heal({ by: "id", id: "f1" })],
    ["another fault begins", (w) => w.apply(delay(["n2"], 50))],
    ["another fault loses a node", (w) => w.ask({ op: "start", nodes: ["n3"] })],
    ["a node restarts", (w) => w.cluster.restart("n2")],
    ["a node ends by itself", (w) => w.cluster.stop("n2")],
  ];
  const begin = async (): Promise<World> => {
    const w = await world();
    await w.apply(delay(["n1"], 50));
    await w.apply({ kind: "kill", nodes: ["n2", "n3"], signal: "KILL" });
    await w.ask({ op: "start", nodes: ["n2"] });
    return w;
  };

  test.each(changes)("disproves nothing: %s, and it is measured again", async (_, change) => {
    const w = await begin();
    let times = 0;
    w.measure = async () => {
      if (times++ > 0) return [right];
      await change(w);
      await w.clock.advance(100);
      return [slow];
    };
    expect(await verify(w)).toMatchObject({ ok: true, result: { fault: { proof: { measurements: [right] } } } });
    expect(times).toBe(2);
  });

  test("proves nothing either: after the third time, figures are said not to be measured", async () => {
    const w = await begin();
    let times = 0;
    w.measure = async () => {
      times++;
      w.cluster.restart("n2");
      await w.clock.advance(100);
      return [slow, right, unfelt];
    };
    const proof = { how: "measured", measurements: [unjudged, unjudged, unfelt] };
    expect(await verify(w)).toMatchObject({ ok: true, result: { fault: { proof } } });
    expect(times).toBe(3);
  });

  test("is not over while it is still being done", async () => {
    const w = await begin();
    const { shut, open } = gate();
    w.cluster.slowPause = shut;
    let pausing: Promise<unknown> | undefined;
    w.measure = async () => {
      pausing ??= w.apply(pause(["n2"]));
      await w.clock.advance(0);
      return [slow];
    };
    expect(await verify(w)).toMatchObject({ ok: true, result: { fault: { proof: { measurements: [unjudged] } } } });
    open();
    expect(await pausing).toMatchObject({ ok: true });
  });

  test("is not waited out where measuring takes so long that nobody would wait for the answer", async () => {
    const w = await begin();
    let times = 0;
    w.measure = async () => {
      times++;
      w.cluster.restart("n2");
      await w.clock.advance(91_000);
      return [slow];
    };
    const reply = w.ask({ op: "apply", fault: partition([["n1"]]), durationMs: null, seed: null, verify: true });
    expect(await reply).toMatchObject({ ok: true, result: { fault: { proof: { measurements: [unjudged] } } } });
    expect(times).toBe(1);
  });

  test("may break the probes, which are then sent again", async () => {
    const w = await begin();
    let times = 0;
    w.measure = async () => {
      if (times++ > 0) return [right];
      w.cluster.restart("n2");
      await w.clock.advance(100);
      throw new Error("the probe ended");
    };
    expect(await verify(w)).toMatchObject({ ok: true });
  });
});
