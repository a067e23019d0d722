/** Takes processor time or memory away from nodes, through their control groups (cgroups(7)). */
import { formatBytes } from "../core/quantity.js";

export interface CpuFault {
  readonly kind: "cpu";
  readonly nodes: readonly string[];
  /** Processors' worth of time: 0.1 is a tenth of one. */
  readonly cpus: number;
}

export interface MemoryFault {
  readonly kind: "memory";
  readonly nodes: readonly string[];
  readonly bytes: number;
}

export function mannerOfLimit(fault: CpuFault | MemoryFault): string {
  return ` at ${fault.kind === "cpu" ? `${fault.cpus} cpus` : formatBytes(fault.bytes)}`;
}

/** The kernel's period is 100 ms and its least quota 1 ms; a container cannot start in less than 6 MiB. */
export function problemsWithLimit(fault: CpuFault | MemoryFault): readonly string[] {
  if (fault.kind === "cpu") {
    return fault.cpus >= 0.01 && fault.cpus <= 1024
      ? []
      : [`A cpu limit lies between 0.01 and 1024 processors, not at ${fault.cpus}.`];
  }
  const least = 6 * 1024 * 1024;
  return fault.bytes >= least ? [] : [`A memory limit is at least 6mb, not ${formatBytes(fault.bytes)}.`];
}
