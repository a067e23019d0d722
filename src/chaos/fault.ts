/**
 * What can be done to a cluster. A fault names nodes, never containers or addresses: those change while it lasts.
 * This file is the family's index: a new fault is one file of its own and one line in each function here.
 */
import { unreachable } from "../core/invariant.js";
import { type CrashLoopFault, mannerOfCrashLoop, problemsWithCrashLoop } from "./crash-loop.js";
import { type ClockFault, type DiskFault, mannerOfHooks, problemsWithHooks } from "./hooks.js";
import { type KillFault, mannerOfKill } from "./kill.js";
import { type CpuFault, type MemoryFault, mannerOfLimit, problemsWithLimit } from "./limits.js";
import { type PartitionFault, mannerOfPartition, nodesCutOff, problemsWithPartition } from "./partition.js";
import type { PauseFault } from "./pause.js";
import { type SlowFault, mannerOfSlow, problemsWithSlow, sendersOf } from "./slow.js";
import type { WipeFault } from "./wipe.js";
import { type RestartFault, type StopFault, mannerOfStop, problemsWithStop } from "./stop.js";

export type Fault =
  | PauseFault
  | PartitionFault
  | SlowFault
  | KillFault
  | StopFault
  | RestartFault
  | WipeFault
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
  return `${fault.kind} ${whereOf(fault)}${mannerOf(fault)}`;
}

/** The line without its nodes: `pause`, `kill with SIGTERM`, `slow: delay 100ms`. */
export function whatOf(fault: Fault): string {
  return `${fault.kind}${mannerOf(fault)}`;
}

/** The nodes or links as people named them: `n1,n2`, `n1 | n2,n3`, `n2 -> peers`. */
export function whereOf(fault: Fault): string {
  switch (fault.kind) {
    case "partition":
      return fault.shape;
    case "slow":
      return fault.where;
    default:
      return fault.nodes.join(",");
  }
}

/** What stands after the nodes: ` with SIGTERM`, `: delay 100ms`; empty where the kind says it all. */
function mannerOf(fault: Fault): string {
  switch (fault.kind) {
    case "pause":
    case "wipe":
      return "";
    case "partition":
      return mannerOfPartition(fault);
    case "slow":
      return mannerOfSlow(fault);
    case "kill":
      return mannerOfKill(fault);
    case "stop":
    case "restart":
      return mannerOfStop(fault);
    case "crash-loop":
      return mannerOfCrashLoop(fault);
    case "cpu":
    case "memory":
      return mannerOfLimit(fault);
    case "disk":
    case "clock":
      return mannerOfHooks(fault);
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

/** What of a node is brought to what is asked apart from the rest of it: whatever is wrong with one side, the others can be right. */
export type Side = "power" | "freezer" | "cut" | "links" | "limits" | "hooks";

/** The side of its nodes that the fault changes. */
export function sideOf(fault: Fault): Side {
  switch (fault.kind) {
    case "pause":
      return "freezer";
    case "partition":
      return "cut";
    case "slow":
      return "links";
    case "kill":
    case "stop":
    case "restart":
    case "wipe":
    case "crash-loop":
      return "power";
    case "cpu":
    case "memory":
      return "limits";
    case "disk":
    case "clock":
      return "hooks";
    default:
      return unreachable(fault);
  }
}

/** Every node the fault names, whether anything happens to its own state or not; some perhaps twice. */
export function namesIn(fault: Fault): readonly string[] {
  switch (fault.kind) {
    case "partition":
      return [...Object.keys(fault.grudge), ...Object.values(fault.grudge).flat()];
    case "slow":
      return [...fault.nodes, ...Object.entries(fault.links).flatMap(([sender, { peers }]) => [sender, ...peers])];
    default:
      return fault.nodes;
  }
}

/** True where somebody who asks for the faults of `node` means this one too: it changes the node's state, or was meant for it. */
export function concerns(fault: Fault, node: string): boolean {
  return nodesOf(fault).includes(node) || (fault.kind === "slow" && fault.nodes.includes(node));
}

/** True for a fault that is over as soon as it is done. */
export function isMomentary({ kind }: Pick<Fault, "kind">): boolean {
  return kind === "restart" || kind === "wipe";
}

/** True for a fault because of which a node does not run, for once or again and again. */
export function bringsDown(fault: Fault): fault is KillFault | StopFault | RestartFault | WipeFault | CrashLoopFault {
  return ["kill", "stop", "restart", "wipe", "crash-loop"].includes(fault.kind);
}

/** Everything that is wrong with the fault's own values, each as one sentence. */
export function problemsWithFault(fault: Fault): readonly string[] {
  const nobody =
    fault.kind !== "partition" && fault.nodes.length === 0 ? [`The fault ${fault.kind} needs at least one node.`] : [];
  return [...nobody, ...problemsWithValues(fault)];
}

function problemsWithValues(fault: Fault): readonly string[] {
  switch (fault.kind) {
    case "pause":
    case "kill":
    case "wipe":
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
