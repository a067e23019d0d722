// Shows what is known of a fault: nothing while it is brought into force, that it was read back, or what probes felt of it.
import { expect, test } from "vitest";
import type { Measurement } from "../../src/chaos/proof.js";
import { partition, pause } from "./faults.js";
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
