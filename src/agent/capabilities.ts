/** What this kernel can do to a network, tried out where it hurts nobody. */
import { access } from "node:fs/promises";
import type { Capabilities } from "../chaos/protocol.js";
import { renderNft } from "../chaos/nft.js";
import { rootHandle } from "../chaos/tc-state.js";
import type { Output } from "./command.js";

export interface Kernel {
  /** How to cut links. Asked once: it does not change while a kernel runs. */
  cut(): Promise<Capabilities["cut"]>;
  /** Asked again while the answer is no: somebody may load the module. */
  netem(): Promise<boolean>;
  ipv6(): Promise<boolean>;
}

type Run = (command: readonly string[], input?: string) => Promise<Output>;

/**
 * Probes in the agent's own network namespace, which nobody else uses. The cut is only checked by the kernel, not made (`nft --check`);
 * netem is tried on the loopback device and taken off again.
 */
export function createKernel(run: Run): Kernel {
  let cut: Promise<Capabilities["cut"]> | undefined;
  let netem: Promise<boolean> | undefined;
  return {
    cut: () => (cut ??= probeCut(run)),
    netem: async () => {
      const found = await (netem ??= probeNetem(run));
      if (!found) netem = undefined;
      return found;
    },
    ipv6: () =>
      access("/proc/net/if_inet6").then(
        () => true,
        () => false,
      ),
  };
}

async function probeCut(run: Run): Promise<Capabilities["cut"]> {
  const somebody = { name: "nobody", addresses: { v4: ["192.0.2.1"], v6: ["2001:db8::1"] } };
  // listing the tables proves nothing: a kernel may have nft without any IP family in it
  const nft = await run(["nft", "--check", "-f", "-"], renderNft([somebody]));
  if (nft.exitCode === 0) return "nft";
  const iptables = await run(["iptables-legacy", "-w", "5", "-S"]);
  return iptables.exitCode === 0 ? "iptables" : "none";
}

async function probeNetem(run: Run): Promise<boolean> {
  const device = ["dev", "lo", "root", "handle", rootHandle];
  const added = await run(["tc", "qdisc", "replace", ...device, "netem", "delay", "1us"]);
  if (added.exitCode !== 0) return false;
  await run(["tc", "qdisc", "del", ...device]);
  return true;
}
