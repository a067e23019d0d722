/** tc and ip, run inside a node's network namespace: make its links as asked, read them back, say what differs. */
import { canonical } from "../chaos/address.js";
import type { DesiredState } from "../chaos/desired-state.js";
import { inboundDevice } from "../chaos/tc-inbound.js";
import { type TcState, ingressHandle, nothingThere, rootHandle } from "../chaos/tc-state.js";
import { type Inward, bringInbound, nothingInward } from "./inbound.js";
import type { NetworkNamespace } from "./netns.js";
import { type Rules, must, notInForce } from "./tools.js";
import { bring } from "./tree.js";

/**
 * Makes the links so on the interface that owns `address`, and resolves when they were read back and are. Starting a program is most of what
 * that costs: where this shaper knows what stands there, one tc acts and reads back. With `trusted` false somebody may have changed it.
 */
export type Shape = (
  namespace: NetworkNamespace,
  node: string,
  address: string,
  asked: Pick<DesiredState, "links" | "inbound">,
  trusted: boolean,
) => Promise<Rules>;

/** What this shaper last saw, in a namespace that is still open. */
interface Known {
  readonly address: string;
  readonly device: string;
  readonly tree: TcState;
  readonly inward: Inward;
}

export function createShaper(): Shape {
  const knownIn = new WeakMap<NetworkNamespace, Known>();

  return async (namespace, node, address, { links, inbound }, trusted) => {
    const last = knownIn.get(namespace);
    const known = last?.address === address ? last : undefined;
    const isKnown = trusted && known !== undefined;
    let isInwardSeen = false;
    knownIn.delete(namespace);
    if (links.length === 0 && inbound === null && !isKnown) {
      // one look at all interfaces shows that none of them is shaped, which is what a heal nearly always finds
      const { stdout } = await must(namespace, node, ["tc", "-j", "qdisc", "show"]);
      isInwardSeen = [inboundDevice, ingressHandle].some((word) => stdout.includes(`"${word}"`));
      if (!stdout.includes(rootHandle) && !isInwardSeen) return [];
    }
    const device = known?.device ?? (await deviceOf(namespace, node, address));
    // a namespace never seen is probably as it was made; where links are to be healed in it, something stands there
    const supposed = known?.tree ?? (links.length > 0 ? nothingThere : undefined);
    const { tree, rules } = await bring(namespace, node, device, links, trusted ? supposed : undefined);
    // the links of the interface have been looked at with its ingress, unless all of it is known
    const mayHold = isInwardSeen || tree.hasIngress;
    const before = isKnown ? known.inward : mayHold || (inbound !== null && !trusted) ? undefined : nothingInward;
    const inward = await bringInbound({ namespace, node, device }, inbound, before);
    knownIn.set(namespace, { address, device, tree, inward: inward.state });
    return [...(rules === "" ? [] : [{ tool: "tc", rules }]), ...inward.rules];
  };
}

/** The interface with this address: a node may have others, in networks that are not the cluster's. */
async function deviceOf(namespace: NetworkNamespace, node: string, address: string): Promise<string> {
  const { stdout } = await must(namespace, node, ["ip", "-j", "addr", "show"]);
  const interfaces = JSON.parse(stdout) as readonly {
    readonly ifname?: string;
    readonly addr_info?: readonly { readonly local?: string }[];
  }[];
  const owner = interfaces.find(({ addr_info: owned = [] }) =>
    owned.some(({ local = "" }) => canonical(local) === canonical(address)),
  );
  if (owner?.ifname === undefined) throw notInForce(node, `no interface owns the address ${address}`, "");
  return owner.ifname;
}
