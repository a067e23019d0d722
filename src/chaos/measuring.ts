/** Which probes show that a fault is in force: as few as prove it, side by side, within a few seconds. */
import { formatDuration } from "../core/duration.js";
import { type Prng, createPrng } from "../core/prng.js";
import { formatRate } from "../core/quantity.js";
import type { Family } from "./address.js";
import type { Peer } from "./desired-state.js";
import { type Figure, type Question, fewest, narrowest, notMeasured } from "./expectation.js";
import { type ActiveFault, type Fault, describeFault } from "./fault.js";
import type { Delay, Impairment, Rate } from "./impairment.js";
import type { PartitionFault } from "./partition.js";
import { type DirectedLink, type Packet, headerBytes, isMeant, packetOf } from "./probe.js";
import type { Measurement } from "./proof.js";
import type { SlowFault } from "./slow.js";
import { type Treatment, delayOf, isCut, treatmentOf } from "./treatment.js";

export interface MeasuringPlan {
  /** All at once. */
  readonly questions: readonly Question[];
  /** After those, because they fill the links. */
  readonly bulk: readonly Question[];
  /** What no probe can feel. */
  readonly unmeasured: readonly Measurement[];
}

/** A cluster of fifty has 2450 links; a dozen show it, and of those that are filled with packets, three. */
const linksMost = 12;
const filledLinksMost = 3;
const controlsMost = 4;

/** `faults`: all that are active, the new one among them. `nodes`: those that run, with their addresses. */
export function planMeasuring(added: ActiveFault, faults: readonly ActiveFault[], nodes: readonly Peer[]): MeasuringPlan {
  const { fault } = added;
  if (fault.kind !== "slow" && fault.kind !== "partition") return { questions: [], bulk: [], unmeasured: [] };
  const packet = packetOf(fault.traffic);
  if (packet === undefined)
    return { questions: [], bulk: [], unmeasured: [nothing(fault, "icmp", "no probe of ours can send it")] };
  const prng = createPrng(added.seed ?? Number(added.id.slice(1)));
  const running = linksOf(fault).filter(({ from, to }) => [from, to].every((end) => nodes.some(({ name }) => name === end)));
  const links = sample(running, fault.kind === "slow" && fault.impairment.rate !== null ? filledLinksMost : linksMost, prng);
  const planning: Planning = { added, faults, nodes, packet, links };
  const { questions, bulk, unmeasured } =
    fault.kind === "slow" ? planSlow(planning, fault) : planPartition(planning, fault, prng);
  const left = [
    ...(links.length < running.length ? [`only ${links.length} of ${running.length} were looked at`] : []),
    ...(running.length < linksOf(fault).length ? ["some of the nodes do not run"] : []),
  ];
  return { questions, bulk, unmeasured: [...unmeasured, ...left.map((why) => nothing(fault, "links", why))] };
}

interface Planning {
  readonly added: ActiveFault;
  readonly faults: readonly ActiveFault[];
  readonly nodes: readonly Peer[];
  readonly packet: Packet;
  /** Those of the fault's that are looked at. */
  readonly links: readonly DirectedLink[];
}

function nothing(fault: Fault, what: string, why: string): Measurement {
  return { what, asked: describeFault(fault), ...notMeasured(why) };
}

function planSlow(planning: Planning, fault: SlowFault): MeasuringPlan {
  const { links, packet } = planning;
  const { rate } = fault.impairment;
  const isUdp = packet.protocol === "udp";
  const isBursty = rate !== null && burstOf(rate) > bulkBytesMost / 2;
  const clients = Object.values(fault.links).some((receivers) => receivers.clients || receivers.fromClients);
  return {
    questions: links.flatMap((link) => ask(planning, link, packet, figuresOf(planning, fault, link))),
    bulk: rate === null || !isUdp || isBursty ? [] : links.flatMap((link) => askRate(planning, link, rate)),
    unmeasured: [
      ...(clients ? [nothing(fault, "clients", "they are outside the cluster's namespaces")] : []),
      ...(isUdp ? [] : hiddenByTcp(fault.impairment).map((side) => nothing(fault, side, "tcp hides it"))),
      ...(isUdp && isBursty ? [nothing(fault, "rate", "its burst is larger than what the probes send")] : []),
    ],
  };
}

