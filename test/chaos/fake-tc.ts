import { canonical } from "../../src/chaos/address.js";
import type { Output } from "../../src/agent/command.js";
import { type TcState, parseTcState, showQdiscs, showTree } from "../../src/chaos/tc-state.js";

/**
 * As much of tc, and of the kernel behind it, as the tree on one device needs: it understands exactly the commands that we use, refuses what
 * the kernel refuses, keeps what netem keeps, and can say what becomes of a packet.
 */
export interface FakeTc {
  /** `tc -j -batch -` with this input: every line until one is refused. */
  run(input: string): Output;
  /** `tc -j qdisc show`. */
  qdiscs(): string;
  state(): TcState;
  /** How a packet is treated on its way out; null: not at all. */
  route(packet: Packet): Treatment | null;
  /** Somebody else's qdisc. */
  setForeignRoot(kind: string, handle: string): void;
}

export interface Packet {
  readonly to: string;
  /** As in the IP header: 6 is TCP, 17 UDP, 1 ICMP, 58 ICMPv6. */
  readonly protocol: number;
  /** For ICMP, type and code stand where the first port would. */
  readonly sport: number;
  readonly dport: number;
}

export interface Treatment {
  readonly bitsPerSecond: number;
  readonly burstBytes: number;
  readonly netem: Netem | null;
}

/** Times in microseconds, the rest in percent. */
export interface Netem {
  limit: number;
  delay: { time: number; jitter: number; correlation: number };
  distribution: string;
  loss: { model: string; parameters: readonly number[] };
  lossCorrelation: number;
  duplicate: number;
  duplicateCorrelation: number;
  corrupt: number;
  corruptCorrelation: number;
  reorder: number;
  reorderCorrelation: number;
  gap: number;
}

interface Match {
  /** Bytes from the start of the header; the kernel's words follow from these three. */
  readonly at: number;
  readonly value: number;
  readonly mask: number;
}

interface Filter {
  readonly protocol: "ip" | "ipv6";
  readonly priority: number;
  readonly number: number;
  readonly minor: number;
  readonly matches: readonly Match[];
}

interface Class {
  rate: { bits: number; burst: number };
  leaf: { handle: string; netem: Netem } | undefined;
}

const handleOfRoot = "de71:";

