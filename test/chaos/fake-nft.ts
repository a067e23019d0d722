import { isIP } from "node:net";
import type { Packet, ReadRule } from "./packets.js";

/**
 * As much of nft(8) as one table of ours needs, with a grammar of its own: it refuses every word that is not in it. Shows the table as
 * nftables 1.0.6 does.
 */
export class FakeNft {
  #rules: readonly NftRule[] | undefined;

  /** Undefined where there is no table. */
  get rules(): readonly ReadRule[] | undefined {
    return this.#rules;
  }

  /** Addresses whose packets some rule drops. */
  get sources(): readonly string[] | undefined {
    return this.#rules && [...new Set(this.#rules.flatMap(({ source }) => source ?? []))];
  }

  /** Carries the transaction out whole, or throws; gives what `nft -j --echo` prints. Undefined where the kernel says that there is a table. */
  transact(text: string): string | undefined {
    const lines = text.replace(/\n$/, "").split("\n");
    const isFirst = lines[0] === "create table inet devious";
    const body = lines.slice(isFirst ? 1 : 2);
    if (isFirst && this.#rules !== undefined) return undefined;
    if (!isFirst && (lines[0] !== "table inet devious" || lines[1] !== "delete table inet devious")) refuse(text);
    this.#rules = body.length === 0 ? undefined : readTable(body);
    return JSON.stringify({ nftables: this.#objects().map((add) => ({ add })) });
  }

  /** `nft -j list table inet devious`; undefined where it says that there is no such table. */
  list(): string | undefined {
    const objects = this.#objects();
    return objects.length === 0 ? undefined : JSON.stringify({ nftables: [{ metainfo: { version: "1.0.6" } }, ...objects] });
  }

  #objects(): readonly object[] {
    if (this.#rules === undefined) return [];
    const at = { family: "inet", table: "devious" };
    return [
      { table: { family: "inet", name: "devious", handle: 2 } },
      { chain: { ...at, name: "input", handle: 1, type: "filter", hook: "input", prio: 0, policy: "accept" } },
      ...this.#rules.map(({ expr, comment }, index) => ({ rule: { ...at, chain: "input", handle: index + 2, comment, expr } })),
    ];
  }
}

interface NftRule extends ReadRule {
  readonly source?: string;
  readonly comment?: string;
  readonly expr: readonly object[];
}

interface Match {
  readonly holds: (packet: Packet) => boolean;
  readonly expr: object;
}

const opening = ["table inet devious {", "  chain input {", "    type filter hook input priority 0; policy accept;"];

function readTable(lines: readonly string[]): readonly NftRule[] {
  const rules = lines.slice(opening.length, -2);
  if ([...opening, ...rules, "  }", "}"].join("\n") !== lines.join("\n")) refuse(lines.join("\n"));
  return rules.map(readRule);
}

const discovery = { "nd-neighbor-solicit": 135, "nd-neighbor-advert": 136 };

function readRule(line: string): NftRule {
  const passes = /^ {4}icmpv6 type (nd-neighbor-(?:solicit|advert)) accept$/.exec(line)?.[1] as
    keyof typeof discovery | undefined;
  if (passes === undefined) return readDrop(line);
  return {
    matches: ({ source, type }) => source.includes(":") && type === discovery[passes],
    verdict: "pass",
    chance: 1,
    expr: [matchExpr({ payload: { protocol: "icmpv6", field: "type" } }, "==", passes), { accept: null }],
  };
}

function readDrop(line: string): NftRule {
  const words = line.trim().split(" ");
  const take = (): string => words.shift() ?? refuse(line);
  const [family, field, source] = [take(), take(), take()];
  if (field !== "saddr" || isIP(source) !== { ip: 4, ip6: 6 }[family]) refuse(line);
  const matches: Match[] = [
    {
      holds: (packet) => packet.source === source,
      expr: matchExpr({ payload: { protocol: family, field } }, "==", source),
    },
  ];
  let chance = 1;
  const protocols = new Set<string>();
  const end = ["counter", "drop", "comment"].join(" ");
  while (words.slice(0, 3).join(" ") !== end) {
    const word = take();
    // the kernel leaves a rule at its first match that does not hold, so what it draws for comes last
    if (chance < 1) refuse(line);
    if (word === "tcp" || word === "udp") {
      protocols.add(word);
      matches.push(readPort(word, take, line));
    } else if (word === "meta") {
      const [key, name] = [take(), take()];
      const v6 = family === "ip6";
      if (key !== "l4proto" || !["tcp", "udp", v6 ? "ipv6-icmp" : "icmp"].includes(name)) refuse(line);
      protocols.add(name);
      matches.push({
        holds: ({ protocol }) => protocol === name.replace("ipv6-", ""),
        expr: matchExpr({ meta: { key } }, "==", name),
      });
    } else if (word === "numgen") {
      const [mode, mod, modulus, less, limit] = [take(), take(), number(take(), line), take(), number(take(), line)];
      if (mode !== "random" || mod !== "mod" || less !== "<" || limit < 1 || limit >= modulus) refuse(line);
      chance = limit / modulus;
      matches.push({ holds: () => true, expr: matchExpr({ numgen: { mode, mod: modulus, offset: 0 } }, "<", limit) });
    } else refuse(line);
  }
  const comment = /^counter drop comment "([a-z0-9-]+)"$/.exec(words.join(" "))?.[1] ?? refuse(line);
  if (protocols.size > 1) refuse(line);
  const expr = [...matches.map((match) => match.expr), { counter: { packets: 0, bytes: 0 } }, { drop: null }];
  return { source, comment, verdict: "drop", chance, expr, matches: (packet) => matches.every(({ holds }) => holds(packet)) };
}

function readPort(protocol: "tcp" | "udp", take: () => string, line: string): Match {
  const field = take();
  if (field !== "sport" && field !== "dport") return refuse(line);
  const next = take();
  const [op, port] = next === "!=" ? [next, number(take(), line)] : ["==", number(next, line)];
  if (port < 1 || port > 65_535) refuse(line);
  return {
    holds: (packet) => packet.protocol === protocol && (packet[field] === port) === (op === "=="),
    expr: matchExpr({ payload: { protocol, field } }, op, port),
  };
}

function matchExpr(left: object, op: string, right: string | number): object {
  return { match: { op, left, right } };
}

function number(word: string, line: string): number {
  return /^\d+$/.test(word) ? Number(word) : refuse(line);
}

function refuse(text: string): never {
  throw new Error(`nft refuses: ${text}`);
}