function planPartition(planning: Planning, fault: PartitionFault, prng: Prng): MeasuringPlan {
  const { links, packet } = planning;
  const across = links.flatMap((link) => ask(planning, link, packet, [cutFigure(fault)]));
  return { questions: [...across, ...controls(planning, fault, prng)], bulk: [], unmeasured: [] };
}

function linksOf(fault: SlowFault | PartitionFault): readonly DirectedLink[] {
  return fault.kind === "slow"
    ? Object.entries(fault.links).flatMap(([from, { peers }]) => peers.map((to) => ({ from, to })))
    : Object.entries(fault.grudge).flatMap(([to, senders]) => senders.map((from) => ({ from, to })));
}

function allLinks(nodes: readonly Peer[]): readonly DirectedLink[] {
  return nodes.flatMap(({ name: from }) => nodes.flatMap(({ name: to }) => (from === to ? [] : [{ from, to }])));
}

/** So many of them at most, in their order. */
function sample<T>(items: readonly T[], most: number, prng: Prng): readonly T[] {
  if (items.length <= most) return items;
  const chosen = new Set(prng.shuffle(items).slice(0, most));
  return items.filter((item) => chosen.has(item));
}

/** A stream for each family that both ends have. */
function ask(
  { added, faults, nodes, links }: Planning,
  link: DirectedLink,
  packet: Packet,
  figures: readonly Figure[],
): readonly Question[] {
  if (figures.length === 0) return [];
  const others = faults.filter(({ id }) => id !== added.id);
  const path = (under: readonly ActiveFault[]): readonly Treatment[] => [
    treatmentOf(link, packet, under),
    ...(packet.protocol === "tcp" ? [treatmentOf({ from: link.to, to: link.from }, packet, under)] : []),
  ];
  const [before, during] = [path(others), path(faults)];
  return familiesOf(link, nodes).map((family) => ({
    probe: { link, family, packet, payloadBytes, atOnce: 0, ...pace(during, packet, family, figures, links.length) },
    figures,
    before,
    during,
  }));
}

function familiesOf({ from, to }: DirectedLink, nodes: readonly Peer[]): readonly Family[] {
  const ends = nodes.filter(({ name }) => name === from || name === to);
  return (["v4", "v6"] as const).filter((family) => ends.every(({ addresses }) => addresses[family].length > 0));
}

/** Room for the probe's own marks. */
const payloadBytes = 64;
const longestMs = 2000;

/** Twenty tell a delay, a thousand tell a chance of one percent; never more than half of what a narrow link carries. */
function pace(
  path: readonly Treatment[],
  { protocol }: Packet,
  family: Family,
  figures: readonly Figure[],
  crowd: number,
): { readonly count: number; readonly spacingMs: number } {
  const isChance = path.some(({ drops, impairments }) => drops.some((each) => each < 100) || impairments.some(tosses));
  const { timeMs, jitterMs } = path.map(delayOf).reduce((a, b) => (b.jitterMs > a.jitterMs ? b : a));
  const isJittery = figures.some(({ of }) => of === "delay") && jitterMs > timeMs / 5;
  const many =
    protocol === "tcp"
      ? { count: 100, spacingMs: 10 }
      : crowd <= 4
        ? { count: 1000, spacingMs: 1 }
        : { count: 500, spacingMs: 2 };
  const { count, spacingMs } = isChance ? many : isJittery ? { count: 100, spacingMs: 5 } : { count: 20, spacingMs: 10 };
  const bitsPerSecond = narrowest(path);
  const slowedMs = Math.max(spacingMs, (2 * 8000 * (payloadBytes + headerBytes[family])) / bitsPerSecond);
  return {
    count: Math.max(fewest, Math.min(count, Math.floor(longestMs / slowedMs))),
    spacingMs: Math.min(slowedMs, longestMs / fewest),
  };
}

function tosses({ loss, duplicate, corrupt, reorder }: Impairment): boolean {
  return [loss, duplicate, corrupt, reorder].some((side) => side !== null);
}

