/**
 * Slow links as a tree of queueing disciplines (tc(8), tc-htb(8), tc-netem(8), tc-u32(8)):
 *
 * ```
 * de71: htb, default 0 ── what no filter names (clients, the host) passes directly, untouched
 *  ├─ de71:2  u32: dst = first peer  ── leaf: netem, or the kernel's own fifo
 *  ├─ de71:3  u32: dst = second peer ── …
 * ```
 * The tree is built once; later faults change leaves only, because replacing the root drops whatever is queued. A plan is made against
 * the state read back from the kernel: what is right already is not touched, and an empty plan afterwards is the proof of success.
 */
import { DeviousError } from "../core/errors.js";
import { invariant } from "../core/invariant.js";
import { canonical, wordsOf } from "./address.js";
import type { Link } from "./desired-state.js";
import { type Delay, distributions } from "./impairment.js";
import { type Filter, type TcState, rootHandle } from "./tc-state.js";

/** The batch (one command a line, for `tc -batch -`) that turns the device's `current` state into `links`; empty where it already is. */
export function planTc(device: string, links: readonly Link[], current: TcState): readonly string[] {
  const ours = current.root?.handle === rootHandle;
  if (links.length === 0) return ours ? [`qdisc del dev ${device} root handle ${rootHandle}`] : [];
  invariant(foreignRoot(current) === undefined, "what somebody else set up is not replaced");

  const classes = links.flatMap(({ to, lanes }, index) =>
    to === "clients" ? [] : [{ peer: to, netem: lanes[0]?.impairment.delay ?? null, minor: index + 2 }],
  );
  const minors = new Set(classes.map(({ minor }) => minor));
  const filters = classes.flatMap(({ peer, minor }) =>
    [...peer.addresses.v4, ...peer.addresses.v6].map((address) => ({ minor, address })),
  );
  const filtersStand = filterSpelling(filters) === filterSpelling(current.filters);

  return [
    ...(ours ? [] : [`qdisc add dev ${device} root handle ${rootHandle} htb default 0 direct_qlen 1000`]),
    ...(filtersStand || current.filters.length === 0 ? [] : [`filter del dev ${device} parent ${rootHandle}`]),
    ...current.classes.filter((minor) => !minors.has(minor)).map((minor) => `class del dev ${device} classid ${classId(minor)}`),
    ...classes.filter(({ minor }) => !current.classes.includes(minor)).map(({ minor }) => addClass(device, minor)),
    ...classes.flatMap(({ minor, netem }) => planLeaf(device, minor, netem, current)),
    ...(filtersStand ? [] : filters.map((filter) => addFilter(device, filter))),
  ];
}

/** A rate no virtual link reaches, with a burst that lets whole segments through: the class must not be the bottleneck. */
function addClass(device: string, minor: number): string {
  return `class add dev ${device} parent ${rootHandle} classid ${classId(minor)} htb rate 100gbit burst 1mb cburst 1mb quantum 60000`;
}

function addFilter(device: string, { minor, address }: Filter): string {
  // one priority per protocol: the kernel refuses two protocols under one
  const match = address.includes(":")
    ? `protocol ipv6 prio 2 u32 match ip6 dst ${address}/128`
    : `protocol ip prio 1 u32 match ip dst ${address}/32`;
  return `filter add dev ${device} parent ${rootHandle} ${match} flowid ${classId(minor)}`;
}

function planLeaf(device: string, minor: number, netem: Delay | null, current: TcState): readonly string[] {
  const leaf = current.leaves.get(minor);
  const at = `dev ${device} parent ${classId(minor)}`;
  if (netem === null) return leaf === undefined ? [] : [`qdisc del ${at} handle ${leaf.handle}`];
  const handle = leafHandle(minor, netem);
  const right =
    leaf?.kind === "netem" &&
    leaf.handle === handle &&
    leaf.limit === limitOf(netem) &&
    sameTime(leaf.delayMs, netem.timeMs) &&
    sameTime(leaf.jitterMs, netem.jitterMs);
  return right ? [] : [`qdisc replace ${at} handle ${handle} netem ${netemOptions(netem)}`];
}

function netemOptions(netem: Delay): string {
  const shape = netem.jitterMs > 0 && netem.distribution !== "uniform" ? ` distribution ${netem.distribution}` : "";
  const jitter = netem.jitterMs > 0 ? ` ${microseconds(netem.jitterMs)}` : "";
  return `limit ${limitOf(netem)} delay ${microseconds(netem.timeMs)}${jitter}${shape}`;
}

const packetsPerMs = 1000;
const leastLimit = 100_000;

/**
 * Packets that may wait: a million a second for as long as the slowest of them waits, never fewer than 100,000. netem's default of
 * 1000 would turn delay into loss.
 */
export function limitOf({ timeMs, jitterMs }: Delay): number {
  return Math.max(leastLimit, Math.ceil((timeMs + 4 * jitterMs) * packetsPerMs));
}

/**
 * netem does not say which distribution it uses, and keeps the old one when changed to none. So the handle says it: another
 * distribution is another handle, and with it a new leaf.
 */
function leafHandle(minor: number, netem: Delay): string {
  const shape = netem.jitterMs > 0 ? distributions.indexOf(netem.distribution) : 0;
  return `${(0xd000 + shape * 0x400 + minor).toString(16)}:`;
}

function classId(minor: number): string {
  return `${rootHandle}${minor.toString(16)}`;
}

function microseconds(timeMs: number): string {
  return `${Math.round(timeMs * 1000)}us`;
}

/** Equal but for the kernel's rounding: old kernels count in ticks of 64 ns. */
function sameTime(aMs: number, bMs: number): boolean {
  return Math.abs(aMs - bMs) <= 0.001 + bMs * 0.001;
}

/** Filters in one spelling each. One whose address we cannot read equals none of ours. */
function filterSpelling(filters: readonly Filter[]): string {
  return filters
    .map(({ minor, address }) => `${minor} ${wordsOf(address) === undefined ? `? ${address}` : canonical(address)}`)
    .sort()
    .join("\n");
}

/** The root qdisc that somebody else put there, as `kind handle`; undefined where the place is free or ours. */
export function foreignRoot({ root }: TcState): string | undefined {
  return root === undefined || root.handle === rootHandle ? undefined : `${root.kind} ${root.handle}`;
}

/** True where what tc said means that the kernel lacks netem. Kernels before 5.x answer the bare ENOENT. */
export function saysNetemMissing(stderr: string): boolean {
  return /qdisc kind is unknown|RTNETLINK answers: No such file or directory|Error: No such file or directory/i.test(stderr);
}

export function netemMissing(): DeviousError {
  return new DeviousError("NETEM_MISSING", "This kernel has no netem (sch_netem), so links cannot be slowed.", {
    hint:
      "Run `modprobe sch_netem` on the engine's host; where there is no such module, install it first: " +
      "Debian and Ubuntu `apt-get install linux-modules-extra-$(uname -r)`, Fedora `dnf install kernel-modules-extra`.",
  });
}
