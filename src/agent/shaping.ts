/** tc and ip, run inside a node's network namespace: make its links as asked, read them back, say what differs. */
import { canonical } from "../chaos/address.js";
import type { Link } from "../chaos/desired-state.js";
import { foreignRoot, planTc } from "../chaos/tc.js";
import { type TcState, parseTcState, rootHandle } from "../chaos/tc-state.js";
import { DeviousError } from "../core/errors.js";
import type { NetworkNamespace } from "./netns.js";
import { type Rules, must, notInForce } from "./tools.js";

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
