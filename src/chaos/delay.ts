/**
 * Slows what a node sends to the other nodes of its cluster (tc-netem(8)). Only the sending side of the named nodes is touched, so the
 * round trip between a slow node and any peer grows by `delayMs` once; clients and the host see the node at full speed.
 * Two delays on one node add up, as two slow links in a row would.
 */
import { formatDuration } from "../core/duration.js";

export const distributions = ["uniform", "normal", "pareto", "paretonormal"] as const;
export type Distribution = (typeof distributions)[number];

export interface DelayFault {
  readonly kind: "delay";
  readonly nodes: readonly string[];
  readonly delayMs: number;
  /** How far a packet's delay may lie from `delayMs`; one standard deviation where the distribution is not uniform. */
  readonly jitterMs: number;
  /** Shape of the jitter; without jitter it means nothing. */
  readonly distribution: Distribution;
}

export interface DelayOptions {
  readonly jitterMs?: number | undefined;
  readonly distribution?: Distribution | undefined;
}

/** The default shape is `normal` where there is jitter: real links cluster around their mean. */
export function delay(nodes: readonly string[], delayMs: number, options: DelayOptions = {}): DelayFault {
  return { kind: "delay", nodes, delayMs, jitterMs: options.jitterMs ?? 0, distribution: options.distribution ?? "normal" };
}

/** tc counts in ticks of 64 ns and has 32 bits for them, which is four and a half minutes; a few delays must fit in together. */
const longestMs = 60_000;

export function problemWithDelay(fault: DelayFault): string | undefined {
  if (fault.nodes.length === 0) return "A delay needs at least one node.";
  if (!(fault.delayMs >= 0.001 && fault.delayMs <= longestMs))
    return `A delay lies between 1us and 1m, not at ${fault.delayMs}ms.`;
  if (!(fault.jitterMs >= 0)) return `Jitter cannot be negative (${fault.jitterMs}ms).`;
  if (fault.jitterMs > fault.delayMs) {
    return `Jitter ${formatDuration(fault.jitterMs)} is larger than the delay ${formatDuration(fault.delayMs)}: packets cannot arrive before they were sent.`;
  }
  return undefined;
}

export function describeDelay(fault: DelayFault): string {
  const jitter = fault.jitterMs > 0 ? ` ± ${formatDuration(fault.jitterMs)} ${fault.distribution}` : "";
  return `delay ${fault.nodes.join(",")} by ${formatDuration(fault.delayMs)}${jitter}`;
}