export function createFakeTc(device = "eth0"): FakeTc {
  let root: { kind: string; handle: string } | undefined;
  let classes = new Map<number, Class>();
  let filters: Filter[] = [];

  function carryOut(line: string): string {
    const words = new Words(line);
    const [object, verb] = [words.next(), words.next()];
    words.expect("dev", device);
    switch (`${object} ${verb}`) {
      case "qdisc add":
        words.expect("root", "handle", handleOfRoot, "htb", "default", "0", "direct_qlen", "1000");
        if (root !== undefined) words.refuse("Exclusivity flag on, cannot modify");
        root = { kind: "htb", handle: handleOfRoot };
        break;
      case "qdisc replace":
        replaceLeaf(words);
        break;
      case "qdisc del":
        if (words.peek() === "root") deleteRoot(words);
        else deleteLeaf(words);
        break;
      case "class add":
      case "class change":
        setClass(words, verb === "add");
        break;
      case "class del": {
        words.expect("classid");
        const minor = words.classId();
        if (filters.some((filter) => filter.minor === minor)) words.refuse("HTB class in use");
        if (!classes.delete(minor)) words.refuse("no such class");
        break;
      }
      case "filter add":
        addFilter(words);
        break;
      case "filter del": {
        words.expect("parent", handleOfRoot, "protocol");
        const [protocol, , priority] = [words.next(), words.expect("prio"), words.number(/^(\d+)$/)];
        words.expect("handle");
        const handle = words.next();
        words.expect("u32");
        const left = filters.filter(
          (filter) => filter.protocol !== protocol || filter.priority !== priority || handleOf(filter) !== handle,
        );
        if (left.length !== filters.length - 1) words.refuse("no such filter");
        filters = left;
        break;
      }
      case "qdisc show":
        words.end();
        return `${tc.qdiscs()}\n`;
      case "class show":
        words.end();
        return [...classes].map(([minor, each]) => showClass(minor, each)).join("");
      case "filter show":
        words.expect("parent", handleOfRoot);
        if (root?.handle !== handleOfRoot) words.refuse("no such parent");
        words.end();
        return `${showFilters()}\n`;
      default:
        words.refuse("not a command we use");
    }
    words.end();
    return "";
  }

  function deleteRoot(words: Words): void {
    words.expect("root", "handle", handleOfRoot);
    if (root?.handle !== handleOfRoot) words.refuse("no such qdisc");
    root = undefined;
    classes = new Map();
    filters = [];
  }

  function setClass(words: Words, isNew: boolean): void {
    words.expect("parent", handleOfRoot, "classid");
    const minor = words.classId();
    words.expect("htb", "rate");
    const bits = words.number(/^(\d+)bit$/);
    words.expect("burst");
    const burst = words.number(/^(\d+)b$/);
    words.expect("cburst", `${burst}b`, "quantum", "60000");
    const before = classes.get(minor);
    if (root?.handle !== handleOfRoot || isNew !== (before === undefined)) words.refuse("no such parent or class");
    if (bits < 8 || burst < 1600 || burst / bits > 34) words.refuse("more than tc can count");
    classes.set(minor, { rate: { bits, burst }, leaf: before?.leaf });
  }

  function replaceLeaf(words: Words): void {
    words.expect("parent");
    const owner = classes.get(words.classId());
    words.expect("handle");
    const handle = words.next();
    words.expect("netem");
    if (owner === undefined || !/^[1-9a-f][0-9a-f]{0,3}:$/.test(handle)) return words.refuse("no such class");
    for (const other of classes.values()) {
      if (other !== owner && other.leaf?.handle === handle) words.refuse("the handle is taken");
    }
    owner.leaf = { handle, netem: changeNetem(words, owner.leaf?.handle === handle ? owner.leaf.netem : undefined) };
  }

  function deleteLeaf(words: Words): void {
    words.expect("parent");
    const owner = classes.get(words.classId());
    words.expect("handle");
    if (owner?.leaf?.handle !== words.next()) return words.refuse("no such qdisc");
    owner.leaf = undefined;
  }

  function addFilter(words: Words): void {
    words.expect("parent", handleOfRoot, "protocol");
    const protocol = words.oneOf("ip", "ipv6");
    words.expect("prio");
    const priority = words.number(/^(\d+)$/);
    words.expect("u32");
    const matches: Match[] = [];
    while (words.peek() === "match") matches.push(...readMatch(words, protocol));
    words.expect("flowid");
    const minor = words.classId();
    const same = filters.filter((filter) => filter.priority === priority);
    if (matches.length === 0 || same.some((filter) => filter.protocol !== protocol)) words.refuse("Invalid argument");
    if (minor !== 0 && !classes.has(minor)) words.refuse("no such class");
    const used = new Set(same.map((filter) => filter.number));
    let number = 0x800;
    while (used.has(number)) number++;
    if (number > 0xfff) words.refuse("no space left in the hash table");
    filters.push({ protocol, priority, number, minor, matches });
    filters.sort((a, b) => a.priority - b.priority || a.number - b.number);
  }

  /** The kernel's hash tables are numbered as they come. */
  function handleOf({ priority, number }: Filter): string {
    return `${(0x800 + priority).toString(16)}::${number.toString(16)}`;
  }

  function showFilters(): string {
    const shown = filters.map((filter) => {
      const matches = packed(filter.matches).map(
        ({ at, value, mask }) =>
          `"match":{"value":"${value.toString(16)}","mask":"${mask.toString(16)}","offmask":"","off":${at}}`,
      );
      const head = `"protocol":"${filter.protocol}","pref":${filter.priority},"kind":"u32","chain":0`;
      const flow = `de71:${filter.minor === 0 ? "" : filter.minor.toString(16)}`;
      return `{${head}},{${head},"options":{"fh":"${handleOf(filter)}","order":${filter.number},"key_ht":"800","bkt":"0","flowid":"${flow}","not_in_hw":true,${matches.join(",")}}}`;
    });
    return `[${shown.join(",")}]`;
  }

  const tc: FakeTc = {
    run(input) {
      let stdout = "";
      for (const [index, line] of input.trimEnd().split("\n").entries()) {
        try {
          stdout += carryOut(line);
        } catch (error) {
          return { exitCode: 1, stdout, stderr: `${String(error)}\nCommand failed -:${index + 1}\n`, cutShort: false };
        }
      }
      return { exitCode: 0, stdout, stderr: "", cutShort: false };
    },
    qdiscs: () =>
      JSON.stringify([
        root === undefined ? { kind: "noqueue", handle: "0:", root: true, options: {} } : { ...root, root: true, options: {} },
        ...[...classes].flatMap(([minor, { leaf }]) =>
          leaf === undefined
            ? []
            : [{ kind: "netem", handle: leaf.handle, parent: `de71:${minor.toString(16)}`, options: showNetem(leaf.netem) }],
        ),
      ]),
    state() {
      const lines = root?.handle === handleOfRoot ? showTree(device) : [showQdiscs(device)];
      return parseTcState(tc.run(lines.join("\n")).stdout);
    },
    route(packet) {
      const header = headerOf(packet);
      const protocol = packet.to.includes(":") ? "ipv6" : "ip";
      const hit = filters.find(
        (filter) =>
          filter.protocol === protocol &&
          filter.matches.every(({ at, value, mask }) => ((header.get(at) ?? 0) & mask) >>> 0 === value),
      );
      const owner = hit === undefined || hit.minor === 0 ? undefined : classes.get(hit.minor);
      return owner === undefined
        ? null
        : { bitsPerSecond: owner.rate.bits, burstBytes: owner.rate.burst, netem: owner.leaf?.netem ?? null };
    },
    setForeignRoot(kind, handle) {
      root = { kind, handle };
    },
  };
  return tc;
}

