/** tc and ip, run inside a node's network namespace: lead what clients send to it through a device of ours, and take that away again. */
import type { Inbound } from "../chaos/lanes.js";
import {
  type Ingress,
  addInboundDevice,
  addIngress,
  deleteIngress,
  foreignIngress,
  inboundDevice,
  inboundMissing,
  noIngress,
  parseIngress,
  planIngress,
  saysInboundMissing,
  showIngress,
} from "../chaos/tc-inbound.js";
import { type TcState, nothingThere } from "../chaos/tc-state.js";
import { DeviousError } from "../core/errors.js";
import type { NetworkNamespace } from "./netns.js";
import { type Rules, must, notInForce } from "./tools.js";
import { bring } from "./tree.js";

/** What stands in a namespace of all that. */
export interface Inward {
  readonly device: "up" | "down" | "missing";
  readonly ingress: Ingress;
  /** On our device; undefined: not looked at. */
  readonly tree: TcState | undefined;
}

export const nothingInward: Inward = { device: "missing", ingress: noIngress, tree: nothingThere };

/** The interface of the cluster's network. */
interface Place {
  readonly namespace: NetworkNamespace;
  readonly node: string;
  readonly device: string;
}

interface Brought {
  readonly state: Inward;
  readonly rules: Rules;
}

/** `supposed`: what probably stands there; undefined: look first. A wrong supposition costs a look: ip and tc refuse what does not fit. */
export async function bringInbound(place: Place, asked: Inbound | null, supposed: Inward | undefined): Promise<Brought> {
  const act = (current: Inward): Promise<Brought> => (asked === null ? clear(place, current) : build(place, asked, current));
  if (supposed !== undefined) {
    const brought = await act(supposed).catch(() => undefined);
    if (brought !== undefined) return brought;
  }
  const current = await look(place);
  const foreign = foreignIngress(current.ingress, current.device !== "missing");
  if (foreign === undefined) return act(current);
  if (asked === null) return act({ ...current, ingress: noIngress });
  throw new DeviousError(
    "FAULT_NOT_APPLIED",
    `${place.device} of ${place.node} already has an ingress qdisc that is not devious's (${foreign}).`,
    { hint: `Remove it in that container, e.g. \`tc qdisc del dev ${place.device} ${foreign}\`, and try again.` },
  );
}

/** Our device first, with its tree: nothing is led there before it is as asked. What fails leaves nothing behind that was not there before. */
async function build(place: Place, asked: Inbound, current: Inward): Promise<Brought> {
  const { namespace, node, device } = place;
  const undo: (() => Promise<unknown>)[] = [];
  const done: { readonly tool: string; readonly rules: string }[] = [];
  const run = async (tool: "ip" | "tc", lines: readonly string[], shows: readonly string[]): Promise<string> => {
    const { stdout } = await must(namespace, node, [tool, "-j", "-batch", "-"], batchOf([...lines, ...shows]));
    done.push({ tool, rules: batchOf(lines) });
    return stdout;
  };
  try {
    if (current.device !== "up") {
      if (current.device === "missing") {
        await run("ip", [addInboundDevice], []);
        undo.push(() => namespace.run(deleteDevice));
      }
      const shown = await run("ip", [`link set ${inboundDevice} up`], [`link show dev ${inboundDevice}`]);
      if (stateIn(shown) !== "up") throw notInForce(node, `${inboundDevice} is not up`, "");
    }
    const lanes = [{ to: "clients" as const, lanes: asked.lanes }];
    const { tree, rules } = await bring(namespace, node, inboundDevice, lanes, current.tree);
    if (rules !== "") done.push({ tool: "tc", rules });
    if (current.ingress.kind === undefined) {
      // alone: if it succeeds it is ours, and may be taken away again
      await run("tc", [addIngress(device)], []);
      undo.push(() => namespace.run(["tc", ...deleteIngress(device).split(" ")]));
    }
    const plan = planIngress(device, asked.peers, current.ingress);
    if (plan.length === 0) return { state: { device: "up", ingress: current.ingress, tree }, rules: done };
    const ingress = parseIngress(await run("tc", plan, showIngress(device)));
    const [left] = planIngress(device, asked.peers, ingress);
    if (left !== undefined) throw notInForce(node, `${device} would still need \`tc ${left}\``, batchOf(plan));
    return { state: { device: "up", ingress, tree }, rules: done };
  } catch (error) {
    for (const step of undo.reverse()) await step();
    if (error instanceof DeviousError && saysInboundMissing(error.message)) throw inboundMissing();
    throw error;
  }
}

/** Nothing is led to our device any more before it goes. */
async function clear({ namespace, node, device }: Place, current: Inward): Promise<Brought> {
  const done: { readonly tool: string; readonly rules: string }[] = [];
  if (current.ingress.kind !== undefined) {
    const line = deleteIngress(device);
    const { stdout } = await must(namespace, node, ["tc", "-j", "-batch", "-"], batchOf([line, ...showIngress(device)]));
    if (parseIngress(stdout).kind !== undefined) throw notInForce(node, `${device} still has an ingress qdisc`, batchOf([line]));
    done.push({ tool: "tc", rules: batchOf([line]) });
  }
  if (current.device !== "missing") {
    await must(namespace, node, deleteDevice);
    done.push({ tool: "ip", rules: batchOf([deleteDevice.slice(1).join(" ")]) });
  }
  return { state: nothingInward, rules: done };
}

const deleteDevice: readonly string[] = ["ip", "link", "del", inboundDevice];

async function look({ namespace, node, device }: Place): Promise<Inward> {
  const links = await must(namespace, node, ["ip", "-j", "link", "show"]);
  const ingress = await must(namespace, node, ["tc", "-j", "-batch", "-"], batchOf(showIngress(device)));
  return { device: stateIn(links.stdout), ingress: parseIngress(ingress.stdout), tree: undefined };
}

/** Read from `ip -j link show`. */
function stateIn(shown: string): Inward["device"] {
  const links = JSON.parse(shown) as readonly { readonly ifname?: string; readonly flags?: readonly string[] }[];
  const flags = links.find(({ ifname }) => ifname === inboundDevice)?.flags;
  return flags === undefined ? "missing" : flags.includes("UP") ? "up" : "down";
}

function batchOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
