/** What all active faults together do to one packet on one link. Read off the faults, not off the rules that are made of them. */
import type { ActiveFault } from "./fault.js";
import type { Delay, Impairment, Rate } from "./impairment.js";
import { type DirectedLink, type Packet, isMeant } from "./probe.js";

export interface Treatment {
  /** One after the other, as the packet leaves. */
  readonly impairments: readonly Impairment[];
  /** The percentages dropped, one after the other, as it arrives. */
  readonly drops: readonly number[];
}

export function treatmentOf({ from, to }: DirectedLink, packet: Packet, faults: readonly ActiveFault[]): Treatment {
  const meant = faults.flatMap(({ fault }) =>
    (fault.kind === "slow" || fault.kind === "partition") && isMeant(fault.traffic, packet) ? [fault] : [],
  );
  return {
    impairments: meant.flatMap((fault) =>
      fault.kind === "slow" && fault.links[from]?.peers.includes(to) === true ? [fault.impairment] : [],
    ),
    drops: meant.flatMap((fault) =>
      fault.kind === "partition" && fault.grudge[to]?.includes(from) === true ? [fault.percent] : [],
    ),
  };
}

/** Delays add up, and so, at most, do their jitters. */
export function delayOf({ impairments }: Treatment): Pick<Delay, "timeMs" | "jitterMs" | "correlation"> {
  const delays = impairments.flatMap(({ delay }) => (delay === null ? [] : [delay]));
  return {
    timeMs: delays.reduce((sum, { timeMs }) => sum + timeMs, 0),
    jitterMs: delays.reduce((sum, { jitterMs }) => sum + jitterMs, 0),
    correlation: Math.max(0, ...delays.map(({ correlation }) => correlation)),
  };
}

/** The narrowest one; null: as fast as it goes. */
export function rateOf({ impairments }: Treatment): Rate | null {
  const rates = impairments.flatMap(({ rate }) => (rate === null ? [] : [rate]));
  return rates.sort((a, b) => a.bitsPerSecond - b.bitsPerSecond)[0] ?? null;
}

/** True where no packet passes at all. */
export function isCut({ drops, impairments }: Treatment): boolean {
  return drops.includes(100) || impairments.some(({ loss }) => loss?.model === "random" && loss.percent === 100);
}
