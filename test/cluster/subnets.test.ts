// Shows how many networks the engine can still make, as the engine itself would find them.
import { expect, test } from "vitest";
import { freeSubnets } from "../../src/cluster/doctor/subnets.js";

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
