/** Faults that are right each by itself and cannot be in force together on the same packets. */
import { formatDuration } from "../core/duration.js";
import { lossesJoin } from "./combine.js";
import type { ActiveFault, Fault } from "./fault.js";
import { longestJitterMs } from "./impairment.js";
import { lanesOf } from "./lanes.js";
import type { SlowFault } from "./slow.js";
import { overlap } from "./traffic.js";

/** An active fault that impairs links. */
interface Other {
  readonly id: string;
  readonly fault: SlowFault;
}

/** Four minutes: what even an old tc can count, and more than anybody waits. */
const longestTogetherMs = 240_000;

/** Why `fault` cannot come on top of `faults`, each reason as one sentence that names those in its way. */
export function problemsTogether(faults: readonly ActiveFault[], fault: Fault): readonly string[] {
  if (fault.kind !== "slow") return [];
  const others = faults.flatMap(({ id, fault: other }): readonly Other[] =>
    other.kind === "slow" && overlap(other.traffic, fault.traffic) && linksOfBoth(other, fault).length > 0
      ? [{ id, fault: other }]
      : [],
  );
  return [...others.flatMap((other) => lossProblems(other, fault)), ...delayProblems(others, fault)];
}

function lossProblems({ id, fault: other }: Other, fault: SlowFault): readonly string[] {
  const [ours, theirs] = [fault.impairment.loss, other.impairment.loss];
  if (ours === null || theirs === null || lossesJoin(ours, theirs)) return [];
  const [first = "", ...more] = linksOfBoth(other, fault);
  const where = more.length === 0 ? first : `${first} and ${more.length} more links`;
  return [`On ${where}, loss by the model "${ours.model}" cannot be joined with that of ${id}, by "${theirs.model}".`];
}

/** Delays add up, and netem's numbers end somewhere. */
function delayProblems(others: readonly Other[], fault: SlowFault): readonly string[] {
  if (fault.impairment.delay === null) return [];
  const delaying = others.filter((other) => other.fault.impairment.delay !== null);
  const perLink = new Map<string, Other[]>();
  for (const other of delaying) {
    for (const link of linksOfBoth(other.fault, fault)) perLink.set(link, [...(perLink.get(link) ?? []), other]);
  }
  const found = new Map<string, string>();
  for (const [link, there] of perLink) {
    const delays = lanesOf([fault, ...there.map((other) => other.fault)]).flatMap(({ impairment: { delay } }) => delay ?? []);
    const timeMs = Math.max(...delays.map((delay) => delay.timeMs));
    const jitterMs = Math.max(...delays.map((delay) => delay.jitterMs));
    const ids = there.map(({ id }) => id).join(", ");
    if (timeMs > longestTogetherMs) {
      found.set(
        `${ids} time`,
        `With ${ids}, ${link} would be delayed by ${formatDuration(timeMs)}; at most ${formatDuration(longestTogetherMs)} are possible.`,
      );
    }
    if (jitterMs > longestJitterMs) {
      found.set(
        `${ids} jitter`,
        `With ${ids}, ${link} would jitter by ${formatDuration(jitterMs)}; at most ${formatDuration(longestJitterMs)} are possible.`,
      );
    }
  }
  return [...found.values()];
}

/** Links that both impair, as `n1 -> n2`, `n1 -> clients` and `clients -> n1`. */
function linksOfBoth(a: SlowFault, b: SlowFault): readonly string[] {
  return Object.entries(a.links).flatMap(([sender, { peers, clients, fromClients }]) => {
    const same = b.links[sender];
    if (same === undefined) return [];
    return [
      ...peers.filter((peer) => same.peers.includes(peer)).map((peer) => `${sender} -> ${peer}`),
      ...(clients && same.clients ? [`${sender} -> clients`] : []),
      ...(fromClients && same.fromClients ? [`clients -> ${sender}`] : []),
    ];
  });
}
