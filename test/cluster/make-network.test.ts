// Shows that a cluster gets its network when the engine's address pools are used up, also where others look for a subnet at the same time.
import { expect, test } from "vitest";
import { makeNetwork } from "../../src/cluster/make-network.js";
import { DeviousError } from "../../src/core/errors.js";
import { createMemoryEngine } from "../../src/engine/memory/memory-engine.js";
import type { MemoryEngine } from "../../src/engine/memory/memory-engine.js";

function engineWith(networksMax: number): MemoryEngine {
  return createMemoryEngine({ program: () => () => undefined, networksMax });
}

test("twenty at once get twenty networks where the engine's pools have room for three", async () => {
  const engine = engineWith(3);
  const names = Array.from({ length: 20 }, (_, i) => `devious.demo-${i}`);
  await Promise.all(names.map((name) => makeNetwork(engine, name, { a: "b" })));
  expect((await engine.listNetworks(["a"])).map(({ name }) => name).sort()).toEqual(names.toSorted());
  const { subnets } = await engine.resources();
  expect(new Set(subnets).size).toBe(17);
});

test("while the pools have room, the choice is the engine's", async () => {
  const engine = engineWith(1);
  await makeNetwork(engine, "devious.demo", {});
  expect((await engine.resources()).subnets).toEqual([]);
});

test("a subnet that another has taken meanwhile is left to it", async () => {
  const engine = engineWith(0);
  const asked: (string | undefined)[] = [];
  const racing = {
    resources: () => engine.resources(),
    createNetwork: async (name: string, labels: object, subnet?: string) => {
      asked.push(subnet);
      if (asked.length === 2) await engine.createNetwork("faster", {}, subnet);
      return engine.createNetwork(name, { ...labels }, subnet);
    },
  };
  await makeNetwork(racing, "devious.demo", { a: "b" });
  expect(asked).toHaveLength(3);
  expect(asked[2]).not.toBe(asked[1]);
  expect(await engine.listNetworks(["a"])).toHaveLength(1);
});

test("where no subnet can be had it ends, and says what to do", async () => {
  const engine = engineWith(0);
  const overlap = new DeviousError("ENGINE_REFUSED", "The engine could not: Pool overlaps with other one on this address space.");
  let asked = 0;
  const full = {
    resources: () => engine.resources(),
    createNetwork: (name: string, labels: object, subnet?: string) => {
      asked++;
      return subnet === undefined ? engine.createNetwork(name, { ...labels }) : Promise.reject(overlap);
    },
  };
  await expect(makeNetwork(full, "devious.demo", {})).rejects.toMatchObject({
    code: "ENGINE_REFUSED",
    message: "The engine has no subnet left for the network devious.demo.",
    hint: expect.stringContaining("devious gc"),
  });
  expect(asked).toBe(9);
});

test("any other refusal leaves as it came", async () => {
  const engine = engineWith(0);
  const gone = new DeviousError("ENGINE_UNREACHABLE", "No engine answers.");
  await expect(makeNetwork({ ...engine, createNetwork: () => Promise.reject(gone) }, "devious.demo", {})).rejects.toBe(gone);
});
