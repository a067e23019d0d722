/**
 * Impaired links as a tree of queueing disciplines (tc(8), tc-htb(8), tc-netem(8), tc-u32(8)):
 *
 * ```
 * de71: htb, default 0 ── what no filter names passes directly, untouched
 *  ├─ de71:2  u32: dst = first peer               ── rate: the class's own; leaf: netem, or the kernel's own fifo
 *  ├─ de71:3  u32: dst = second peer, port 2380   ── …
 *  └─ de71:4  u32: everything (clients)           ── …; the peers have filters of their own that lead out directly
 * ```
 * The root is built once. After that every change is one to the classes, leaves and filters of the lanes that change: replacing more would
 * drop what is queued there. A plan is made against the state read back from the kernel: what is right already is not touched, and an
 * empty plan afterwards is the proof of success.
 */
import { invariant } from "../core/invariant.js";
import type { Impairment, Rate } from "./impairment.js";
import type { Cell, Link } from "./lanes.js";
import { type Selector, anything, neighbourDiscovery, selectAll, selectPeer } from "./tc-filters.js";
import { type WantedFilter, planFilters } from "./tc-filter-plan.js";
import { isAsAsked, needsNetem, netemOptions, shapeNumber } from "./tc-netem.js";
import { type ClassRate, type TcState, rootHandle } from "./tc-state.js";

/**
 * Turns a device's current state into the batch (one command a line, for `tc -batch -`) that makes it `links`; empty where it already is. What
 * does not depend on the state is worked out once, for the plan and for the proof that it worked.
 */
export function planTc(device: string, links: readonly Link[]): (current: TcState) => readonly string[] {
  const lanes = lanesIn(links);
  const passing = [...neighbourDiscovery, ...untouchedIn(links)].map((selector) => filterTo(selector, 0));

  return (current) => {
    const ours = current.root?.handle === rootHandle;
    if (links.length === 0) return ours ? [`qdisc del dev ${device} root handle ${rootHandle}`] : [];
    invariant(foreignRoot(current) === undefined, "what somebody else set up is not replaced");

    const classes = withMinors(lanes, current);
    const minors = new Set(classes.map(({ minor }) => minor));
    const leading = classes.flatMap(({ selectors, minor }) => selectors.map((selector) => filterTo(selector, minor)));
    const at = `dev ${device} parent ${rootHandle}`;
    const filters = planFilters(at, [...passing, ...leading], current.filters, ({ minor }) => String(minor));

    return [
      ...(ours ? [] : [`qdisc add dev ${device} root handle ${rootHandle} htb default 0 direct_qlen 1000`]),
      ...classes.flatMap(({ minor, impairment }) => planClass(device, minor, impairment.rate, current)),
      ...classes.flatMap(({ minor, impairment }) => planLeaf(device, minor, impairment, current)),
      ...filters.add,
      ...filters.remove,
      ...[...current.classes.keys()]
        .filter((minor) => !minors.has(minor))
        .map((minor) => `class del dev ${device} classid ${classId(minor)}`),
    ];
  };
}

/** Class 0 is the way out, untouched. */
function filterTo(selector: Selector, minor: number): WantedFilter {
  return { selector, action: `flowid ${classId(minor)}`, result: String(minor) };
}

/** Packets that share a class. */
interface ClassOfPackets {
  readonly selectors: readonly Selector[];
  readonly impairment: Impairment;
}

/**
 * Every lane of every link has a class of its own, but for those that double packets: newer kernels (6.17, and 6.1.147 and the like) refuse
 * a netem that duplicates beside any other netem on the device, so links on which the same is asked share one. A rate is never shared.
 */
function lanesIn(links: readonly Link[]): readonly ClassOfPackets[] {
  const shared = new Map<string, { selectors: Selector[]; impairment: Impairment }>();
  const single: ClassOfPackets[] = [];
  for (const { to, lanes } of links) {
    for (const { cells, impairment } of lanes) {
      const selectors = cells.flatMap((cell) => select(to, cell));
      if (selectors.length === 0) continue;
      if (impairment.duplicate === null || impairment.rate !== null) {
        single.push({ selectors, impairment });
        continue;
      }
      const key = JSON.stringify(impairment);
      const lane = shared.get(key) ?? { selectors: [], impairment };
      shared.set(key, lane);
      lane.selectors.push(...selectors);
    }
  }
  return [...single, ...shared.values()];
}

/** Where clients are impaired, what goes to peers and is not must be kept from the filter for all. */
function untouchedIn(links: readonly Link[]): readonly Selector[] {
  const clientsAreHit = links.some(({ to, lanes }) => to === "clients" && lanes.length > 0);
  if (!clientsAreHit) return [];
  return links
    .filter(({ to, lanes }) => to !== "clients" && !lanes.some(({ cells }) => cells.some(isAnything)))
    .flatMap(({ to }) => select(to, anything));
}

function isAnything({ protocol, ports }: Cell): boolean {
  return protocol === null && ports.length === 0;
}

