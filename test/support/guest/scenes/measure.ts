/** What --verify would say of links that netem makes bad, by rules written by hand: of each fault with its rules, and without them. */
import { measure } from "../../../../src/agent/measure.js";
import type { ActiveFault } from "../../../../src/chaos/fault.js";
import { type Impairment, noImpairment } from "../../../../src/chaos/impairment.js";
import type { Measurement } from "../../../../src/chaos/proof.js";
import { anyTraffic } from "../../../../src/chaos/traffic.js";
import { type BareNode, inside, withBareNodes } from "../bare-nodes.js";
import { measuredCluster } from "../../measured-nodes.js";

export interface Found {
  readonly present: readonly Measurement[];
  readonly absent: readonly Measurement[];
}

const delay = (timeMs: number, jitterMs: number): Partial<Impairment> => ({
  delay: { timeMs, jitterMs, correlation: 0, distribution: "normal" },
});
const chance = (percent: number, correlation = 0) => ({ percent, correlation });

/** What netem is told, beside what is then asked for. */
const scenes: Readonly<Record<string, readonly [netem: string, asked: Partial<Impairment>]>> = {
  delay: ["delay 100ms", delay(100, 0)],
  jitter: ["delay 100ms 30ms distribution normal", delay(100, 30)],
  loss: ["loss 10%", { loss: { model: "random", ...chance(10) } }],
  correlated: ["loss 30% 50%", { loss: { model: "random", ...chance(30, 50) } }],
  gemodel: ["loss gemodel 10% 50% 90% 1%", { loss: { model: "gemodel", p: 10, r: 50, oneMinusH: 90, oneMinusK: 1 } }],
  state: ["loss state 5% 20% 10% 30% 1%", { loss: { model: "state", p13: 5, p31: 20, p32: 10, p23: 30, p14: 1 } }],
  duplicate: ["duplicate 10%", { duplicate: chance(10) }],
  corrupt: ["corrupt 10%", { corrupt: chance(10) }],
  reorder: ["delay 100ms reorder 25%", { ...delay(100, 0), reorder: { ...chance(25), gap: 1 } }],
  rate: ["rate 1mbit", { rate: { bitsPerSecond: 1e6, burstBytes: null } }],
  both: [
    "delay 50ms 5ms distribution normal loss 10% duplicate 10%",
    { ...delay(50, 5), loss: { model: "random", ...chance(10) }, duplicate: chance(10) },
  ],
};

const found: Record<string, Found> = {};
await withBareNodes(["a", "b"], async (nodes) => {
  const [a] = nodes;
  if (a === undefined) throw new Error("two nodes were asked for");
  for (const [name, [netem, asked]] of Object.entries(scenes)) {
    const absent = await felt(nodes, asked, false);
    inside(a.pid, `tc qdisc replace dev eth0 root netem limit 100000 ${netem}`);
    found[name] = { present: await felt(nodes, asked, true), absent };
    inside(a.pid, "tc qdisc del dev eth0 root");
  }
});
console.log(JSON.stringify(found));

/**
 * A guest that has no processor for a moment feels what is not there, or cannot tell: what does not come out as it should is felt again, twice
 * at most.
 */
async function felt(nodes: readonly BareNode[], asked: Partial<Impairment>, isThere: boolean): Promise<readonly Measurement[]> {
  const impairment = { ...noImpairment, ...asked };
  const links = { a: { peers: ["b"], clients: false, fromClients: false } };
  const fault: ActiveFault = {
    id: "f1",
    fault: { kind: "slow", nodes: ["a"], links, where: "a -> b", impairment, traffic: anyTraffic },
    startedAtMs: 0,
    deadlineMs: null,
    seed: null,
  };
  const v4Only = nodes.map((node) => ({ ...node, addresses: { v4: node.addresses.v4, v6: [] } }));
  for (let triesLeft = 3; ; triesLeft--) {
    const measured = await measure(fault, [fault], { ...measuredCluster(nodes), nodes: v4Only });
    if (triesLeft === 1 || measured.every(({ ok }) => ok === isThere)) return measured;
  }
}
