/** What a fault on one link, and on every link, of a cluster costs, beside the usual way: a helper container in each node's network namespace. */
import { agentRecipe, createFaultCluster, eachOf, lastTookMs, removeFaultCluster } from "../fault-cluster.js";
import { docker, runContainer } from "../docker.js";
import { inTurn, timed } from "../figures.js";
import { atLeastLine, limitLine } from "../report.js";

/** `askedMs`: with all links faulted. */
const sizes = [
  { size: 3, askedMs: 25, rounds: 7 },
  { size: 50, askedMs: 250, rounds: 3 },
];
/** On one link, at any size. */
const oneLinkMs = 25;
const askedRatio = 10;
const helpersAtOnce = 8;
const anyTraffic = { protocol: null, ports: [] };

export async function faults({ devious }) {
  await devious.up();
  const recipe = await agentRecipe();
  const rows = [];
  try {
    for (const one of sizes) rows.push(...(await measure(recipe, one)));
  } finally {
    await devious.down();
  }
  return rows;
}

/** Also what a benchmark that was killed left. */
export async function clearFaults() {
  for (const { size } of sizes) await removeFaultCluster(size);
}

async function measure(recipe, { size, askedMs, rounds }) {
  const cluster = await createFaultCluster(recipe, size);
  const rows = [];
  try {
    for (const { name, fault, usual, touched, limitMs = askedMs } of kinds(cluster.nodes)) {
      const inAgent = [];
      const ours = async () => {
        const tookMs = await timed(() => cluster.ask({ op: "apply", fault, durationMs: 600_000, seed: null, verify: false }));
        inAgent.push(await lastTookMs(size));
        await cluster.ask({ op: "heal", what: { by: "all" } });
        return tookMs;
      };
      const theirs = async () => {
        const tookMs = await timed(() => helpers(cluster, touched, usual.apply));
        await helpers(cluster, touched, usual.undo);
        return tookMs;
      };
      const taken = await inTurn(rounds, { ours, theirs });
      const what = `${name}, ${size} nodes`;
      rows.push(
        limitLine(`faults: ${what}`, {
          thing: inAgent.slice(-rounds),
          askedMs: limitMs,
          basis: "receipt to read-back, in the agent",
        }),
      );
      const basis = touched.length === 1 ? "a helper container" : `helper containers, ${helpersAtOnce} at once`;
      rows.push(atLeastLine(`faults: ${what}`, { thing: taken.ours, floor: taken.theirs, asked: askedRatio, floorName: basis }));
    }
  } finally {
    cluster.close();
    await removeFaultCluster(size);
  }
  return rows;
}

/** `rate` takes the same way as a delay and needs no netem. */
function kinds(nodes) {
  const others = (node) => nodes.filter((one) => one !== node);
  const grudge = Object.fromEntries(nodes.map((node) => [node, others(node)]));
  const all = Object.fromEntries(nodes.map((node) => [node, { peers: others(node), clients: false }]));
  const [first, second] = nodes;
  const usualRate = {
    apply: ["tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", "10mbit", "burst", "32kb", "latency", "400ms"],
    undo: ["tc", "qdisc", "del", "dev", "eth0", "root"],
  };
  return [
    {
      name: "rate on one link",
      fault: rate([first], { [first]: { peers: [second], clients: false } }),
      usual: usualRate,
      touched: [first],
      limitMs: oneLinkMs,
    },
    {
      name: "partition on all links",
      fault: { kind: "partition", grudge, shape: "all apart", traffic: anyTraffic, percent: 100 },
      usual: {
        apply: ["nft", "table inet usual { chain input { type filter hook input priority 0; policy drop; }; }"],
        undo: ["nft", "delete table inet usual"],
      },
      touched: nodes,
    },
    { name: "rate on all links", fault: rate(nodes, all), usual: usualRate, touched: nodes },
  ];
}

function rate(nodes, links) {
  const nothing = { delay: null, loss: null, duplicate: null, corrupt: null, reorder: null };
  const impairment = { ...nothing, rate: { bitsPerSecond: 10_000_000, burstBytes: null } };
  return { kind: "slow", nodes, links, where: `${nodes.join()} -> peers`, impairment, traffic: anyTraffic };
}

/** One for each of these nodes: made, started, waited for, removed. */
function helpers({ image, containerOf }, touched, command) {
  return eachOf(touched, helpersAtOnce, async (node) => {
    const name = `${containerOf(node)}.helper`;
    const id = await runContainer(name, {
      Image: image,
      Cmd: command,
      HostConfig: { NetworkMode: `container:${containerOf(node)}`, CapAdd: ["NET_ADMIN"] },
    });
    const { StatusCode } = await docker("POST", `/containers/${id}/wait`);
    await docker("DELETE", `/containers/${id}?force=1`);
    if (StatusCode !== 0) throw new Error(`${name}: \`${command.join(" ")}\` ended with ${StatusCode}`);
  });
}