/** The words of an IP header without options, and the one after it. */
function headerOf({ to, protocol, sport, dport }: Packet): ReadonlyMap<number, number> {
  const destination = to.includes(":") ? 24 : 16;
  const first: readonly (readonly [number, number])[] = to.includes(":") ? [[4, protocol << 8]] : [[8, protocol << 16]];
  const ports = [to.includes(":") ? 40 : 20, (sport * 2 ** 16 + dport) >>> 0] as const;
  const address = canonical(to).match(/.{8}/g) ?? [];
  return new Map([
    ...first,
    ports,
    ...address.map((word, index) => [destination + 4 * index, Number.parseInt(word, 16)] as const),
  ]);
}

function readMatch(words: Words, protocol: "ip" | "ipv6"): readonly Match[] {
  words.expect("match");
  const [kind, ports] = [words.next(), protocol === "ip" ? 20 : 40];
  if (kind === "u32") {
    words.expect("0", "0");
    return [{ at: 0, value: 0, mask: 0 }];
  }
  if (kind === "u8") {
    const [value, mask] = [words.number(/^0x([0-9a-f]{1,2})$/, 16), words.number(/^0x([0-9a-f]{1,2})$/, 16)];
    words.expect("at", "40");
    return [{ at: 40, value: value * 2 ** 24, mask: mask * 2 ** 24 }];
  }
  if (kind !== (protocol === "ip" ? "ip" : "ip6")) words.refuse("a match for another protocol");
  switch (words.next()) {
    case "dst": {
      const [, address = "", bits] = /^(.+)\/(\d+)$/.exec(words.next()) ?? [];
      const spelt = canonical(address).match(/[0-9a-f]{8}/g) ?? [];
      if (spelt.length * 32 !== Number(bits) || spelt.length !== (protocol === "ip" ? 1 : 4)) words.refuse("not one address");
      const at = protocol === "ip" ? 16 : 24;
      return spelt.map((word, index) => ({ at: at + 4 * index, value: Number.parseInt(word, 16), mask: 0xffffffff }));
    }
    case "protocol": {
      const number = words.number(/^(\d+)$/);
      words.expect("0xff");
      if (number > 255) words.refuse("no protocol");
      return protocol === "ip" ? [{ at: 8, value: number << 16, mask: 0xff0000 }] : [{ at: 4, value: number << 8, mask: 0xff00 }];
    }
    case "sport": {
      const number = words.port();
      return [{ at: ports, value: number * 2 ** 16, mask: 0xffff0000 }];
    }
    case "dport":
      return [{ at: ports, value: words.port(), mask: 0xffff }];
    default:
      return words.refuse("not a match we use");
  }
}

