/**
 * What can be done to a cluster. A fault names nodes, never containers or addresses: those change while it lasts.
 * This file is the family's index: a new fault is one file of its own and one line in each function here.
 */
import { unreachable } from "../core/invariant.js";
import { type DelayFault, describeDelay, problemWithDelay } from "./delay.js";
import { type PartitionFault, describePartition, nodesCutOff, problemWithPartition } from "./partition.js";
import { type PauseFault, describePause, problemWithPause } from "./pause.js";

export type Fault = PauseFault | PartitionFault | DelayFault;

/** A fault as the ledger keeps it, from the moment it is accepted until it is healed. */
export interface ActiveFault {
  /** `f1`, `f2`, …: never given twice in the life of a cluster. */
  readonly id: string;
  readonly fault: Fault;
  /** Wall clock, ms since the epoch. */
  readonly startedAtMs: number;
  /** Wall clock, ms since the epoch, at which it ends by itself; null: when somebody heals it. */
  readonly deadlineMs: number | null;
}

/** One line for people: `pause n1`, `partition n1 | n2,n3`, `delay n2 by 100ms ± 10ms normal`. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case "pause":
      return describePause(fault);
    case "partition":
      return describePartition(fault);
    case "delay":
      return describeDelay(fault);
    default:
      return unreachable(fault);
  }
}

/** The nodes whose own state the fault changes: the frozen, the deaf, the slow. In order, each once. */
export function nodesOf(fault: Fault): readonly string[] {
  switch (fault.kind) {
    case "pause":
    case "delay":
      return fault.nodes;
    case "partition":
      return nodesCutOff(fault);
    default:
      return unreachable(fault);
  }
}

/** What is wrong with the fault's own values, as one sentence; undefined where nothing is. */
export function problemWithFault(fault: Fault): string | undefined {
  switch (fault.kind) {
    case "pause":
      return problemWithPause(fault);
    case "partition":
      return problemWithPartition(fault);
    case "delay":
      return problemWithDelay(fault);
    default:
      return unreachable(fault);
  }
}
