/** The agent's own rules, put into force by its own code in bare namespaces: who hears whom, how fast, while rules come and go. */
import { createKernel } from "../../../../src/agent/capabilities.js";
import { runCommand } from "../../../../src/agent/command.js";
import { openNamespace } from "../../../../src/agent/netns.js";
import { cutWithIptables, cutWithNft } from "../../../../src/agent/cutting.js";
import { createShaper } from "../../../../src/agent/shaping.js";
import { type Impairment, noImpairment } from "../../../../src/chaos/impairment.js";
import { linksOf } from "../../../../src/chaos/lanes.js";
import { anyTraffic } from "../../../../src/chaos/traffic.js";
import { type BareNode, inside, port, withBareNodes } from "../bare-nodes.js";
import { median, roundTripsMs } from "../round-trips.js";

const kernel = createKernel(runCommand);
const tool = await kernel.cut();
const delay = { timeMs: 100, jitterMs: 0, correlation: 0, distribution: "uniform" } as const;
const slow: Impairment = { ...noImpairment, delay };
const slower: Impairment = { ...noImpairment, delay: { ...delay, timeMs: 200 } };

const found = await withBareNodes(["a", "b", "c"], async ([a, b, c]) => {
  if (a === undefined || b === undefined || c === undefined) throw new Error("three nodes were asked for");
  const namespace = await openNamespace(a.pid);
  if (namespace === undefined) throw new Error("node a ended early");

  const look = async () => ({ ab: await between(a, b), ac: await between(a, c), bc: await between(b, c) });
  const shape = createShaper();
  const shapeTo = (impairments: readonly Impairment[], trusted = true) => {
    const faults = impairments.map((impairment) => ({
      kind: "slow" as const,
      nodes: ["a"],
      links: { a: { peers: ["b"], clients: false, fromClients: false } },
      where: "a -> b",
      impairment,
      traffic: anyTraffic,
    }));
    return shape(namespace, "a", a.addresses.v4[0], { links: linksOf("a", faults, [b, c]), inbound: null }, trusted);
  };
  const cut = (unheard: readonly BareNode[]) => {
    const drops = unheard.map((peer) => ({ peer, traffic: anyTraffic, percent: 100 }));
    return tool === "nft" ? cutWithNft(namespace, "a", drops, "unknown") : cutWithIptables(namespace, "a", drops, true);
  };
  try {
    const before = await look();
    await shapeTo([slow]);
    const slowed = await look();
    const again = await shapeTo([slow], false);
    await shapeTo([slower]);
    const slowedMore = await look();
    await cut([b]);
    const cutOff = await look();
    await cut([]);
    await shapeTo([]);
    return {
      before,
      slowed,
      again,
      slowedMore,
      cutOff,
      healed: await look(),
      qdiscs: inside(a.pid, "tc qdisc show dev eth0").trim(),
    };
  } finally {
    await namespace.close();
  }
});
console.log(JSON.stringify({ tool, netem: await kernel.netem(), ...found }));

/** Median round trip in ms from `from` to `to`, per IP family; null where nothing comes back. */
async function between(from: BareNode, to: BareNode): Promise<{ v4: number; v6: number }> {
  const probe = async (host: string) => median(await roundTripsMs(from.pid, { host, port }, { count: 3, limitMs: 700 }));
  return { v4: await probe(to.addresses.v4[0]), v6: await probe(to.addresses.v6[0]) };
}
