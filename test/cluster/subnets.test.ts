// Shows how many networks the engine can still make, as the engine itself would find them, and where one is made when its pools are used up.
import fc from "fast-check";
import { expect, test } from "vitest";
import { freeSubnets, proposeSubnet, routedSubnets } from "../../src/cluster/subnets.js";
import { createPrng } from "../../src/core/prng.js";

const byDefault = 15 + 16;

test.each<[string, Parameters<typeof freeSubnets>[0], readonly string[], number]>([
  ["an engine without networks", [], [], byDefault],
  ["its own bridge", [], ["172.17.0.0/16"], byDefault - 1],
  ["IPv6 takes nothing", [], ["172.17.0.0/16", "fd00::/64"], byDefault - 1],
  ["a VPN over half of a pool", [], ["172.16.0.0/12"], 16],
  ["an address of this machine inside a subnet", [], ["192.168.1.7/24"], byDefault - 1],
  ["a large neighbour", [], ["0.0.0.0/0"], 0],
  ["pools of its own", [{ base: "10.200.0.0/16", size: 24 }], ["10.200.3.0/24", "172.17.0.0/16"], 255],
  ["pools of its own, all used", [{ base: "10.200.0.0/23", size: 24 }], ["10.200.0.0/24", "10.200.1.0/24"], 0],
  ["a pool that is one subnet", [{ base: "10.200.0.0/24", size: 24 }], [], 1],
  ["a pool of IPv6", [{ base: "fd00::/48", size: 64 }], [], 0],
])("%s", (_, pools, inUse, expected) => {
  expect(freeSubnets(pools, inUse, 1000)).toBe(expected);
});

test("it counts no further than asked", () => {
  expect(freeSubnets([{ base: "10.0.0.0/8", size: 30 }], [], 3)).toBe(3);
});

/** Draws the first place always. */
const first = { int: (min: number) => min };

test.each<[string, readonly string[], string | undefined]>([
  ["nothing in use", [], "10.0.0.0/24"],
  ["neighbours", ["10.0.0.0/24", "10.0.1.0/25"], "10.0.2.0/24"],
  ["a company's VPN", ["10.0.0.0/8"], "172.16.0.0/24"],
  ["one half of what is private", ["10.0.0.0/8", "172.16.0.0/12"], "192.168.0.0/24"],
  [
    "a corner that is left",
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/17", "192.168.128.0/18", "192.168.192.0/19", "192.168.224.0/20"].concat(
      Array.from({ length: 15 }, (_, i) => `192.168.${240 + i}.0/24`),
      ["192.168.255.0/27"],
    ),
    "192.168.255.32/27",
  ],
  ["all that is private", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"], undefined],
])("beside the pools, with %s", (_, inUse, expected) => {
  expect(proposeSubnet(inUse, first)).toBe(expected);
});

test("twenty that ask at once are proposed subnets apart from each other, and from all that is in use", () => {
  const proposed = Array.from({ length: 20 }, (_, seed) => proposeSubnet(["172.16.0.0/12"], createPrng(seed)));
  expect(new Set(proposed).size).toBe(20);
  fc.assert(
    fc.property(fc.integer(), fc.array(fc.tuple(fc.nat(255), fc.nat(255), fc.integer({ min: 9, max: 30 }))), (seed, drawn) => {
      const inUse = drawn.map(([a, b, bits]) => `10.${a}.${b}.0/${bits}`);
      const subnet = proposeSubnet(inUse, createPrng(seed)) ?? "";
      // as an engine would see it: the proposed one is its only pool
      expect(freeSubnets([{ base: subnet, size: Number(subnet.split("/")[1]) }], inUse, 1)).toBe(1);
    }),
  );
});

test("routes are read as Linux writes them, but for those that stand for everywhere", () => {
  const table = [
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
    "eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
    "tun0\t00000080\t0100A8C0\t0003\t0\t0\t0\t00000080\t0\t0\t0",
    "eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
    "tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0",
    "",
  ].join("\n");
  expect(routedSubnets(table)).toEqual(["192.168.0.0/24", "10.0.0.0/8"]);
});
