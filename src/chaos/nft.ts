/**
 * Cuts as one nftables table of our own (nft(8)). The `inet` family sees IPv4 and IPv6, so no cut leaks through the other one. Packets
 * are dropped where they arrive: the sender notices nothing, and a one-way cut is one table instead of two.
 *
 * The rules use no sets: what nft echoes of a rule then comes from the kernel to the last word, while elements of a set it repeats as it
 * was given them.
 */
import { canonical } from "./address.js";
import type { Drop } from "./desired-state.js";
import { type DropRule, dropRules, everyPacket, neighbourDiscovery, ruleDifference } from "./drop-rules.js";

/** The table, as nft's commands name it. */
export const nftTable = ["inet", "devious"] as const;

const table = `table ${nftTable.join(" ")}`;
const chain = "input";

/**
 * The transaction that makes our table exactly these drops, whatever it was before: `table` before `delete table` so that deleting
 * never fails. Without drops no table is left.
 */
export function renderNft(drops: readonly Drop[]): string {
  return `${table}\ndelete ${table}\n${tableOf(drops)}`;
}

/**
 * The same where no table of ours stands; where one does, the kernel refuses all of it. To delete is to wait until no packet is being looked
 * at by what is deleted, which takes several times as long as everything else. Empty where nothing is to be dropped.
 */
export function renderFirstNft(drops: readonly Drop[]): string {
  const rules = tableOf(drops);
  return rules === "" ? "" : `create ${table}\n${rules}`;
}

function tableOf(drops: readonly Drop[]): string {
  const rules = rulesOf(drops).map(({ matches, verdict, peer }) =>
    peer === undefined ? `    ${matches} ${verdict}\n` : `    ${matches} counter ${verdict} comment "${peer}"\n`,
  );
  if (rules.length === 0) return "";
  return `${table} {\n  chain ${chain} {\n    type filter hook input priority 0; policy accept;\n${rules.join("")}  }\n}\n`;
}

/** A rule of the kernel's. */
interface NftRule {
  readonly matches: string;
  readonly verdict: "accept" | "drop";
  /** Whose packets they are, where it is one node's. */
  readonly peer?: string;
}

function rulesOf(drops: readonly Drop[]): readonly NftRule[] {
  const rules = dropRules(drops);
  const dropped = rules.flatMap((rule) =>
    matchesOf(rule).map((matches): NftRule => ({ matches: matches.join(" "), verdict: "drop", peer: rule.peer })),
  );
  if (rules.every(({ family }) => family === "v4")) return dropped;
  return [...neighbourDiscovery.map(([, type]): NftRule => ({ matches: `icmpv6 type ${type}`, verdict: "accept" })), ...dropped];
}

/** The rule as the kernel's rules that make it up, each as its matches. */
function matchesOf(rule: DropRule): readonly (readonly string[])[] {
  const { family, source, protocol, ports, millionths } = rule;
  const from = `${family === "v4" ? "ip" : "ip6"} saddr ${source}`;
  const chance = millionths === everyPacket ? [] : [`numgen random mod ${everyPacket} < ${millionths}`];
  if (protocol === null) return [[from, ...chance]];
  if (ports.length === 0) return [[from, `meta l4proto ${protocolName(rule)}`, ...chance]];
  // a packet from one of the ports to another must not be drawn for twice
  const drawn = millionths === everyPacket ? [] : ports.map((port) => `${protocol} sport != ${port}`);
  return [
    ...ports.map((port) => [from, `${protocol} sport ${port}`, ...chance]),
    ...ports.map((port) => [from, ...drawn, `${protocol} dport ${port}`, ...chance]),
  ];
}

/** ICMP of IPv6 is a protocol of its own. */
function protocolName({ protocol, family }: Pick<DropRule, "protocol" | "family">): string {
  return protocol === "icmp" && family === "v6" ? "ipv6-icmp" : String(protocol);
}

/**
 * How our table differs from the drops asked for, in a sentence; undefined where it does not. `listing` is what `nft -j list table inet
 * devious` says, or `nft -j --echo` of the transaction; undefined where there is no table.
 */
export function nftDifference(drops: readonly Drop[], listing: string | undefined): string | undefined {
  const wanted = rulesOf(drops).map(({ matches, verdict }) => `${matches} ${verdict}`);
  if (listing === undefined) return ruleDifference(wanted, [], spelling);
  if (wanted.length === 0) return "a table of ours is left over";
  const { nftables } = JSON.parse(listing) as Listing;
  const objects = nftables.map((object) => object.add ?? object);
  const chains = objects.flatMap((object) => object.chain ?? []);
  const [hooked] = chains;
  if (chains.length !== 1 || hooked?.name !== chain || hooked.hook !== "input" || hooked.policy !== "accept") {
    return "our table does not see what arrives";
  }
  const found = objects.flatMap(({ rule }) => (rule === undefined ? [] : [write(rule.expr)]));
  return ruleDifference(wanted, found, spelling);
}

/** Addresses are all that nft writes in another way than it was given. */
function spelling(rule: string): string {
  return rule.split(" ").map(canonical).join(" ");
}

/** True where what was said instead of running nft means that it, or the kernel's side of it, is not there: so no table is either. */
export function saysNoNft(stderr: string): boolean {
  return /not supported|failed to execute|ENOENT/.test(stderr);
}

/** The part of libnftables-json(5) that our own rules use. */
interface Listing {
  readonly nftables: readonly (Listed & { readonly add?: Listed })[];
}

interface Listed {
  readonly chain?: { readonly name: string; readonly hook?: string; readonly policy?: string };
  readonly rule?: { readonly expr: readonly Expression[] };
}

interface Expression {
  readonly counter?: unknown;
  readonly accept?: null;
  readonly drop?: null;
  readonly match?: { readonly op: string; readonly left: Operand; readonly right: unknown };
}

interface Operand {
  readonly payload?: { readonly protocol: string; readonly field: string };
  readonly meta?: { readonly key: string };
  readonly numgen?: { readonly mode: string; readonly mod: number; readonly offset: number };
}

/** The rule as {@link rulesOf} would have it; what no rule of ours says stays as it is and equals none of them. */
function write(expressions: readonly Expression[]): string {
  return expressions.flatMap((each) => ("counter" in each ? [] : (writeExpression(each) ?? JSON.stringify(each)))).join(" ");
}

function writeExpression(expression: Expression): string | undefined {
  if ("accept" in expression) return "accept";
  if ("drop" in expression) return "drop";
  const { match } = expression;
  if (match === undefined || (typeof match.right !== "string" && typeof match.right !== "number")) return undefined;
  const { op, left, right } = match;
  const { payload, meta, numgen } = left;
  const value = op === "==" ? String(right) : `${op} ${right}`;
  if (payload !== undefined) return `${payload.protocol} ${payload.field} ${value}`;
  if (meta !== undefined) return `meta ${meta.key} ${value}`;
  return numgen?.offset === 0 ? `numgen ${numgen.mode} mod ${numgen.mod} ${value}` : undefined;
}
