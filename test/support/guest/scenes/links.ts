/** Impaired links, put into force by the agent's own code in bare namespaces and measured by packets that go over them. */
import { setTimeout as sleep } from "node:timers/promises";
import { createKernel } from "../../../../src/agent/capabilities.js";
import { runCommand } from "../../../../src/agent/command.js";
import { cutWithIptables, cutWithNft } from "../../../../src/agent/cutting.js";
import { type NetworkNamespace, openNamespace } from "../../../../src/agent/netns.js";
import { createShaper } from "../../../../src/agent/shaping.js";
import { type Impairment, noImpairment } from "../../../../src/chaos/impairment.js";
import { inboundOf, linksOf } from "../../../../src/chaos/lanes.js";
import type { SlowFault } from "../../../../src/chaos/slow.js";
import { type Traffic, anyTraffic } from "../../../../src/chaos/traffic.js";
import { type BareNode, inside, withBareNodes } from "../bare-nodes.js";
import { type Arrivals, type Stream, sendBulk, sendDatagrams, sendMarked } from "../datagrams.js";
import { type Post, openPost } from "../post.js";

const kernel = createKernel(runCommand);

interface Stage {
  readonly a: Post;
  readonly b: Post;
  readonly c: Post;
  readonly namespace: NetworkNamespace;
}

/** A fault on the way from a to these. */
function slow(peers: readonly string[], part: Partial<Impairment>, meant: Traffic = anyTraffic): SlowFault {
  const impairment = { ...noImpairment, ...part };
  return {
    kind: "slow",
    nodes: ["a"],
    links: { a: { peers, clients: false, fromClients: false } },
    where: "",
    impairment,
    traffic: meant,
  };
}

const delayed = (timeMs: number): Partial<Impairment> => ({
  delay: { timeMs, jitterMs: 0, correlation: 0, distribution: "uniform" },
});

/** All faults there are, as the agent would bring them. */
async function bring({ a, b, c, namespace }: Stage, faults: readonly SlowFault[], shape = createShaper()): Promise<void> {
  await shape(namespace, "a", a.node.addresses.v4[0], { links: linksOf("a", faults, [b.node, c.node]), inbound: null }, false);
}