/** Matches at the same place become one. */
function packed(matches: readonly Match[]): readonly Match[] {
  const places = [...new Set(matches.map(({ at }) => at))];
  return places.map((at) => {
    const here = matches.filter((match) => match.at === at);
    const or = (numbers: readonly number[]) => numbers.reduce((all, number) => (all | number) >>> 0, 0);
    return { at, value: or(here.map(({ value }) => value)), mask: or(here.map(({ mask }) => mask)) };
  });
}

function showClass(minor: number, { rate, leaf }: Class): string {
  const { bits, burst } = rate;
  const unit =
    bits % 1e9 === 0 ? ["Gbit", 1e9] : bits % 1e6 === 0 ? ["Mbit", 1e6] : bits % 1e3 === 0 ? ["Kbit", 1e3] : ["bit", 1];
  const spelt = `${bits / Number(unit[1])}${unit[0]}`;
  // a burst is kept as the whole microseconds that it takes
  const kept = Math.floor((Math.floor((burst * 8e6) / bits) * bits) / 8e6);
  return `class htb de71:${minor.toString(16)} root ${leaf === undefined ? "" : `leaf ${leaf.handle} `}prio 0 rate ${spelt} ceil ${spelt} burst ${kept}b cburst ${kept}b \n`;
}

/** Options as tc-netem(8) has them, over what the kernel keeps of a netem that is changed. */
function changeNetem(words: Words, before: Netem | undefined): Netem {
  words.expect("limit");
  const netem: Netem = {
    limit: words.number(/^(\d+)$/),
    delay: { time: 0, jitter: 0, correlation: before?.delay.correlation ?? 0 },
    distribution: before?.distribution ?? "uniform",
    loss: { model: "random", parameters: [0] },
    lossCorrelation: before?.lossCorrelation ?? 0,
    duplicate: 0,
    duplicateCorrelation: before?.duplicateCorrelation ?? 0,
    corrupt: before?.corrupt ?? 0,
    corruptCorrelation: before?.corruptCorrelation ?? 0,
    reorder: before?.reorder ?? 0,
    reorderCorrelation: before?.reorderCorrelation ?? 0,
    gap: 0,
  };
  // one named correlation of these three sets them all
  const correlations: { delay?: number; loss?: number; duplicate?: number } = {};
  if (words.take("delay")) {
    netem.delay.time = words.number(/^(\d+)us$/);
    if (words.peek().endsWith("us")) {
      netem.delay.jitter = words.number(/^(\d+)us$/);
      correlations.delay = words.percent();
    }
    if (words.take("distribution")) netem.distribution = words.oneOf("normal", "pareto", "paretonormal");
  }
  if (words.take("loss")) {
    const model = words.oneOf("random", "state", "gemodel");
    if (model === "random") {
      netem.loss = { model, parameters: [words.percent()] };
      correlations.loss = words.percent();
    } else netem.loss = { model, parameters: Array.from({ length: model === "state" ? 5 : 4 }, () => words.percent()) };
  }
  if (words.take("duplicate")) {
    netem.duplicate = words.percent();
    correlations.duplicate = words.percent();
  }
  if (words.take("corrupt")) [netem.corrupt, netem.corruptCorrelation] = [words.percent(), words.percent()];
  if (words.take("reorder")) {
    [netem.reorder, netem.reorderCorrelation] = [words.percent(), words.percent()];
    words.expect("gap");
    netem.gap = words.number(/^([1-9]\d*)$/);
    if (netem.delay.time === 0) words.refuse("reordering not possible without specifying some delay");
  }
  if (Object.keys(correlations).length > 0) {
    netem.delay.correlation = correlations.delay ?? 0;
    netem.lossCorrelation = correlations.loss ?? 0;
    netem.duplicateCorrelation = correlations.duplicate ?? 0;
  }
  if (netem.delay.jitter > 2_147_483) words.refuse("capped by the kernel");
  return netem;
}

