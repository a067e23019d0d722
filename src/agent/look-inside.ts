/** What a person would type to see how a node's network stands, typed in its network namespace. Changes nothing. */
import type { CutTool } from "../chaos/protocol.js";
import { legacyTool } from "./cutting.js";
import { isUp } from "./engine.js";
import type { NetworkNamespace } from "./netns.js";
import { type PlaceParts, openOwn } from "./places.js";

/** How links are cut decides whom to ask: a tool that is only asked what it has may load its half of the kernel. */
type CutBy = CutTool | "none";

/** The texts of these nodes, by name. A node that does not run has no network, and says so. */
export type LookInside = (nodes: readonly string[], cutBy: CutBy) => Promise<Readonly<Record<string, string>>>;

export function createLookInside(parts: PlaceParts): LookInside {
  const { engine } = parts;
  return async (nodes, cutBy) => {
    const running = (await engine.nodes()).filter(isUp);
    const look = async (node: string): Promise<string> => {
      const id = running.find((each) => each.node === node)?.id;
      const namespace = id === undefined ? undefined : await openOwn(parts, id, await engine.pidOf(id));
      if (namespace === undefined) return `${node} does not run\n`;
      try {
        return await describe(namespace, cutBy);
      } finally {
        await namespace.close();
      }
    };
    return Object.fromEntries(await Promise.all(nodes.map(async (node) => [node, await look(node)] as const)));
  };
}

async function describe(namespace: NetworkNamespace, cutBy: CutBy): Promise<string> {
  const links = await namespace.run(["ip", "-o", "link", "show"]);
  const commands = [
    ["ip", "-s", "address", "show"],
    ["ip", "route", "show"],
    ["tc", "-s", "-d", "qdisc", "show"],
    ...devicesIn(links.stdout).flatMap((device) => [
      ["tc", "-s", "-d", "class", "show", "dev", device],
      ["tc", "-s", "filter", "show", "dev", device],
      ["tc", "-s", "filter", "show", "dev", device, "ingress"],
    ]),
    ...listings[cutBy],
  ];
  const told: string[] = [];
  for (const command of commands) {
    const { exitCode, stdout, stderr } = await namespace.run(command);
    told.push(`$ ${command.join(" ")}\n${stdout}${stderr}${exitCode === 0 ? "" : `exit code ${exitCode}\n`}`);
  }
  return told.join("\n");
}

const listings: Readonly<Record<CutBy, readonly (readonly string[])[]>> = {
  nft: [["nft", "list", "ruleset"]],
  iptables: ["iptables", "ip6tables"].map((tool) => [...legacyTool(tool), "-w", "5", "-S", "-v"]),
  none: [],
};

/** `2: eth0@if7: <BROADCAST,…` */
function devicesIn(links: string): readonly string[] {
  return [...links.matchAll(/^\d+: ([^:@\s]+)/gm)].map(([, device = ""]) => device).filter((device) => device !== "lo");
}
