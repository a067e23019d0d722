/** What faults stand on, tried out: that a tool lists nothing, or a module is there, proves nothing. */
import { parseChain, renderIptables } from "../chaos/iptables.js";
import { renderNft } from "../chaos/nft.js";
import type { Examination, KernelFeature } from "../chaos/protocol.js";
import { addInboundDevice } from "../chaos/tc-inbound.js";
import { traffic } from "../chaos/traffic.js";
import type { Output } from "./command.js";
import { legacyTool } from "./cutting.js";

/** Runs a command in a network namespace of its own, which ends with it: nothing has to be cleaned up. */
export const throwAway = ["unshare", "--net", "--"];

/** A rule of every kind that a cut may need; the addresses are for documentation (RFC 5737, RFC 3849). */
const nobody = { name: "nobody", addresses: { v4: ["192.0.2.1"], v6: ["2001:db8::1"] } };
const drops = [
  { peer: nobody, traffic: traffic("tcp", [1]), percent: 50 },
  { peer: nobody, traffic: traffic("icmp", []), percent: 100 },
];

const empty = parseChain("");

/** The command that makes use of a feature, with what it reads. */
const attempts: Readonly<Record<KernelFeature, readonly [command: readonly string[], input?: string | undefined]>> = {
  nft: [["nft", "-f", "-"], renderNft(drops)],
  iptables: [restore("iptables"), renderIptables(drops, "v4", empty)],
  ip6tables: [restore("ip6tables"), renderIptables(drops, "v6", empty)],
  htb: [["tc", "qdisc", "add", "dev", "lo", "root", "handle", "1:", "htb"]],
  tbf: [["tc", "qdisc", "add", "dev", "lo", "root", "tbf", "rate", "1mbit", "burst", "10kb", "latency", "1s"]],
  u32: [
    ["tc", "-batch", "-"],
    "qdisc add dev lo root handle 1: htb\nfilter add dev lo parent 1: protocol ip prio 1 u32 match ip dst 192.0.2.1/32 flowid 1:1\n",
  ],
  ifb: [["ip", ...addInboundDevice.split(" ")]],
  mirred: [
    ["tc", "-batch", "-"],
    "qdisc add dev lo ingress\nfilter add dev lo parent ffff: protocol ip prio 1 u32 match u32 0 0 action mirred egress redirect dev lo\n",
  ],
};

function restore(tool: string): readonly string[] {
  return [...legacyTool(`${tool}-restore`), "-w", "5", "--noflush"];
}

export async function tryFeatures(
  run: (command: readonly string[], input?: string) => Promise<Output>,
): Promise<Examination["features"]> {
  const works = async (feature: KernelFeature): Promise<boolean> => {
    const [command, input] = attempts[feature];
    return (await run([...throwAway, ...command], input)).exitCode === 0;
  };
  // one after the other: a machine that is being looked at may be a busy one
  return {
    nft: await works("nft"),
    iptables: await works("iptables"),
    ip6tables: await works("ip6tables"),
    htb: await works("htb"),
    tbf: await works("tbf"),
    u32: await works("u32"),
    ifb: await works("ifb"),
    mirred: await works("mirred"),
  };
}
