/**
 * What tc says about one device, read into values. iproute2 6.1 prints no JSON for classes, later ones do; and for a filter it prints the key
 * "match" several times in one object, so that filters are read word by word.
 */
import { type Word, spellSelector } from "./tc-filters.js";
import type { NetemOptions } from "./tc-netem.js";

/** Handle of our root: how we know our own tree from anybody else's. */
export const rootHandle = "de71:";

/** Handle of whatever looks at what arrives: there is one such place on a device, and the kernel gives it no other. */
export const ingressHandle = "ffff:";

export interface TcState {
  /** Undefined where the kernel's own default stands. */
  readonly root: { readonly kind: string; readonly handle: string } | undefined;
  /** Minor number of each class under our root -> how much it lets through. */
  readonly classes: ReadonlyMap<number, ClassRate>;
  /** Minor number of a class -> the qdisc somebody put there. */
  readonly leaves: ReadonlyMap<number, Leaf>;
  readonly filters: readonly Filter[];
  /** Something may happen to what arrives: there is an ingress qdisc, or a clsact. */
  readonly hasIngress: boolean;
}

export interface ClassRate {
  readonly bitsPerSecond: number;
  readonly burstBytes: number;
}

export interface Leaf {
  readonly kind: string;
  readonly handle: string;
  readonly options: NetemOptions;
}

/** Packets that it selects go to class `minor`, or directly out where that is 0. */
export interface Filter {
  readonly etherType: string;
  readonly priority: number;
  /** The kernel's own name for it under its priority, e.g. `801::800`. */
  readonly handle: string;
  readonly minor: number;
  /** The device that it redirects packets to; "" where it does something else to them, null where it does nothing. */
  readonly redirect: string | null;
  /** See {@link spellSelector}. */
  readonly key: string;
}

export const nothingThere: TcState = { root: undefined, classes: new Map(), leaves: new Map(), filters: [], hasIngress: false };

/** The lines for `tc -j -batch -` whose output {@link parseTcState} reads. Without our root the last one fails. */
export function showTree(device: string): readonly string[] {
  return [showQdiscs(device), `class show dev ${device}`, `filter show dev ${device} parent ${rootHandle}`];
}

/** The same where it is not known whether our root stands: it shows no more than qdiscs. */
export function showQdiscs(device: string): string {
  return `qdisc show dev ${device}`;
}

/** The part of `tc -j qdisc show` that we use. */
interface QdiscJson {
  readonly kind: string;
  readonly handle: string;
  readonly root?: boolean;
  readonly parent?: string;
  readonly options?: NetemOptions;
}

/** A line of `tc -j qdisc show`. */
export function readQdiscs(line: string): readonly QdiscJson[] {
  return JSON.parse(line) as readonly QdiscJson[];
}

/** The output of {@link showTree} or {@link showQdiscs}. */
export function parseTcState(output: string): TcState {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  const [first = "[]", ...rest] = lines;
  const all = readQdiscs(first);
  const hasIngress = all.some(({ handle }) => handle === ingressHandle);
  // the kernel's defaults have the handle 0:
  const root = all.find((qdisc) => qdisc.root === true && qdisc.handle !== "0:");
  if (root?.handle !== rootHandle) return { ...nothingThere, hasIngress, root: root && { kind: root.kind, handle: root.handle } };
  return {
    root: { kind: root.kind, handle: root.handle },
    classes: new Map(rest.flatMap((line) => (line.startsWith("[") ? classesInJson(line) : classInText(line)))),
    leaves: leavesOf(all),
    hasIngress,
    filters: rest.flatMap((line) => (line.startsWith("[") ? readFilters(line) : [])),
  };
}

function leavesOf(qdiscs: readonly QdiscJson[]): ReadonlyMap<number, Leaf> {
  return new Map(
    qdiscs.flatMap(({ parent = "", kind, handle, options = {} }) => {
      const minor = minorOf(parent);
      return minor === undefined ? [] : [[minor, { kind, handle, options }] as const];
    }),
  );
}

