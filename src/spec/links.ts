/** How links between nodes are as long as the cluster is up. */
import { z } from "zod";
import { problemsWithImpairment } from "../chaos/impairment.js";
import { impairmentOf, orphansIn } from "../chaos/impairment-words.js";
import { parsePercent, parseRate } from "../core/quantity.js";
import { placeOf } from "./cluster-spec.js";
import type { LinkProfile, ServiceSpec } from "./cluster-spec.js";
import { duration, durationOrNone, mapping, reading, text } from "./fields.js";
import { advice, isMapping, misfitAt } from "./names.js";
import type { Mapping, Misfit, Named } from "./names.js";

const percent = reading((value, refuse): number => {
  const share = typeof value === "string" && value.trim().endsWith("%") ? parsePercent(value) : undefined;
  if (share !== undefined) return share;
  return refuse(
    typeof value === "number"
      ? `${value} has no unit: write ${value}%`
      : `${JSON.stringify(value)} is no share: write for example 1%`,
  );
}).meta({ title: "percentage", type: "string", pattern: "^\\d+(\\.\\d+)?%$" });

const rate = reading((value, refuse): number => {
  const bits = typeof value === "string" ? parseRate(value) : undefined;
  if (bits !== undefined) return bits;
  return refuse(
    typeof value === "number"
      ? `${value} has no unit: write for example ${value}mbit`
      : `${JSON.stringify(value)} is no rate: write for example 10mbit or 500kbit`,
  );
}).meta({ title: "rate", type: "string", pattern: "^\\d+(\\.\\d+)?([gmk]?bit)$" });

const link = mapping(
  {
    between: z
      .array(text, { error: "must be a list of two, such as [eu, us]" })
      .length(2, { error: "must name two: zones, services or nodes" })
      .describe("Its two sides: zones, services or nodes."),
    delay: duration.optional().describe("How much later packets arrive; one way, so a round trip takes twice as long."),
    jitter: durationOrNone.optional().describe("By how much the delay varies."),
    loss: percent.optional().describe("How many packets are lost, such as 1%."),
    rate: rate.optional().describe("How much it carries each second, such as 10mbit."),
  },
  "such as { between: [eu, us], delay: 80ms }",
).superRefine(({ delay, jitter, loss, rate }, context) => {
  for (const message of problemsWith({ delay, jitter, loss, rate })) context.addIssue({ code: "custom", message });
});

type Words = Omit<z.output<typeof link>, "between">;

function problemsWith(words: Words): readonly string[] {
  if (Object.values(words).every((word) => word === undefined)) return ["needs at least one of delay, loss and rate"];
  const orphans = orphansIn(words);
  if (orphans.length > 0) return orphans.map(([word, wanting]) => `${word} needs a ${wanting}`);
  return problemsWithImpairment(impairmentOf(words)).map((sentence) => sentence.replace(/\.$/, ""));
}

export const links = z
  .array(link, { error: "must be a list of links, such as [{ between: [eu, us], delay: 80ms }]" })
  .describe("How links between nodes are, in both directions, as long as the cluster is up; in force once it is ready.");

type LinksFile = z.output<typeof links>;

export function linkProfiles(links: LinksFile, services: readonly ServiceSpec[]): readonly LinkProfile[] {
  const profiles = links.map(({ between: [one = "", other = ""], delay = 0, jitter = 0, loss = 0, rate = null }) => ({
    between: [one, other] as const,
    delayMs: delay,
    jitterMs: jitter,
    loss: loss / 100,
    rateBits: rate,
  }));
  return relinked(profiles, services);
}

/** Links between the nodes that there are. */
export function relinked(links: readonly Omit<LinkProfile, "nodes">[], services: readonly ServiceSpec[]): readonly LinkProfile[] {
  return links.map((link) => {
    const [one, other] = link.between;
    return { ...link, nodes: [membersOf(one, services), membersOf(other, services)] };
  });
}

/** The nodes that a zone's, a service's or a node's name stands for. */
function membersOf(name: string, services: readonly ServiceSpec[]): readonly string[] {
  return services.flatMap((service) =>
    service.nodes.filter((node) => node === name || service.name === name || placeOf(service, node).zone === name),
  );
}

export function checkLinks(file: Mapping, services: readonly Named[]): readonly Misfit[] {
  const network = file["network"];
  const links = isMapping(network) ? network["links"] : undefined;
  if (!isMapping(network) || !Array.isArray(links)) return [];
  const groups = new Map([...services.flatMap(groupsOfService), ...groupsOfZones(network["zones"], services)]);
  const seen = new Set<string>();
  return (links as readonly unknown[]).flatMap((link, i): readonly Misfit[] => {
    const between: unknown = isMapping(link) ? link["between"] : undefined;
    if (!Array.isArray(between) || between.length !== 2) return [];
    const sides = (between as readonly unknown[]).filter((side) => typeof side === "string");
    const at = ["network", "links", i, "between"];
    const unknown = sides.filter((side) => !groups.has(side));
    if (unknown.length > 0) {
      const known = [...groups.keys()];
      return unknown.map((side) => ({
        ...misfitAt(at, `there is no zone, service or node "${side}"${advice(side, known)}`),
        path: [...at, sides.indexOf(side)],
      }));
    }
    const empty = sides.filter((side) => groups.get(side)?.length === 0);
    if (empty.length > 0) return [misfitAt(at, `${empty.join(" and ")} ${empty.length === 1 ? "has" : "have"} no nodes`)];
    const [one = "", other = ""] = sides;
    if (one === other) return [misfitAt(at, `a link has two sides; inside ${one}, name its nodes in pairs`)];
    const common = groups.get(one)?.filter((node) => groups.get(other)?.includes(node)) ?? [];
    if (common.length > 0)
      return [misfitAt(at, `${one} and ${other} have ${common.join(", ")} in common: no node is on both sides`)];
    const key = [one, other].sort().join(" ");
    const isAgain = seen.has(key);
    seen.add(key);
    return isAgain ? [misfitAt(at, `the link of ${one} and ${other} is there already`)] : [];
  });
}

type Group = readonly [name: string, nodes: readonly string[]];

function groupsOfService({ service, nodes }: Named): readonly Group[] {
  return [[service, nodes], ...nodes.map((node): Group => [node, [node]])];
}

function groupsOfZones(zones: unknown, services: readonly Named[]): readonly Group[] {
  return Object.entries(isMapping(zones) ? zones : {}).map(([zone, members]) => {
    const names = Array.isArray(members) ? (members as readonly unknown[]) : [];
    return [
      zone,
      services.flatMap(({ service, nodes }) => nodes.filter((node) => names.includes(node) || names.includes(service))),
    ];
  });
}
