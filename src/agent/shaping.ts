/** tc and ip, run inside a node's network namespace: make its links as asked, read them back, say what differs. */
import { canonical } from "../chaos/address.js";
import type { Link } from "../chaos/lanes.js";
import { foreignRoot, planTc } from "../chaos/tc.js";
import { type TcState, nothingThere, parseTcState, rootHandle, showQdiscs, showTree } from "../chaos/tc-state.js";
import { DeviousError } from "../core/errors.js";
import type { NetworkNamespace } from "./netns.js";
import { type Rules, failure, must, notInForce } from "./tools.js";

/**
 * Makes `links` so on the interface that owns `address`, and resolves when they were read back and are. Starting a program is most of what
 * that costs: where this shaper knows what stands there, one tc acts and reads back. With `trusted` false somebody may have changed it.
 */
export type Shape = (
  namespace: NetworkNamespace,
  node: string,
  address: string,
  links: readonly Link[],
  trusted: boolean,
) => Promise<Rules>;

/** What this shaper last saw, in a namespace that is still open. */
interface Known {
  readonly address: string;
  readonly device: string;
  readonly tree: TcState;
}

export function createShaper(): Shape {
  const knownIn = new WeakMap<NetworkNamespace, Known>();

  return async (namespace, node, address, links, trusted) => {
    const last = knownIn.get(namespace);
    const known = last?.address === address ? last : undefined;
    knownIn.delete(namespace);
    if (links.length === 0 && !(trusted && known !== undefined)) {
      // one look at all interfaces shows that none of them is shaped, which is what a heal nearly always finds
      const { stdout } = await must(namespace, node, ["tc", "-j", "qdisc", "show"]);
      if (!stdout.includes(rootHandle)) return [];
    }
    const device = known?.device ?? (await deviceOf(namespace, node, address));
    // a namespace never seen is probably as it was made; where links are to be healed in it, something stands there
    const supposed = known?.tree ?? (links.length > 0 ? nothingThere : undefined);
    const { tree, rules } = await bring(namespace, node, device, links, trusted ? supposed : undefined);
    knownIn.set(namespace, { address, device, tree });
    return rules === "" ? [] : [{ tool: "tc", rules }];
  };
}

interface Brought {
  readonly tree: TcState;
  /** Empty where nothing had to be done. */
  readonly rules: string;
}

/** `supposed`: what probably stands there; undefined: look first. A wrong supposition costs a look, never a link: tc refuses what does not fit. */
async function bring(
  namespace: NetworkNamespace,
  node: string,
  device: string,
  links: readonly Link[],
  supposed: TcState | undefined,
): Promise<Brought> {
  if (supposed !== undefined) {
    const brought = await act(namespace, node, device, links, supposed).catch(() => undefined);
    if (brought !== undefined) return brought;
  }
  const current = await look(namespace, node, device);
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
  return act(namespace, node, device, links, current);
}

/** One tc, which does what is missing and shows what is there then. */
async function act(
  namespace: NetworkNamespace,
  node: string,
  device: string,
  links: readonly Link[],
  current: TcState,
): Promise<Brought> {
  const plan = planTc(device, links, current);
  if (plan.length === 0) return { tree: current, rules: "" };
  const rules = `${plan.join("\n")}\n`;
  const tree = await batch(namespace, node, [...plan, ...(links.length === 0 ? [showQdiscs(device)] : showTree(device))]);
  const [left] = planTc(device, links, tree);
  if (left !== undefined) throw notInForce(node, `${device} would still need \`tc ${left}\``, rules);
  return { tree, rules };
}

async function look(namespace: NetworkNamespace, node: string, device: string): Promise<TcState> {
  const state = await batch(namespace, node, [showQdiscs(device)]);
  return state.root?.handle === rootHandle ? batch(namespace, node, showTree(device)) : state;
}

const batchCommand = ["tc", "-j", "-batch", "-"];

/** What the lines that show something showed. */
async function batch(namespace: NetworkNamespace, node: string, lines: readonly string[]): Promise<TcState> {
  const input = `${lines.join("\n")}\n`;
  const output = await namespace.run(batchCommand, input);
  if (output.exitCode === 0) return parseTcState(output.stdout);
  const error = failure(node, batchCommand, input, output);
  if (!output.stderr.includes("duplicating netems")) throw error;
  throw new DeviousError(
    "FAULT_NOT_APPLIED",
    `The kernel of ${node} cannot duplicate packets on one link while another is impaired in another way.`,
    { hint: "Ask for the same on all links of the node, or heal its other network faults first.", cause: error },
  );
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
