/** Takes processor time or memory away from nodes, through their control groups (cgroups(7)). */

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

export function describeLimit(fault: CpuFault | MemoryFault): string {
  const limit = fault.kind === "cpu" ? `${fault.cpus} cpus` : formatBytes(fault.bytes);
  return `${fault.kind} ${fault.nodes.join(",")} at ${limit}`;
}

/** The kernel's period is 100 ms and its least quota 1 ms; a container cannot start in less than 6 MiB. */
export function problemsWithLimit(fault: CpuFault | MemoryFault): readonly string[] {
  if (fault.kind === "cpu") {
    return fault.cpus >= 0.01 && fault.cpus <= 1024
      ? []
      : [`A cpu limit lies between 0.01 and 1024 processors, not at ${fault.cpus}.`];
  }
  const least = 6 * 1024 * 1024;
  return fault.bytes >= least ? [] : [`A memory limit is at least 6mb, not ${fault.bytes} bytes.`];
}

/** `64mb`, `1.5gb`: powers of 1024, as the engine counts. */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of [
    ["gb", 1024 ** 3],
    ["mb", 1024 ** 2],
    ["kb", 1024],
  ] as const) {
    if (bytes >= size) return `${Number((bytes / size).toFixed(2))}${unit}`;
  }
  return `${bytes}b`;
}
