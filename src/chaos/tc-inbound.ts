/**
 * What clients send to a node, as a way out of a device (tc-mirred(8), tc-u32(8)): only what leaves can be queued, so what arrives is led out
 * by a device of ours (ifb), which hands it back to where it came from.
 *
 * ```
 * ingress of the cluster's interface, filters by priority:
 *  ├─ ICMPv6 of the link itself, every address of a peer as the source ── passes, untouched
 *  └─ all other IP and IPv6 ── redirected to devious-in, on which stands a tree as in tc.ts
 * ```
 */
import type { Peer } from "./desired-state.js";
import { type Selector, anything, neighbourDiscovery, selectAll, selectSender } from "./tc-filters.js";
import { planFilters } from "./tc-filter-plan.js";
import { type Filter, ingressHandle, readFilters, readQdiscs } from "./tc-state.js";
import { DeviousError } from "../core/errors.js";

/** The device by whose name we know what is ours. */
export const inboundDevice = "devious-in";

/** What looks at the packets that arrive on an interface. */
export interface Ingress {
  /** `ingress` or `clsact`; undefined where nothing does. */
  readonly kind: string | undefined;
  readonly filters: readonly Filter[];
}

export const noIngress: Ingress = { kind: undefined, filters: [] };

/** The lines for `tc -j -batch -` whose output {@link parseIngress} reads. */
export function showIngress(device: string): readonly string[] {
  return [`qdisc show dev ${device}`, `filter show dev ${device} parent ${ingressHandle}`];
}

export function parseIngress(output: string): Ingress {
  const [qdiscs = "[]", filters = "[]"] = output.split("\n").filter((line) => line.trim() !== "");
  const kind = readQdiscs(qdiscs).find(({ handle }) => handle === ingressHandle)?.kind;
  return kind === undefined ? noIngress : { kind, filters: readFilters(filters) };
}

const passing = "flowid :1";
/** In place of a device, none of whose names can hold a space. */
const untouched = "passes untouched";
const redirecting = `${passing} action mirred egress redirect dev ${inboundDevice}`;

/** Makes the place for filters: it fails where somebody else was faster. */
export function addIngress(device: string): string {
  return `qdisc add dev ${device} ingress`;
}

export function deleteIngress(device: string): string {
  return `qdisc del dev ${device} ingress`;
}

/** The batch that lets these peers pass and redirects everybody else, on an ingress qdisc of ours; empty where it is so. */
export function planIngress(device: string, peers: readonly Peer[], current: Ingress): readonly string[] {
  const at = `dev ${device} parent ${ingressHandle}`;
  const own = peers.flatMap(({ addresses }) => selectSender([...addresses.v4, ...addresses.v6]));
  // those who pass come first, so that nothing of theirs is redirected in between
  const wanted = [
    ...[...neighbourDiscovery, ...own].map((selector) => ({ selector, action: passing, result: untouched })),
    ...everybody.map((selector) => ({ selector, action: redirecting, result: inboundDevice })),
  ];
  const { add, remove } = planFilters(at, wanted, current.filters, ({ redirect }) => redirect ?? untouched);
  return [...add, ...remove];
}

const everybody: readonly Selector[] = selectAll(anything);

/**
 * The ingress qdisc that somebody else put there, as its kind; undefined where there is none, or ours. Ours redirects to our device; one that
 * we had no time to finish, or whose device was taken away, is told by what it would have become.
 */
export function foreignIngress({ kind, filters }: Ingress, deviceStands: boolean): string | undefined {
  const isLost = ({ key, redirect }: Filter): boolean => redirect === "*" && everybody.some((selector) => selector.key === key);
  const isOurs =
    kind === "ingress" &&
    (filters.some((filter) => filter.redirect === inboundDevice || isLost(filter)) ||
      (deviceStands && filters.every(({ redirect }) => redirect === null)));
  return isOurs ? undefined : kind;
}

/** For `ip -batch -`. A queue as long as that of other devices, or a mere rate would lose what waits for it. */
export const addInboundDevice = `link add ${inboundDevice} txqueuelen 1000 type ifb`;

/** True where what ip or tc said means that the kernel lacks ifb, mirred or the ingress qdisc. */
export function saysInboundMissing(stderr: string): boolean {
  return /Unknown device type|Operation not supported|Failed to load TC action module|qdisc kind is unknown|answers: No such file or directory/i.test(
    stderr,
  );
}

export function inboundMissing(): DeviousError {
  return new DeviousError(
    "FAULT_NOT_APPLIED",
    "This kernel cannot lead what arrives through a device of its own (ifb, act_mirred), so what clients send cannot be impaired.",
    { hint: "Run `modprobe -a ifb act_mirred sch_ingress` on the engine's host." },
  );
}