const acts: Readonly<Record<string, (stage: Stage) => Promise<unknown>>> = {
  async delay(stage) {
    const { a, b, c } = stage;
    const few: Stream = { count: 9, everyMs: 20, patienceMs: 300 };
    const look = async () => ({
      ab: fastest(await sendDatagrams(a, b, few)),
      abV6: fastest(await sendDatagrams(a, b, { ...few, family: "v6" })),
      abMarked: fastest(await sendMarked(a, b, few)),
      ba: fastest(await sendDatagrams(b, a, few)),
      ac: fastest(await sendDatagrams(a, c, few)),
      acMarked: fastest(await sendMarked(a, c, few)),
    });
    // the first packets wait for neighbours to be found and for programs to get warm
    await look();
    const before = await look();
    await bring(stage, [slow(["b"], delayed(200))]);
    return { before, during: await look() };
  },

  async port(stage) {
    const { a, b } = stage;
    await bring(stage, [
      slow(["b"], delayed(100), { protocol: "udp", ports: [9001] }),
      slow(["b"], delayed(50), { protocol: null, ports: [9002, 9001] }),
    ]);
    const look = async (port: number, family: "v4" | "v6") =>
      fastest(await sendDatagrams(a, b, { count: 5, everyMs: 20, patienceMs: 300, port, family }));
    return {
      p9000: await look(9000, "v4"),
      p9001: await look(9001, "v4"),
      p9001V6: await look(9001, "v6"),
      p9002: await look(9002, "v4"),
    };
  },

  async stacked(stage) {
    const { a, b, c, namespace } = stage;
    const [delay, loss] = [slow(["b"], delayed(100)), slow(["b"], { loss: { model: "random", percent: 30, correlation: 0 } })];
    const cut = async (peers: readonly Post[]) => {
      const drops = peers.map(({ node: peer }) => ({ peer, traffic: anyTraffic, percent: 100 }));
      return (await kernel.cut()) === "nft"
        ? cutWithNft(namespace, "a", drops, "unknown")
        : cutWithIptables(namespace, "a", drops, true);
    };
    const look = async () => {
      const count = 400;
      const arrived = await sendDatagrams(a, b, { count, atOnce: 2, everyMs: 2, patienceMs: 400 });
      const fromC = await sendDatagrams(c, a, { count: 5, patienceMs: 200 });
      return { ab: fastest(arrived), lostPercent: 100 * (1 - arrived.length / count), fromC: fromC.length };
    };
    const shape = createShaper();
    await bring(stage, [delay], shape);
    await bring(stage, [delay, loss], shape);
    await cut([c]);
    const all = await look();
    await bring(stage, [delay], shape);
    const healed = await look();
    await cut([]);
    return { all, healed };
  },

  async bystander(stage) {
    const { a, c } = stage;
    const count = 1000;
    const stream: Stream = { count, everyMs: 5, patienceMs: 1000 };
    const there = sendDatagrams(a, c, stream);
    const [echoA, echoC] = [openPost(a.node), openPost(c.node)];
    const back = sendDatagrams(echoC, echoA, { ...stream, port: 9001 });
    await sleep(500);
    const shape = createShaper();
    let changes = 0;
    for (const timeMs of [20, 300, 0, 50, 100, 0, 10, 0]) {
      const faults = timeMs === 0 ? [] : [slow(["b"], delayed(timeMs))];
      await bring(stage, faults, shape);
      changes++;
      await sleep(300);
    }
    const arrived = { there: (await there).length, back: (await back).length, count, changes };
    for (const post of [echoA, echoC]) post.close();
    return arrived;
  },

  async bulk(stage) {
    const { a, b } = stage;
    await bring(stage, [slow(["b"], delayed(200))]);
    const bulk = await sendBulk(a, b, 4000);
    return { ...bulk, drops: counters(a.node).map(({ kind, drops }) => [kind, drops]) };
  },

  async loss(stage) {
    const { a, b } = stage;
    const many: Stream = { count: 10_000, atOnce: 5, everyMs: 1, patienceMs: 1500 };
    const without = (await sendDatagrams(a, b, { ...many, count: 2000 })).length;
    await bring(stage, [slow(["b"], { loss: { model: "random", percent: 10, correlation: 0 } })]);
    const random = (await sendDatagrams(a, b, many)).length;
    await bring(stage, [slow(["b"], { loss: { model: "gemodel", p: 5, r: 25, oneMinusH: 100, oneMinusK: 0 } })]);
    const bursts = gaps(await sendDatagrams(a, b, { ...many, count: 12_000 }));
    return {
      without,
      randomLostPercent: 100 * (1 - random / 10_000),
      bursts: bursts.length,
      meanBurst: bursts.reduce((sum, length) => sum + length, 0) / bursts.length,
    };
  },

  async mangled(stage) {
    const { a, b } = stage;
    const some: Stream = { count: 1000, atOnce: 2, everyMs: 2, patienceMs: 500 };
    const numbersOf = async (part: Partial<Impairment>) => {
      // on two links, because not every kernel lets two netems double
      await bring(stage, [slow(["b", "c"], part)]);
      return (await sendDatagrams(a, b, some)).map(([number]) => number);
    };
    const doubled = await numbersOf({ duplicate: { percent: 20, correlation: 0 } });
    const corrupted = await numbersOf({ corrupt: { percent: 20, correlation: 0 } });
    const reordered = await numbersOf({ ...delayed(30), reorder: { percent: 25, correlation: 0, gap: 1 } });
    return {
      sent: some.count,
      twice: doubled.length - new Set(doubled).size,
      notWhole: 1000 - new Set(corrupted).size,
      overtaken: reordered.filter((number, index) => number < Math.max(0, ...reordered.slice(0, index))).length,
    };
  },

  async rate(stage) {
    const { a, b, c } = stage;
    await bring(stage, [slow(["b"], { rate: { bitsPerSecond: 4e6, burstBytes: null } })]);
    const narrow = await sendBulk(a, b, 5000);
    const other = await sendBulk(a, c, 2000);
    return { narrow: narrow.bitsPerSecond, other: other.bitsPerSecond };
  },

  async fromClients({ a, b, c, namespace }) {
    const few: Stream = { count: 9, everyMs: 20, patienceMs: 300 };
    const look = async () => ({
      ca: fastest(await sendDatagrams(c, a, few)),
      caV6: fastest(await sendDatagrams(c, a, { ...few, family: "v6" })),
      ac: fastest(await sendDatagrams(a, c, few)),
      ba: fastest(await sendDatagrams(b, a, few)),
      baV6: fastest(await sendDatagrams(b, a, { ...few, family: "v6" })),
    });
    const shape = createShaper();
    const shapeBy = (faults: readonly SlowFault[]) =>
      shape(namespace, "a", a.node.addresses.v4[0], { links: [], inbound: inboundOf("a", faults, [b.node]) }, true);
    await look();
    const before = await look();
    await shapeBy([{ ...slow([], delayed(100)), links: { a: { peers: [], clients: false, fromClients: true } } }]);
    const during = await look();
    await shapeBy([]);
    return { before, during, left: inside(a.node.pid, "ip link show") + inside(a.node.pid, "tc qdisc show") };
  },

  async foreign(stage) {
    const { a } = stage;
    const qdiscs = () => inside(a.node.pid, "tc qdisc show dev eth0");
    inside(a.node.pid, "tc qdisc add dev eth0 ingress");
    await bring(stage, [slow(["b"], delayed(10))]);
    const beside = qdiscs();
    await bring(stage, []);
    const after = qdiscs();
    inside(a.node.pid, "tc qdisc del dev eth0 ingress");
    inside(a.node.pid, "tc qdisc add dev eth0 root handle 77: tbf rate 1gbit burst 1mb latency 50ms");
    const standing = qdiscs();
    const refusals = [true, false].map(async (trusted) => {
      const links = linksOf("a", [slow(["b"], delayed(10))], [stage.b.node]);
      return createShaper()(stage.namespace, "a", a.node.addresses.v4[0], { links, inbound: null }, trusted).then(
        String,
        (error: Error) => error.message,
      );
    });
    const refused = await Promise.all(refusals);
    await bring(stage, []);
    const left = qdiscs();
    inside(a.node.pid, "tc qdisc del dev eth0 root");
    return { beside, after, standing, refused, left };
  },
};