/** As iproute2 6.1 prints it: six digits, and nothing that is zero. */
function showNetem(netem: Netem): Record<string, unknown> {
  const float = (value: number) => Number(value.toPrecision(6));
  const part = (percent: number) => float(percent / 100);
  const { delay, loss, duplicate, corrupt, reorder } = netem;
  const names =
    { random: ["loss"], state: ["p13", "p31", "p32", "p23", "p14"], gemodel: ["p", "r", "1-h", "1-k"] }[loss.model] ?? [];
  const chances = Object.fromEntries(names.map((name, index) => [name, part(loss.parameters[index] ?? 0)]));
  const lost = loss.model === "random" ? { ...chances, correlation: part(netem.lossCorrelation) } : chances;
  return {
    limit: netem.limit,
    ...(delay.time > 0 || delay.jitter > 0
      ? { delay: { delay: float(delay.time / 1e6), jitter: float(delay.jitter / 1e6), correlation: part(delay.correlation) } }
      : {}),
    ...(loss.model === "random" && loss.parameters[0] === 0 ? {} : { [`loss-${loss.model}`]: lost }),
    ...(duplicate > 0 ? { duplicate: { duplicate: part(duplicate), correlation: part(netem.duplicateCorrelation) } } : {}),
    ...(reorder > 0 ? { reorder: { reorder: part(reorder), correlation: part(netem.reorderCorrelation) } } : {}),
    ...(corrupt > 0 ? { corrupt: { corrupt: part(corrupt), correlation: part(netem.corruptCorrelation) } } : {}),
    ecn: false,
    gap: netem.gap,
  };
}

/** A command's words, each of which must be used. */
class Words {
  readonly #line: string;
  readonly #words: string[];

  constructor(line: string) {
    this.#line = line;
    this.#words = line.split(" ");
  }

  refuse(why: string): never {
    throw new Error(`${why}: ${this.#line}`);
  }

  peek(): string {
    return this.#words[0] ?? "";
  }

  next(): string {
    return this.#words.shift() ?? this.refuse("it ends too early");
  }

  expect(...words: readonly string[]): void {
    for (const word of words) if (this.next() !== word) this.refuse(`"${word}" was expected`);
  }

  take(word: string): boolean {
    if (this.peek() !== word) return false;
    this.next();
    return true;
  }

  oneOf<Word extends string>(...words: readonly Word[]): Word {
    const found = this.next();
    return words.find((word) => word === found) ?? this.refuse(`one of ${words.join(", ")} was expected`);
  }

  number(pattern: RegExp, base = 10): number {
    return Number.parseInt(pattern.exec(this.next())?.[1] ?? this.refuse("a number was expected"), base);
  }

  percent(): number {
    const value = Number(/^(\d+(?:\.\d+)?)%$/.exec(this.next())?.[1] ?? this.refuse("a percentage was expected"));
    return value <= 100 ? value : this.refuse("more than all");
  }

  port(): number {
    const number = this.number(/^(\d+)$/);
    this.expect("0xffff");
    return number >= 1 && number <= 65_535 ? number : this.refuse("no port");
  }

  classId(): number {
    const minor = Number.parseInt(/^de71:([0-9a-f]{1,4})$/.exec(this.next())?.[1] ?? this.refuse("a class was expected"), 16);
    return minor;
  }

  end(): void {
    if (this.#words.length > 0) this.refuse(`"${this.peek()}" is too much`);
  }
}
