/**
 * What tc says about one device, read into values. Qdiscs are read from `tc -j`; classes and filters from plain text, because iproute2 6.1
 * prints no JSON for classes and, for an IPv6 filter, the key "match" four times.
 */

/** Handle of our root: how we know our own tree from anybody else's. */
export const rootHandle = "de71:";

export interface TcState {
  /** Undefined where the kernel's own default stands. */
  readonly root: { readonly kind: string; readonly handle: string } | undefined;
  /** Minor numbers of the classes under our root. */
  readonly classes: readonly number[];
  /** Minor number of a class -> the qdisc somebody put there. */
  readonly leaves: ReadonlyMap<number, Leaf>;
  readonly filters: readonly Filter[];
}

export interface Leaf {
  readonly kind: string;
  readonly handle: string;
  readonly limit: number;
  readonly delayMs: number;
  readonly jitterMs: number;
}

/** Packets to this address go to this class. An address we cannot read back is kept as the kernel's words. */
export interface Filter {
  readonly minor: number;
  readonly address: string;
}

/** The part of `tc -j qdisc show` that we use; times in seconds. */
interface QdiscJson {
  readonly kind: string;
  readonly handle: string;
  readonly root?: boolean;
  readonly parent?: string;
  readonly options?: { readonly limit?: number; readonly delay?: { readonly delay?: number; readonly jitter?: number } };
}

/** `qdiscs`: `tc -j qdisc show dev D` · `classes`: `tc class show dev D` · `filters`: `tc filter show dev D parent de71:`. */
export function parseTcState(qdiscs: string, classes: string, filters: string): TcState {
  const all = qdiscs.trim() === "" ? [] : (JSON.parse(qdiscs) as readonly QdiscJson[]);
  // the kernel's defaults have the handle 0:
  const root = all.find((qdisc) => qdisc.root === true && qdisc.handle !== "0:");
  if (root?.handle !== rootHandle) {
    return { root: root && { kind: root.kind, handle: root.handle }, classes: [], leaves: new Map(), filters: [] };
  }
  return {
    root: { kind: root.kind, handle: root.handle },
    classes: parseClasses(classes),
    leaves: leavesOf(all),
    filters: parseFilters(filters),
  };
}

function leavesOf(qdiscs: readonly QdiscJson[]): ReadonlyMap<number, Leaf> {
  return new Map(
    qdiscs.flatMap((qdisc) => {
      const minor = minorOf(qdisc.parent ?? "");
      if (minor === undefined) return [];
      const { limit = 0, delay } = qdisc.options ?? {};
      const times = { delayMs: (delay?.delay ?? 0) * 1000, jitterMs: (delay?.jitter ?? 0) * 1000 };
      return [[minor, { kind: qdisc.kind, handle: qdisc.handle, limit, ...times }] as const];
    }),
  );
}

/** `class htb de71:2 root leaf d002: prio 0 rate …` */
function parseClasses(text: string): readonly number[] {
  return text.split("\n").flatMap((line) => minorOf(/^class htb (\S+)/.exec(line)?.[1] ?? "") ?? []);
}

/** A line `filter … flowid de71:2 …` and below it one line `match ac120003/ffffffff at 16` per word of the address. */
function parseFilters(text: string): readonly Filter[] {
  const filters: { minor: number; words: string[] }[] = [];
  for (const line of text.split("\n")) {
    const flow = /\bflowid (\S+)/.exec(line)?.[1];
    const match = /^\s+match ([0-9a-f]{8})\/ffffffff at \d+/.exec(line)?.[1];
    if (flow !== undefined) filters.push({ minor: minorOf(flow) ?? 0, words: [] });
    else if (match !== undefined) filters.at(-1)?.words.push(match);
  }
  return filters.map(({ minor, words }) => ({ minor, address: addressOf(words) }));
}

function addressOf(words: readonly string[]): string {
  const [word = ""] = words;
  if (words.length === 1) return [0, 2, 4, 6].map((at) => Number.parseInt(word.slice(at, at + 2), 16)).join(".");
  return words.flatMap((each) => [each.slice(0, 4), each.slice(4)]).join(":");
}

/** Class numbers are hexadecimal: `de71:a` is the tenth. */
function minorOf(classId: string): number | undefined {
  return classId.startsWith(rootHandle) && classId.length > rootHandle.length
    ? Number.parseInt(classId.slice(rootHandle.length), 16)
    : undefined;
}
