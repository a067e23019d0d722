/** nft and iptables, run inside a node's network namespace: drop what was asked, read it back, say what differs. */
import { type Family, parseChain, renderIptables } from "../chaos/iptables.js";
import type { Peer } from "../chaos/desired-state.js";
import { nftDifference, nftTable, renderNft, saysNoNft } from "../chaos/nft.js";
import type { NetworkNamespace } from "./netns.js";
import { type Rules, failure, must, notInForce } from "./tools.js";

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
