/** tc, run inside a node's network namespace: makes the tree on one device as asked, reads it back, says what differs. */
import type { Link } from "../chaos/lanes.js";
import { foreignRoot, planTc } from "../chaos/tc.js";
import { type TcState, parseTcState, rootHandle, showQdiscs, showTree } from "../chaos/tc-state.js";
import { DeviousError } from "../core/errors.js";
import type { NetworkNamespace } from "./netns.js";
import { failure, notInForce } from "./tools.js";

export interface Brought {
  readonly tree: TcState;
  /** Empty where nothing had to be done. */
  readonly rules: string;
}

/** `supposed`: what probably stands there; undefined: look first. A wrong supposition costs a look, never a link: tc refuses what does not fit. */
export async function bring(
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
  const plan = planTc(device, links);
  const lines = plan(current);
  if (lines.length === 0) return { tree: current, rules: "" };
  const rules = `${lines.join("\n")}\n`;
  const tree = await batch(namespace, node, [...lines, ...(links.length === 0 ? [showQdiscs(device)] : showTree(device))]);
  const [left] = plan(tree);
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