/** Milliseconds of the fastest: what slows all packets slows it, a busy machine does not. */
function fastest(arrivals: Arrivals): number | null {
  return arrivals.length === 0 ? null : Math.min(...arrivals.map(([, ms]) => ms));
}

/** How many are missing at each place where some are. */
function gaps(arrivals: Arrivals): readonly number[] {
  const numbers = [...new Set(arrivals.map(([number]) => number))].sort((x, y) => x - y);
  return numbers.slice(1).flatMap((number, index) => {
    const missing = number - (numbers[index] ?? 0) - 1;
    return missing > 0 ? [missing] : [];
  });
}

function counters(node: BareNode): readonly { readonly kind: string; readonly drops: number }[] {
  return JSON.parse(inside(node.pid, "tc -s -j qdisc show dev eth0")) as { kind: string; drops: number }[];
}

const found = await withBareNodes(["a", "b", "c"], async ([a, b, c]) => {
  if (a === undefined || b === undefined || c === undefined) throw new Error("three nodes were asked for");
  const namespace = await openNamespace(a.pid);
  if (namespace === undefined) throw new Error("node a ended early");
  const posts = [a, b, c].map(openPost);
  const [postA, postB, postC] = posts;
  if (postA === undefined || postB === undefined || postC === undefined) throw new Error("there is a post in each");
  const stage: Stage = { a: postA, b: postB, c: postC, namespace };
  const findings: Record<string, unknown> = {};
  try {
    for (const [name, act] of Object.entries(acts)) {
      const startedAt = performance.now();
      findings[name] = await act(stage);
      await bring(stage, []);
      console.error(`${name}: ${Math.round(performance.now() - startedAt)} ms`);
    }
  } finally {
    for (const post of posts) post.close();
    await namespace.close();
  }
  return findings;
});
console.log(JSON.stringify(found));