function figuresOf({ added, faults, packet }: Planning, { impairment }: SlowFault, link: DirectedLink): readonly Figure[] {
  const { delay, loss, duplicate, corrupt, reorder } = impairment;
  const lost = [loss === null ? "" : "loss", corrupt === null ? "" : "corrupt"].filter((word) => word !== "");
  const isUdp = packet.protocol === "udp";
  const delayed = delayOf(treatmentOf(link, packet, faults));
  const isAll = delay === null || (delayed.timeMs === delay.timeMs && faults.some(({ id }) => id === added.id));
  return [
    ...(delay === null
      ? []
      : [
          figure(
            "delay",
            isUdp ? "delay" : "round trip",
            `${describeDelay(delay)}${isAll ? "" : `, in all ${formatDuration(delayed.timeMs)}`}`,
          ),
        ]),
    ...(lost.length === 0 ? [] : [figure("arrival", lost.join(" and "), describeLosses(impairment))]),
    ...(duplicate === null || !isUdp ? [] : [figure("duplicate", "duplicate", `${duplicate.percent}%`)]),
    ...(reorder === null || !isUdp ? [] : [figure("reorder", "reorder", `${reorder.percent}%`)]),
  ];
}

function figure(of: Figure["of"], word: string, asked: string): Figure {
  return { of, word, asked };
}

function describeDelay({ timeMs, jitterMs }: Delay): string {
  return `${formatDuration(timeMs)}${jitterMs > 0 ? ` ± ${formatDuration(jitterMs)}` : ""}`;
}

function describeLosses({ loss, corrupt }: Impairment): string {
  return [
    ...(loss === null ? [] : [loss.model === "random" ? `${loss.percent}%` : loss.model]),
    ...(corrupt === null ? [] : [`${corrupt.percent}%`]),
  ].join(" and ");
}

function hiddenByTcp({ duplicate, reorder, rate }: Impairment): readonly string[] {
  return [
    ...(duplicate === null ? [] : ["duplicate"]),
    ...(reorder === null ? [] : ["reorder"]),
    ...(rate === null ? [] : ["rate"]),
  ];
}

function cutFigure({ percent }: PartitionFault): Figure {
  return percent === 100 ? figure("arrival", "cut", "nothing arrives") : figure("arrival", "drop", `${percent}%`);
}

/** Those who were not to be cut off still hear each other, and across a cut of some traffic all other traffic passes. */
function controls(planning: Planning, fault: PartitionFault, prng: Prng): readonly Question[] {
  const links = allLinks(planning.nodes);
  const cut = linksOf(fault);
  const isTouched = (link: DirectedLink): boolean => cut.some(({ from, to }) => from === link.from && to === link.to);
  const other: Packet = { protocol: "udp", port: null };
  const open =
    (packet: Packet) =>
    (link: DirectedLink): boolean =>
      !isCut(treatmentOf(link, packet, planning.faults));
  const heard = [figure("hearing", "still heard", "packets arrive")];
  return [
    ...sample(links.filter((link) => !isTouched(link)).filter(open(planning.packet)), controlsMost, prng).flatMap((link) =>
      ask(planning, link, planning.packet, heard),
    ),
    ...(isMeant(fault.traffic, other)
      ? []
      : sample(links.filter(isTouched).filter(open(other)), controlsMost, prng).flatMap((link) =>
          ask(planning, link, other, heard),
        )),
  ];
}

const bulkBytesMost = 2_000_000;
const bulkMs = 1000;

/** In bytes; without a word about it, a rate's burst is what it carries in some ticks of a slow kernel's clock, or some packets. */
function burstOf({ bitsPerSecond, burstBytes }: Rate): number {
  return burstBytes ?? Math.ceil(bitsPerSecond / 8 / 50) + 3200;
}

/**
 * One and a half times what the link carries, for a second: enough to see it full, and what then waits is gone in half a second. What its
 * burst lets through comes first and counts for nothing. One family, for both share the rate.
 */
function askRate(planning: Planning, link: DirectedLink, rate: Rate): readonly Question[] {
  const [question] = ask(planning, link, planning.packet, [figure("rate", "rate", formatRate(rate.bitsPerSecond))]);
  if (question === undefined) return [];
  const header = headerBytes[question.probe.family];
  const bytesPerMs = rate.bitsPerSecond / 8000;
  const payload = Math.min(1400, Math.max(20, Math.floor((bytesPerMs * bulkMs) / 20) - header));
  const wire = payload + header;
  const atOnce = Math.ceil(burstOf(rate) / wire);
  const paced = Math.max(2 * fewest, Math.ceil((1.5 * bytesPerMs * bulkMs) / wire));
  const count = Math.min(Math.floor(bulkBytesMost / wire), atOnce + paced);
  return [
    { ...question, probe: { ...question.probe, payloadBytes: payload, atOnce, count, spacingMs: wire / bytesPerMs / 1.5 } },
  ];
}
