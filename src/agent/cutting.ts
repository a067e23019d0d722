/** nft and iptables, run inside a node's network namespace: drop what was asked, read it back, say what differs. */
import type { Family } from "../chaos/address.js";
import type { Drop } from "../chaos/desired-state.js";
import { iptablesDifference, parseChain, renderIptables } from "../chaos/iptables.js";
import { nftDifference, nftTable, renderFirstNft, renderNft, saysNoNft } from "../chaos/nft.js";
import type { Output } from "./command.js";
import type { NetworkNamespace } from "./netns.js";
import { type Rules, failure, must, notInForce } from "./tools.js";

/** What is known of drops of ours in a node. */
export type Standing = "nothing" | "others" | "unknown";

/** Makes the node drop exactly this, in one transaction for both IP families. */
export async function cutWithNft(
  namespace: NetworkNamespace,
  node: string,
  drops: readonly Drop[],
  standing: Standing,
): Promise<Rules> {
  if (standing === "nothing") {
    const rules = renderFirstNft(drops);
    if (rules === "") return [];
    const echoed = await transact(namespace, rules);
    // refused where something of ours stands there after all
    if (echoed.exitCode === 0) return readBack(namespace, node, drops, rules, echoed);
  }
  if (standing !== "others" && nftDifference(drops, await readNft(namespace, node)) === undefined) return [];
  const rules = renderNft(drops);
  const echoed = await transact(namespace, rules);
  if (echoed.exitCode !== 0) throw failure(node, nftTransaction, rules, echoed);
  return readBack(namespace, node, drops, rules, echoed);
}

const nftTransaction = ["nft", "-j", "--echo"];

/** As arguments: an nft that speaks JSON takes what comes by stdin for JSON. */
function transact(namespace: NetworkNamespace, rules: string): Promise<Output> {
  return namespace.run([...nftTransaction, ...inArguments(rules)]);
}

/** The kernel's echo shows what is there now; what is gone, and what an old nft does not echo, takes another look. */
async function readBack(
  namespace: NetworkNamespace,
  node: string,
  drops: readonly Drop[],
  rules: string,
  { stdout }: Output,
): Promise<Rules> {
  const isShown = drops.length > 0 && stdout.startsWith("{") && nftDifference(drops, stdout) === undefined;
  const difference = isShown ? undefined : nftDifference(drops, await readNft(namespace, node));
  if (difference !== undefined) throw notInForce(node, difference, rules);
  return [{ tool: "nft", rules }];
}

/** Well below what the kernel takes as one argument, 128 KiB (execve(2)). */
const argumentLength = 100_000;

/** Cut where there is a space: nft puts one between its arguments. */
function inArguments(text: string): readonly string[] {
  const parts: string[] = [];
  for (let rest = text; rest !== ""; rest = rest.slice(parts.at(-1)?.length)) {
    parts.push(rest.length <= argumentLength ? rest : rest.slice(0, rest.lastIndexOf(" ", argumentLength)));
  }
  return parts;
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
  drops: readonly Drop[],
  ipv6: boolean,
): Promise<Rules> {
  const v4 = await cutFamily(namespace, node, drops, "v4");
  const v6 = ipv6 ? await cutFamily(namespace, node, drops, "v6") : [];
  return [...v4, ...v6];
}

/** The legacy tools by the one binary behind them: its name is the same wherever iptables is, the links to it are not. */
export function legacyTool(name: string): readonly string[] {
  return ["xtables-legacy-multi", name];
}

/** The exit code of an iptables that could not get at its tables just then, e.g. because somebody else held their lock. */
const resourceProblem = 4;

async function cutFamily(namespace: NetworkNamespace, node: string, drops: readonly Drop[], family: Family): Promise<Rules> {
  const tool = family === "v4" ? "iptables" : "ip6tables";
  const list = [...legacyTool(tool), "-w", "5", "-S"];
  const read = async () => parseChain((await must(namespace, node, list)).stdout);
  if (drops.every(({ peer }) => peer.addresses[family].length === 0)) {
    const listing = await namespace.run(list);
    if (listing.cutShort || listing.exitCode === resourceProblem) throw failure(node, list, "", listing);
    // a kernel without this family's filter table holds no cut of ours: that matters only where one is asked for
    if (listing.exitCode !== 0) return [];
  }
  const rules = renderIptables(drops, family, await read());
  if (rules === undefined) return [];
  await must(namespace, node, [...legacyTool(`${tool}-restore`), "-w", "5", "--noflush"], rules);
  const difference = iptablesDifference(drops, family, await read());
  if (difference !== undefined) throw notInForce(node, difference, rules);
  return [{ tool, rules }];
}
