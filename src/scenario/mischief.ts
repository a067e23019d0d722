/** What a storm is made of: each kind of mischief draws one fault for the nodes it is given. */
import type { Fault } from "../chaos/fault.js";
import { type Grudge, oneWay, ring, split, union } from "../chaos/grudge.js";
import { type Impairment, distributions, noImpairment } from "../chaos/impairment.js";
import type { Capabilities } from "../chaos/protocol.js";
import { linksBetween } from "../chaos/slow.js";
import { defaultGraceMs } from "../chaos/stop.js";
import { anyTraffic } from "../chaos/traffic.js";
import { peerPort } from "../core/node-contract.js";
import type { Prng } from "../core/prng.js";
import { noClockTrouble, noDiskTrouble } from "../core/store-hooks.js";

/** How hard a storm hits: from 1, which clients hardly notice, to 3. */
export type Force = 1 | 2 | 3;

export interface Mischief {
  /** The least force of a storm that does it. */
  readonly from: Force;
  /** How often, compared with the others. */
  readonly weight: number;
  /** The kernel can do it. */
  readonly possible: (capabilities: Capabilities) => boolean;
  /** Only what the bundled store can do to itself. */
  readonly bundledOnly: boolean;
  /** It hits one node at a time, or as many as may be hit. */
  readonly several: boolean;
  /** `victims` are some of `free`, the nodes that chance may touch, and never none. */
  readonly make: (victims: readonly string[], free: readonly string[], prng: Prng, force: Force) => Fault;
}

const always = (): boolean => true;
const canCut = ({ cut }: Capabilities): boolean => cut !== "none";
const canSlow = ({ netem }: Capabilities): boolean => netem;
const plain = { possible: always, bundledOnly: false } as const;

export const mischiefs: readonly Mischief[] = [
  { ...plain, from: 1, weight: 4, several: true, make: (nodes) => ({ kind: "pause", nodes }) },
  { ...plain, from: 1, weight: 2, several: false, make: (nodes) => ({ kind: "restart", nodes, graceMs: defaultGraceMs }) },
  { ...plain, from: 1, weight: 4, several: true, possible: canCut, make: (victims, free) => cut(victims, split([victims, others(victims, free)]), free) }, // prettier-ignore
  { ...plain, from: 1, weight: 6, several: true, possible: canSlow, make: slow },
  { ...plain, from: 2, weight: 4, several: true, make: (nodes) => ({ kind: "kill", nodes, signal: "KILL" }) },
  { ...plain, from: 2, weight: 1, several: true, make: (nodes) => ({ kind: "stop", nodes, graceMs: defaultGraceMs }) },
  { ...plain, from: 2, weight: 2, several: true, possible: canCut, make: cutOneWay },
  { ...plain, from: 2, weight: 2, several: true, possible: canCut, make: flaky },
  { ...plain, from: 2, weight: 1, several: false, make: (nodes, _free, prng) => ({ kind: "cpu", nodes, cpus: prng.int(10, 50) / 100 }) }, // prettier-ignore
  { ...plain, from: 2, weight: 2, several: false, bundledOnly: true, make: skewClock },
  { ...plain, from: 2, weight: 1, several: false, bundledOnly: true, make: slowDisk },
  { ...plain, from: 3, weight: 2, several: false, make: (nodes, _free, prng) => ({ kind: "crash-loop", nodes, everyMs: prng.int(2000, 5000) }) }, // prettier-ignore
  { ...plain, from: 3, weight: 1, several: true, possible: canCut, make: (_victims, free, prng) => cut(free, ring(prng.shuffle(free)), free, "ring") }, // prettier-ignore
  { ...plain, from: 3, weight: 2, several: true, possible: canCut, make: (victims, free) => ({ ...cut(victims, split([victims, others(victims, free)]), free), traffic: { protocol: "tcp", ports: [peerPort] } }) }, // prettier-ignore
];

type Cut = Extract<Fault, { kind: "partition" }>;

function others(victims: readonly string[], free: readonly string[]): readonly string[] {
  return free.filter((node) => !victims.includes(node));
}

function cut(victims: readonly string[], grudge: Grudge, free: readonly string[], shape?: string): Cut {
  const sides = [victims, others(victims, free)].map((side) => side.join(","));
  return { kind: "partition", grudge, shape: shape ?? sides.join(" | "), traffic: anyTraffic, percent: 100 };
}

function cutOneWay(victims: readonly string[], free: readonly string[], prng: Prng): Fault {
  const rest = others(victims, free);
  const [from, to] = prng.chance(0.5) ? [victims, rest] : [rest, victims];
  return cut(victims, oneWay(from, to), free, `${from.join(",")} -> ${to.join(",")}`);
}

function flaky(victims: readonly string[], free: readonly string[], prng: Prng, force: Force): Fault {
  const grudge = union([oneWay(victims, free), oneWay(free, victims)]);
  return { ...cut(victims, grudge, free, `flaky ${victims.join(",")}`), percent: prng.int(10, 25 * force) };
}

function slow(nodes: readonly string[], free: readonly string[], prng: Prng, force: Force): Fault {
  const peers = others(nodes, free);
  // all of them are hit: each slows what it sends to the others
  const audience = peers.length === 0 ? free : peers;
  return {
    kind: "slow",
    nodes,
    links: linksBetween(nodes, audience, "from", free),
    where: `${nodes.join(",")} -> ${audience.join(",")}`,
    impairment: impairment(prng, force),
    traffic: anyTraffic,
  };
}

/** Far below an election timeout, whatever the force: a storm is to make elections by what it breaks, not by being slow. */
function impairment(prng: Prng, force: Force): Impairment {
  const timeMs = prng.int(10, 100 * force);
  const delay = {
    timeMs,
    jitterMs: prng.int(0, Math.floor(timeMs / 2)),
    correlation: 0,
    distribution: prng.pick(distributions),
  };
  const rare = (percent: number) => ({ percent: prng.int(1, percent * force), correlation: 0 });
  const kinds: readonly (() => Partial<Impairment>)[] = [
    () => ({ delay }),
    () => ({ delay, loss: { model: "random", ...rare(3) } }),
    () => ({ loss: { model: "random", ...rare(5) } }),
    ...(force < 2 ? [] : [() => ({ duplicate: rare(3) }), () => ({ delay, reorder: { ...rare(10), gap: 1 } })]),
    ...(force < 3 ? [] : [() => ({ corrupt: rare(1) }), () => ({ rate: { bitsPerSecond: prng.int(5, 50) * 1e6, burstBytes: null } })]), // prettier-ignore
  ];
  return { ...noImpairment, ...prng.pick(kinds)() };
}

function skewClock(nodes: readonly string[], _free: readonly string[], prng: Prng, force: Force): Fault {
  const trouble = prng.pick([
    { ...noClockTrouble, skewMs: prng.pick([-1, 1]) * prng.int(1000, 60_000 * force) },
    { ...noClockTrouble, jumpMs: prng.int(1000, 10_000 * force) },
    { ...noClockTrouble, driftPercent: prng.pick([-1, 1]) * prng.int(1, 20 * force) },
  ]);
  return { kind: "clock", nodes, trouble };
}

function slowDisk(nodes: readonly string[], _free: readonly string[], prng: Prng, force: Force): Fault {
  return { kind: "disk", nodes, trouble: { ...noDiskTrouble, fsyncDelayMs: prng.int(10, 100 * force) } };
}