type ClassEntry = readonly [minor: number, rate: ClassRate];

const bitsOf: Readonly<Record<string, number>> = { bit: 1, Kbit: 1e3, Mbit: 1e6, Gbit: 1e9, Tbit: 1e12 };
const bytesOf: Readonly<Record<string, number>> = { b: 1, Kb: 1024, Mb: 1024 ** 2, Gb: 1024 ** 3 };

/** `class htb de71:2 root leaf d002: prio 0 rate 1500Kbit ceil 1500Kbit burst 3200b cburst 3200b` */
function classInText(line: string): readonly ClassEntry[] {
  const minor = minorOf(/^class htb (\S+)/.exec(line)?.[1] ?? "");
  const [, rate, rateUnit = ""] = /\brate (\d+)(\w+)/.exec(line) ?? [];
  const [, burst, burstUnit = ""] = /\bburst (\d+)(\w+)/.exec(line) ?? [];
  if (minor === undefined) return [];
  const bitsPerSecond = Number(rate) * (bitsOf[rateUnit] ?? Number.NaN);
  return [[minor, { bitsPerSecond, burstBytes: Number(burst) * (bytesOf[burstUnit] ?? Number.NaN) }]];
}

/** JSON has rates in bytes a second. */
function classesInJson(line: string): readonly ClassEntry[] {
  // filters are in an array of their own, and one of them need not be JSON that keeps all its keys
  if (!line.includes('"class"')) return [];
  const classes = JSON.parse(line) as readonly {
    readonly class: string;
    readonly handle: string;
    readonly rate?: number;
    readonly burst?: number;
  }[];
  return classes.flatMap(({ handle, rate = Number.NaN, burst = Number.NaN }) => {
    const minor = minorOf(handle);
    return minor === undefined ? [] : [[minor, { bitsPerSecond: rate * 8, burstBytes: burst }] as const];
  });
}

/** In the order tc prints them: what stands for a priority, then for a filter, then the filter's words and actions. */
const filterWords =
  /"protocol":"(?<etherType>\w+)"|"pref":(?<pref>\d+)|"fh":"(?<fh>[^"]*)"|"flowid":"(?<flow>[^"]*)"|"value":"(?<value>[0-9a-f]+)","mask":"(?<mask>[0-9a-f]+)"[^}]*"off":(?<at>\d+)|(?<actions>"actions":)|"to_dev":"(?<device>[^"]*)"/g;

/** A line of `tc -j filter show`. */
export function readFilters(line: string): readonly Filter[] {
  const filters: {
    etherType: string;
    priority: number;
    handle: string;
    minor: number;
    redirect: string | null;
    words: Word[];
  }[] = [];
  let [etherType, priority, handle] = ["", 0, ""];
  for (const { groups = {} } of line.matchAll(filterWords)) {
    const { value, mask, at, flow, actions, device } = groups;
    etherType = groups["etherType"] ?? etherType;
    priority = Number(groups["pref"] ?? priority);
    handle = groups["fh"] ?? handle;
    if (flow !== undefined) filters.push({ etherType, priority, handle, minor: minorOf(flow) ?? 0, redirect: null, words: [] });
    const last = filters.at(-1);
    if (last !== undefined && (actions ?? device) !== undefined) last.redirect = device ?? "";
    if (value !== undefined && mask !== undefined && at !== undefined) {
      last?.words.push({ at: Number(at), value: Number.parseInt(value, 16), mask: Number.parseInt(mask, 16) });
    }
  }
  return filters.map(({ words, ...filter }) => ({
    ...filter,
    key: spellSelector(filter.etherType, filter.priority, words),
  }));
}

/** Class numbers are hexadecimal: `de71:a` is the tenth. The root itself, `de71:`, is no class. */
function minorOf(classId: string): number | undefined {
  return classId.startsWith(rootHandle) && classId.length > rootHandle.length
    ? Number.parseInt(classId.slice(rootHandle.length), 16)
    : undefined;
}
