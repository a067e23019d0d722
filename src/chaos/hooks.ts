/** Troubles of disk and clock that the bundled store makes itself (core/store-hooks.ts). */
import { formatExactly } from "../core/duration.js";
import { type ClockTrouble, type DiskTrouble, type StoreHooks, noHooks } from "../core/store-hooks.js";

export interface DiskFault {
  readonly kind: "disk";
  readonly nodes: readonly string[];
  readonly trouble: DiskTrouble;
}

export interface ClockFault {
  readonly kind: "clock";
  readonly nodes: readonly string[];
  readonly trouble: ClockTrouble;
}

/** All troubles at once: delays and steps add up, rates multiply. */
export function combineHooks(faults: readonly (DiskFault | ClockFault)[]): StoreHooks {
  let { disk, clock } = noHooks;
  for (const fault of faults) {
    if (fault.kind === "disk") {
      const { trouble } = fault;
      disk = {
        fsyncDelayMs: disk.fsyncDelayMs + trouble.fsyncDelayMs,
        fsyncFails: disk.fsyncFails || trouble.fsyncFails,
        losesUnsynced: disk.losesUnsynced || trouble.losesUnsynced,
        tearsWrites: disk.tearsWrites || trouble.tearsWrites,
        flipsBit: disk.flipsBit || trouble.flipsBit,
      };
    } else {
      const { trouble } = fault;
      clock = {
        skewMs: clock.skewMs + trouble.skewMs,
        jumpMs: clock.jumpMs + trouble.jumpMs,
        driftPercent: ((1 + clock.driftPercent / 100) * (1 + trouble.driftPercent / 100) - 1) * 100,
      };
    }
  }
  return { disk, clock };
}

export function mannerOfHooks(fault: DiskFault | ClockFault): string {
  const troubles = fault.kind === "disk" ? diskTroubles(fault.trouble) : clockTroubles(fault.trouble);
  return `: ${troubles.join(", ")}`;
}

export function problemsWithHooks(fault: DiskFault | ClockFault): readonly string[] {
  if (fault.kind === "disk") {
    const { fsyncDelayMs } = fault.trouble;
    return [
      ...(fsyncDelayMs === 0 && diskTroubles(fault.trouble).length === 0
        ? ["Say what is wrong with the disk: slow, failing, losing or tearing writes, or a flipped bit."]
        : []),
      ...(fsyncDelayMs >= 0 && fsyncDelayMs <= 60_000
        ? []
        : [`An fsync is slowed by 0 to 1m, not by ${formatExactly(fsyncDelayMs)}.`]),
    ];
  }
  const { skewMs, jumpMs, driftPercent } = fault.trouble;
  const dayMs = 86_400_000;
  return [
    ...(clockTroubles(fault.trouble).length === 0 ? ["Say what is wrong with the clock: a skew, a jump or a drift."] : []),
    ...(Math.abs(skewMs) <= 365 * dayMs ? [] : [`A clock is skewed by a year at most, not by ${formatExactly(skewMs)}.`]),
    ...(jumpMs >= 0 && jumpMs <= dayMs
      ? []
      : [`A clock jumps forward, by a day at most, not by ${formatExactly(jumpMs)}; a skew sets it back.`]),
    ...(driftPercent >= -90 && driftPercent <= 900 ? [] : [`A clock drifts by -90% to 900%, not by ${driftPercent}%.`]),
  ];
}

function diskTroubles(trouble: DiskTrouble): readonly string[] {
  return [
    ...(trouble.fsyncDelayMs > 0 ? [`fsync takes ${formatExactly(trouble.fsyncDelayMs)} longer`] : []),
    ...(trouble.fsyncFails ? ["fsync fails"] : []),
    ...(trouble.losesUnsynced ? ["loses what was not fsynced"] : []),
    ...(trouble.tearsWrites ? ["tears the last write"] : []),
    ...(trouble.flipsBit ? ["flips a bit"] : []),
  ];
}

function clockTroubles({ skewMs, jumpMs, driftPercent }: ClockTrouble): readonly string[] {
  const off = `${formatExactly(Math.abs(skewMs))} ${skewMs > 0 ? "ahead" : "behind"}`;
  const rate = `${Math.abs(driftPercent)}% too ${driftPercent > 0 ? "fast" : "slow"}`;
  return [
    ...(skewMs === 0 ? [] : [off]),
    ...(jumpMs === 0 ? [] : [`jumps ${formatExactly(jumpMs)}`]),
    ...(driftPercent === 0 ? [] : [rate]),
  ];
}
