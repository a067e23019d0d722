/** Flags that say which packets of which links a fault means. */
import { Flags } from "@oclif/core";
import { directions } from "../chaos/slow.js";
import type { Target } from "../chaos/target.js";
import { type Traffic, protocols, traffic } from "../chaos/traffic.js";
import type { Wish } from "../chaos/wish.js";

export const trafficFlags = {
  port: Flags.integer({
    description: "Only packets from or to these ports, e.g. 2380 or 2379,2380.",
    helpValue: "<port,…>",
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ",",
  }),
  proto: Flags.option({ description: "Only packets of this protocol.", options: protocols })(),
};

export function trafficOf(flags: {
  readonly port?: readonly number[] | undefined;
  readonly proto?: (typeof protocols)[number] | undefined;
}): Traffic {
  return traffic(flags.proto ?? null, flags.port ?? []);
}

export const linkFlags = {
  to: Flags.string({
    description: "Other end of the links: peers (the other nodes), clients (everybody else), all, or nodes.",
    helpValue: "peers|clients|all|<target>",
    default: "peers",
  }),
  direction: Flags.option({
    description: "What the target sends (from), what reaches it (to), or both.",
    options: directions,
    default: "from" as const,
  })(),
  ...trafficFlags,
};

/** `all` are all links, not only those to all nodes. */
export function audienceOf(text: string, target: (text: string) => Target): Extract<Wish, { kind: "slow" }>["to"] {
  return text === "peers" || text === "clients" || text === "all" ? text : target(text);
}
