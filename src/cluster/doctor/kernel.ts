import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Examination } from "../../chaos/protocol.js";
import { DeviousError } from "../../core/errors.js";
import { label } from "../../core/labels.js";
import { agentCommands } from "../../core/node-contract.js";
import type { Containers, Engine, Streams } from "../../engine/port.js";
import { imagePaths } from "../../image/recipe.js";
import { askAgent } from "../agent-client.js";
import { lastLines } from "../last-lines.js";
import type { Observed } from "../observe.js";
import { type Finding, ok, warning } from "./finding.js";

/**
 * What the engine's kernel can do. Only a container of ours can tell: the agent of a cluster that is up, else one of `image`, the current
 * one, that lives for a second. Throws where it could not be found out.
 */
export async function lookAtKernel(
  engine: Engine,
  clusters: readonly Observed[],
  image: string,
  signal: AbortSignal,
): Promise<Examination> {
  // one of another version may not know the question
  const agent = clusters.map((cluster) => cluster.agent).find((each) => each?.state === "running" && each.image === image);
  return agent === undefined ? lookByContainer(engine, image, signal) : askAgent(engine, agent.id, { op: "examine" });
}

const limitMs = 30_000;

async function lookByContainer(
  engine: Pick<Containers & Streams, "createContainer" | "startContainer" | "inspectContainer" | "removeContainer" | "logs">,
  image: string,
  signal: AbortSignal,
): Promise<Examination> {
  const id = await engine.createContainer({
    name: `devious-look-${randomBytes(4).toString("hex")}`,
    image,
    labels: { [label.look]: new Date().toISOString() },
    command: ["node", imagePaths.agent, agentCommands.examine],
    environment: {},
    hostname: "look",
    network: "none",
    aliases: [],
    volumes: [],
    ports: [],
    looksAtKernel: true,
  });
  try {
    await engine.startContainer(id);
    const endsAt = Date.now() + limitMs;
    while ((await engine.inspectContainer(id))?.state === "running" && Date.now() < endsAt && !signal.aborted) await sleep(50);
    const lines = await lastLines(engine, id);
    const found = lines.find((line) => line.startsWith("{"));
    if (found !== undefined) return JSON.parse(found) as Examination;
    throw new DeviousError("ENGINE_REFUSED", "A container of the node image could not look at the kernel.", { details: lines });
  } finally {
    await engine.removeContainer(id);
  }
}

/** Of fewer, programs that watch files run out: the kernel's own defaults are these or more. */
const leastInotify = { instances: 128, watches: 8192 };

/** Everything here is a warning at most: clusters come up without any of it, only some fault is refused. */
export function kernelFindings({ cut, netem, ipv6, features, distributions, cgroup, inotify }: Examination): readonly Finding[] {
  const ways = [...(features.nft ? ["nft"] : []), ...(features.iptables ? ["iptables"] : [])].join(", ");
  const families = ipv6 ? (features.nft || features.ip6tables ? "IPv4 and IPv6" : "IPv4 only, though there is IPv6") : "IPv4";
  const shaping = (["htb", "tbf", "u32"] as const).filter((name) => !features[name]);
  const needs = { htb: "sch_htb", tbf: "sch_tbf", u32: "cls_u32" };
  const shapes = distributions.join(", ");
  return [
    cut === "none"
      ? warning(
          "partitions",
          "the kernel has neither nf_tables nor iptables: `chaos partition` is refused",
          "sudo modprobe nf_tables",
        )
      : ok("partitions", `by ${cut}, ${families}${ways === cut ? "" : ` (there: ${ways})`}`),
    netem
      ? ok("delays", "by netem")
      : warning(
          "delays",
          "the kernel has no netem: delay, loss, duplicate, corrupt and reorder are refused, all else works",
          "sudo modprobe sch_netem || sudo apt-get install linux-modules-extra-$(uname -r) || sudo dnf install kernel-modules-extra",
        ),
    shaping.length === 0
      ? ok("links", "htb, tbf and u32")
      : warning(
          "links",
          `the kernel has no ${shaping.join(", ")}: links cannot be told apart, or have no rate`,
          shaping.map((name) => `sudo modprobe ${needs[name]}`).join(" && "),
        ),
    features.ifb && features.mirred
      ? ok("inbound", "by ifb and mirred")
      : warning(
          "inbound",
          "the kernel has no ifb, act_mirred or sch_ingress: `chaos slow --to clients --direction to` is refused",
          "sudo modprobe -a ifb act_mirred sch_ingress",
        ),
    distributions.length === 4
      ? ok("jitter", shapes)
      : warning("jitter", `tc has tables for ${shapes} only`, "install all of iproute2, remove the image and run `devious up`"),
    cgroup.freezer
      ? ok("pause", `cgroup v${cgroup.version} with freezer`)
      : warning(
          "pause",
          `cgroup v${cgroup.version} without freezer: \`chaos pause\` is refused`,
          "boot with the freezer cgroup enabled",
        ),
    inotifyFinding(inotify),
  ];
}

function inotifyFinding(limits: Examination["inotify"]): Finding {
  if (limits === null) return ok("inotify", "the kernel tells no limits");
  const { instances, watches } = limits;
  const says = `${instances} instances, ${watches} watches`;
  return instances >= leastInotify.instances && watches >= leastInotify.watches
    ? ok("inotify", says)
    : warning(
        "inotify",
        `${says}: programs in containers that watch files may fail`,
        "sudo sysctl -w fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288",
      );
}
