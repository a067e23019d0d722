/**
 * What can be done to a cluster. A fault names nodes, never containers or addresses: those change while it lasts.
 * This file is the family's index: a new fault is one file of its own and one line in each function here.
 */
import { unreachable } from "../core/invariant.js";
import { type CrashLoopFault, describeCrashLoop, problemsWithCrashLoop } from "./crash-loop.js";
import { type ClockFault, type DiskFault, describeHooks, problemsWithHooks } from "./hooks.js";
import { type KillFault, describeKill } from "./kill.js";
import { type CpuFault, type MemoryFault, describeLimit, problemsWithLimit } from "./limits.js";
import { type PartitionFault, describePartition, nodesCutOff, problemsWithPartition } from "./partition.js";
import { type PauseFault, describePause } from "./pause.js";
import { type SlowFault, describeSlow, problemsWithSlow, sendersOf } from "./slow.js";
import { type RestartFault, type StopFault, describeStop, problemsWithStop } from "./stop.js";

export type Fault =
  | PauseFault
  | PartitionFault
  | SlowFault
  | KillFault
  | StopFault
  | RestartFault
  | CrashLoopFault
  | CpuFault
  | MemoryFault
  | DiskFault
  | ClockFault;

/** A fault as the ledger keeps it, from the moment it is accepted until it is healed. */
export interface ActiveFault {
  /** `f1`, `f2`, …: never given twice in the life of a cluster. */
  readonly id: string;
  readonly fault: Fault;
  /** Wall clock, ms since the epoch. */
  readonly startedAtMs: number;
  /** Wall clock, ms since the epoch, at which it ends by itself; null: when somebody heals it. */
  readonly deadlineMs: number | null;
  /** What its random choices were drawn from; null where nothing was random. */
  readonly seed: number | null;
}

/** One line for people: `pause n1`, `partition n1 | n2,n3`, `slow n2 -> peers: delay 100ms ± 10ms normal`. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case "pause":
      return describePause(fault);
    case "partition":
      return describePartition(fault);
    case "slow":
      return describeSlow(fault);
    case "kill":
      return describeKill(fault);
    case "stop":
    case "restart":
      return describeStop(fault);
    case "crash-loop":
      return describeCrashLoop(fault);
    case "cpu":
    case "memory":
      return describeLimit(fault);
    case "disk":
    case "clock":
      return describeHooks(fault);
    default:
      return unreachable(fault);
  }
}

/** The nodes whose own state the fault changes: the frozen, the deaf, the slow senders, the dead. In order, each once. */
export function nodesOf(fault: Fault): readonly string[] {
  switch (fault.kind) {
    case "partition":
      return nodesCutOff(fault);
    case "slow":
      return sendersOf(fault);
    default:
      return fault.nodes;
  }
}

/** True where somebody who asks for the faults of `node` means this one too: it changes the node's state, or was meant for it. */
export function concerns(fault: Fault, node: string): boolean {
  return nodesOf(fault).includes(node) || (fault.kind === "slow" && fault.nodes.includes(node));
}

/** Everything that is wrong with the fault's own values, each as one sentence. */
export function problemsWithFault(fault: Fault): readonly string[] {
  const nobody = fault.kind !== "partition" && fault.nodes.length === 0 ? [`A ${fault.kind} needs at least one node.`] : [];
  return [...nobody, ...problemsWithValues(fault)];
}

function problemsWithValues(fault: Fault): readonly string[] {
  switch (fault.kind) {
    case "pause":
    case "kill":
      return [];
    case "partition":
      return problemsWithPartition(fault);
    case "slow":
      return problemsWithSlow(fault);
    case "stop":
    case "restart":
      return problemsWithStop(fault);
    case "crash-loop":
      return problemsWithCrashLoop(fault);
    case "cpu":
    case "memory":
      return problemsWithLimit(fault);
    case "disk":
    case "clock":
      return problemsWithHooks(fault);
    default:
      return unreachable(fault);
  }
}
