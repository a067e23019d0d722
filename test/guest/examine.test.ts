// Shows that a kernel with netem is seen to have it, and that cuts have there what they need of nft or iptables.
import { expect, test } from "vitest";
import type { Examination } from "../../src/chaos/protocol.js";
import { findNetem } from "../support/guest/netem-place.js";
import { runWithNetem } from "../support/guest/run-with-netem.js";

const place = findNetem();

test.skipIf(place.kind === "nowhere")(`the examination (${place.kind === "nowhere" ? place.why : place.kind})`, async () => {
  const found = await runWithNetem<Examination>("test/support/guest/scenes/examine.ts");
  expect(found).toMatchObject({
    netem: true,
    features: { htb: true, u32: true, ifb: true, mirred: true },
    cgroup: { freezer: true },
  });
  expect(found.distributions).toEqual(["uniform", "normal", "pareto", "paretonormal"]);
  // ports, chance and ICMP, in both IP families: all that a cut may need
  const { nft, iptables, ip6tables } = found.features;
  expect(found.cut === "nft" ? [nft] : [iptables, ip6tables]).not.toContain(false);
  expect(found.cut).toBe(place.kind === "guest" ? "iptables" : "nft");
});
