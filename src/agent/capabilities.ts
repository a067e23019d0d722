/** What this kernel can do to a network, tried out where it hurts nobody. */
import { access } from "node:fs/promises";
import type { Capabilities, Examination } from "../chaos/protocol.js";
import { renderNft, saysNoNft } from "../chaos/nft.js";
import { anyTraffic } from "../chaos/traffic.js";
import { saysNetemMissing } from "../chaos/tc-netem.js";
import { DeviousError } from "../core/errors.js";
import type { Output } from "./command.js";
import { legacyTool } from "./cutting.js";
import { throwAway, tryFeatures } from "./features.js";
import { lookAround } from "./surroundings.js";

/** A module may be loaded at any time: only what a kernel can is remembered, never what it cannot. Throws where a probe was cut short. */
export interface Kernel {
  /** How to cut links. */
  cut(): Promise<Capabilities["cut"]>;
  netem(): Promise<boolean>;
  ipv6(): Promise<boolean>;
  /** Everything, tried now. */
  examine(): Promise<Examination>;
}

type Run = (command: readonly string[], input?: string) => Promise<Output>;

/** Probes in network namespaces of their own, which end with the command: nothing has to be cleaned up. */
export function createKernel(run: Run): Kernel {
  const kernel: Kernel = {
    cut: askedWhileUnsure(() => probeCut(run)),
    netem: askedWhileUnsure(() => probeNetem(run)),
    ipv6: () =>
      access("/proc/net/if_inet6").then(
        () => true,
        () => false,
      ),
    examine: async () => ({
      cut: await kernel.cut(),
      netem: await kernel.netem(),
      ipv6: await kernel.ipv6(),
      features: await tryFeatures(run),
      ...(await lookAround("/")),
    }),
  };
  return kernel;
}

interface Finding<T> {
  readonly value: T;
  /** It will be the same as long as the kernel runs. */
  readonly lasts: boolean;
}

/** Who asks while a probe runs shares its answer; who asks later shares it if it lasts. */
function askedWhileUnsure<T>(probe: () => Promise<Finding<T>>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  const ask = async (): Promise<T> => {
    let lasts = false;
    try {
      const finding = await probe();
      lasts = finding.lasts;
      return finding.value;
    } finally {
      if (!lasts) answer = undefined;
    }
  };
  return () => (answer ??= ask());
}

async function probeCut(run: Run): Promise<Finding<Capabilities["cut"]>> {
  const somebody = {
    peer: { name: "nobody", addresses: { v4: ["192.0.2.1"], v6: ["2001:db8::1"] } },
    traffic: anyTraffic,
    percent: 100,
  };
  // listing the tables proves nothing: a kernel may have nft without any IP family in it
  const nft = await run([...throwAway, "nft", "-f", "-"], renderNft([somebody]));
  if (nft.exitCode === 0) return { value: "nft", lasts: true };
  if (nft.cutShort) throw notFoundOut("how links can be cut", nft);
  const iptables = await run([...throwAway, ...legacyTool("iptables"), "-w", "5", "-S"]);
  if (iptables.exitCode === 0) return { value: "iptables", lasts: saysNoNft(nft.stderr) };
  if (iptables.cutShort) throw notFoundOut("how links can be cut", iptables);
  return { value: "none", lasts: false };
}

async function probeNetem(run: Run): Promise<Finding<boolean>> {
  const added = await run([...throwAway, "tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1us"]);
  if (added.exitCode === 0) return { value: true, lasts: true };
  if (added.cutShort || !saysNetemMissing(added.stderr)) throw notFoundOut("whether this kernel has netem", added);
  return { value: false, lasts: false };
}

function notFoundOut(what: string, { stderr }: Output): DeviousError {
  return new DeviousError("FAULT_NOT_APPLIED", `It could not be found out ${what}: ${stderr.trim()}.`, {
    hint: "The machine may be too busy: try again.",
  });
}
