/** nft, iptables, tc and ip, run inside a node's network namespace: make it so, read it back, say what differs. */
import { DeviousError } from "../core/errors.js";
import { canonical } from "../chaos/address.js";
import { type Family, parseChain, renderIptables } from "../chaos/iptables.js";
import type { Link, Peer } from "../chaos/desired-state.js";
import { nftDifference, nftTable, renderNft, saysNoNft } from "../chaos/nft.js";
import { foreignRoot, planTc } from "../chaos/tc.js";
import { type TcState, parseTcState, rootHandle } from "../chaos/tc-state.js";
import type { Output } from "./command.js";
import type { NetworkNamespace } from "./netns.js";

/** What was handed to a tool; empty where the node was as it should be. */
export type Rules = readonly { readonly tool: string; readonly rules: string }[];

/** Drops what `unheard` send, in one transaction for both IP families. `mayHold` false: it is known that another cut stands there. */
export async function cutWithNft(
  namespace: NetworkNamespace,
  node: string,
  unheard: readonly Peer[],
  mayHold: boolean,
): Promise<Rules> {
  if (mayHold && nftDifference(unheard, await readNft(namespace, node)) === undefined) return [];
  const rules = renderNft(unheard);
  await must(namespace, node, ["nft", "-f", "-"], rules);
  const difference = nftDifference(unheard, await readNft(namespace, node));
  if (difference !== undefined) throw notInForce(node, difference, rules);
  return [{ tool: "nft", rules }];
}

/** Our table as JSON; undefined where there is none. */
async function readNft(namespace: NetworkNamespace, node: string): Promise<string | undefined> {
  const command = ["nft", "-j", "list", "table", ...nftTable];
  const listing = await namespace.run(command);
  if (listing.exitCode === 0) return listing.stdout;
  if (listing.stderr.includes("No such file or directory") || saysNoNft(listing.stderr)) return undefined;
  throw failure(node, command, "", listing);
}

/** The same cut by iptables, for kernels without nft. The IPv6 half is left alone on a machine without IPv6. */
export async function cutWithIptables(
  namespace: NetworkNamespace,
  node: string,
  unheard: readonly Peer[],
  ipv6: boolean,
): Promise<Rules> {
  const v4 = await cutFamily(namespace, node, unheard, "v4");
  const v6 = ipv6 ? await cutFamily(namespace, node, unheard, "v6") : [];
  return [...v4, ...v6];
}

/** The legacy tools by the one binary behind them: its name is the same wherever iptables is, the links to it are not. */
export function legacyTool(name: string): readonly string[] {
  return ["xtables-legacy-multi", name];
}

/** The exit code of an iptables that could not get at its tables just then, e.g. because somebody else held their lock. */
const resourceProblem = 4;

async function cutFamily(namespace: NetworkNamespace, node: string, unheard: readonly Peer[], family: Family): Promise<Rules> {
  const tool = family === "v4" ? "iptables" : "ip6tables";
  const list = [...legacyTool(tool), "-w", "5", "-S"];
  const read = async () => parseChain((await must(namespace, node, list)).stdout);
  if (unheard.every(({ addresses }) => addresses[family].length === 0)) {
    const listing = await namespace.run(list);
    if (listing.cutShort || listing.exitCode === resourceProblem) throw failure(node, list, "", listing);
    // a kernel without this family's filter table holds no cut of ours: that matters only where one is asked for
    if (listing.exitCode !== 0) return [];
  }
  const rules = renderIptables(unheard, family, await read());
  if (rules === undefined) return [];
  await must(namespace, node, [...legacyTool(`${tool}-restore`), "-w", "5", "--noflush"], rules);
  if (renderIptables(unheard, family, await read()) !== undefined)
    throw notInForce(node, `${tool} does not hold the cut asked for`, rules);
  return [{ tool, rules }];
}

/** Slows the links on the interface that owns `address`. */
export async function shape(namespace: NetworkNamespace, node: string, address: string, links: readonly Link[]): Promise<Rules> {
  if (links.length === 0) {
    // one look at all interfaces shows that none of them is slowed, which is what a heal nearly always finds
    const { stdout } = await must(namespace, node, ["tc", "-j", "qdisc", "show"]);
    if (!stdout.includes(rootHandle)) return [];
  }
  const device = deviceOf((await must(namespace, node, ["ip", "-j", "addr", "show"])).stdout, address);
  if (device === undefined) throw notInForce(node, `no interface owns the address ${address}`, "");
  const current = await readTc(namespace, node, device);
  const foreign = foreignRoot(current);
  if (foreign !== undefined && links.length > 0) {
    throw new DeviousError(
      "FAULT_NOT_APPLIED",
      `${device} of ${node} already has a root qdisc that is not devious's (${foreign}).`,
      {
        hint: `Remove it in that container, e.g. \`tc qdisc del dev ${device} root\`, and try again.`,
      },
    );
  }
  const plan = planTc(device, links, current);
  if (plan.length === 0) return [];
  const rules = `${plan.join("\n")}\n`;
  await must(namespace, node, ["tc", "-batch", "-"], rules);
  const [left] = planTc(device, links, await readTc(namespace, node, device));
  if (left !== undefined) throw notInForce(node, `${device} would still need \`tc ${left}\``, rules);
  return [{ tool: "tc", rules }];
}

async function readTc(namespace: NetworkNamespace, node: string, device: string): Promise<TcState> {
  const qdiscs = await must(namespace, node, ["tc", "-j", "qdisc", "show", "dev", device]);
  if (!qdiscs.stdout.includes(rootHandle)) return parseTcState(qdiscs.stdout, "", "");
  const classes = await must(namespace, node, ["tc", "class", "show", "dev", device]);
  const filters = await must(namespace, node, ["tc", "filter", "show", "dev", device, "parent", rootHandle]);
  return parseTcState(qdiscs.stdout, classes.stdout, filters.stdout);
}

/** The interface with this address, from `ip -j addr show`: a node may have others, in networks that are not the cluster's. */
function deviceOf(listing: string, address: string): string | undefined {
  const interfaces = JSON.parse(listing) as readonly {
    readonly ifname?: string;
    readonly addr_info?: readonly { readonly local?: string }[];
  }[];
  return interfaces.find(({ addr_info: owned = [] }) => owned.some(({ local = "" }) => canonical(local) === canonical(address)))
    ?.ifname;
}

async function must(namespace: NetworkNamespace, node: string, command: readonly string[], input = ""): Promise<Output> {
  const output = await namespace.run(command, input);
  if (output.exitCode !== 0) throw failure(node, command, input, output);
  return output;
}

function failure(node: string, command: readonly string[], input: string, output: Output): DeviousError {
  const said = output.stderr.trim();
  const [line = "it said nothing"] = said.split("\n");
  return new DeviousError("FAULT_NOT_APPLIED", `\`${command.join(" ")}\` failed in ${node}'s network namespace: ${line}`, {
    details: [`exit code ${output.exitCode}`, ...said.split("\n").slice(1), ...input.split("\n")].filter(
      (detail) => detail !== "",
    ),
  });
}

function notInForce(node: string, difference: string, rules: string): DeviousError {
  return new DeviousError("FAULT_NOT_APPLIED", `Read back from ${node}: ${difference}.`, {
    details: rules.split("\n").filter((line) => line !== ""),
  });
}
