/** What this kernel can do to a network, tried out where it hurts nobody. */
import { access } from "node:fs/promises";
import type { Capabilities } from "../chaos/protocol.js";
import { renderNft } from "../chaos/nft.js";
import { saysNetemMissing } from "../chaos/tc.js";
import { DeviousError } from "../core/errors.js";
import type { Output } from "./command.js";
import { legacyTool } from "./tools.js";

export interface Kernel {
  /** How to cut links. Asked once: it does not change while a kernel runs. */
  cut(): Promise<Capabilities["cut"]>;
  /** Asked again while the answer is no: somebody may load the module. */
  netem(): Promise<boolean>;
  ipv6(): Promise<boolean>;
}

type Run = (command: readonly string[], input?: string) => Promise<Output>;

/** Probes in network namespaces of their own, which end with the command: nothing has to be cleaned up. */
export function createKernel(run: Run): Kernel {
  let cut: Promise<Capabilities["cut"]> | undefined;
  let hasNetem = false;
  return {
    cut: () => (cut ??= probeCut(run)),
    netem: async () => {
      hasNetem ||= await probeNetem(run);
      return hasNetem;
    },
    ipv6: () =>
      access("/proc/net/if_inet6").then(
        () => true,
        () => false,
      ),
  };
}

const throwAway = ["unshare", "--net", "--"];

async function probeCut(run: Run): Promise<Capabilities["cut"]> {
  const somebody = { name: "nobody", addresses: { v4: ["192.0.2.1"], v6: ["2001:db8::1"] } };
  // listing the tables proves nothing: a kernel may have nft without any IP family in it
  const nft = await run([...throwAway, "nft", "-f", "-"], renderNft([somebody]));
  if (nft.exitCode === 0) return "nft";
  const iptables = await run([...throwAway, ...legacyTool("iptables"), "-w", "5", "-S"]);
  return iptables.exitCode === 0 ? "iptables" : "none";
}

async function probeNetem(run: Run): Promise<boolean> {
  const added = await run([...throwAway, "tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1us"]);
  if (added.exitCode !== 0 && !saysNetemMissing(added.stderr)) {
    throw new DeviousError("FAULT_NOT_APPLIED", `Whether this kernel has netem could not be found out: ${added.stderr.trim()}`);
  }
  return added.exitCode === 0;
}