function select(to: Link["to"], cell: Cell): readonly Selector[] {
  return to === "clients" ? selectAll(cell) : selectPeer([...to.addresses.v4, ...to.addresses.v6], cell);
}

/**
 * Gives each lane its class. One that has a class keeps it, whatever happens to other links: the class that most of its filters lead to, and
 * of several the one that does already what is asked. A new lane gets the lowest free number.
 */
function withMinors(lanes: readonly ClassOfPackets[], current: TcState): readonly (ClassOfPackets & { minor: number })[] {
  const leadsTo = new Map(current.filters.map(({ key, minor }) => [key, minor]));
  const claims = lanes
    .flatMap((lane, index) => {
      const votes = new Map<number, number>();
      for (const { key } of lane.selectors) {
        const minor = leadsTo.get(key) ?? 0;
        if (current.classes.has(minor)) votes.set(minor, (votes.get(minor) ?? 0) + 1);
      }
      return [...votes].map(([minor, count]) => ({ index, minor, count, stands: stands(minor, lane.impairment, current) }));
    })
    .sort((a, b) => Number(b.stands) - Number(a.stands) || b.count - a.count || a.minor - b.minor || a.index - b.index);
  const minors = new Map<number, number>();
  const taken = new Set<number>();
  for (const { index, minor } of claims) {
    if (minors.has(index) || taken.has(minor)) continue;
    minors.set(index, minor);
    taken.add(minor);
  }
  let free = 2;
  const next = (): number => {
    while (taken.has(free) || current.classes.has(free)) free++;
    taken.add(free);
    return free;
  };
  return lanes.map((lane, index) => ({ ...lane, minor: minors.get(index) ?? next() }));
}

function stands(minor: number, impairment: Impairment, current: TcState): boolean {
  return planClass("", minor, impairment.rate, current).length === 0 && planLeaf("", minor, impairment, current).length === 0;
}

/** Where no rate is asked, one that no virtual link reaches, with a burst that lets whole segments through. */
const unlimited: Required<ClassRate> = { bitsPerSecond: 100e9, burstBytes: 1_048_576 };

/** Enough for two packets, and for what the rate is worth between two ticks of a slow kernel's clock, 10 ms. */
export function burstOf({ bitsPerSecond, burstBytes }: Rate): number {
  return burstBytes ?? Math.max(3200, Math.ceil(bitsPerSecond / 8 / 100));
}

function planClass(device: string, minor: number, rate: Rate | null, current: TcState): readonly string[] {
  const asked = rate === null ? unlimited : { bitsPerSecond: tellable(rate.bitsPerSecond), burstBytes: burstOf(rate) };
  const standing = current.classes.get(minor);
  if (standing !== undefined && sameRate(standing, asked)) return [];
  const { bitsPerSecond, burstBytes } = asked;
  const options = `rate ${bitsPerSecond}bit burst ${burstBytes}b cburst ${burstBytes}b quantum 60000`;
  const verb = standing === undefined ? "add" : "change";
  return [`class ${verb} dev ${device} parent ${rootHandle} classid ${classId(minor)} htb ${options}`];
}

/** The rate as tc can tell it back: whole bytes a second, and of a large one the first digits, four to six of them. */
function tellable(bitsPerSecond: number): number {
  const unit = bitsPerSecond >= 1e9 ? 1e6 : bitsPerSecond >= 1e6 ? 1e3 : 8;
  return Math.floor(bitsPerSecond / unit) * unit;
}

/** tc keeps a burst as the whole microseconds that it takes. */
function sameRate(told: ClassRate, asked: ClassRate): boolean {
  const ofMicroseconds = (2e-6 * asked.bitsPerSecond) / 8;
  return told.bitsPerSecond === asked.bitsPerSecond && Math.abs(told.burstBytes - asked.burstBytes) <= 2 + ofMicroseconds;
}

function planLeaf(device: string, minor: number, impairment: Impairment, current: TcState): readonly string[] {
  const leaf = current.leaves.get(minor);
  const at = `dev ${device} parent ${classId(minor)}`;
  if (!needsNetem(impairment)) return leaf === undefined ? [] : [`qdisc del ${at} handle ${leaf.handle}`];
  const handle = leafHandle(minor, impairment);
  const told = leaf?.kind === "netem" && leaf.handle === handle ? leaf.options : undefined;
  if (told !== undefined && isAsAsked(told, impairment)) return [];
  return [`qdisc replace ${at} handle ${handle} netem ${netemOptions(impairment, told)}`];
}

/** Another distribution is another handle, and with it a new netem: the kernel does not tell which one it uses. */
function leafHandle(minor: number, impairment: Impairment): string {
  return `${(0x4000 * shapeNumber(impairment) + minor).toString(16)}:`;
}

function classId(minor: number): string {
  return `${rootHandle}${minor.toString(16)}`;
}

/** The root qdisc that somebody else put there, as `kind handle`; undefined where the place is free or ours. */
export function foreignRoot({ root }: TcState): string | undefined {
  return root === undefined || root.handle === rootHandle ? undefined : `${root.kind} ${root.handle}`;
}
