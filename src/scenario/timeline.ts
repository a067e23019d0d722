/** What is going to happen, as a value: planned from a scenario or a storm, printed, saved, run, and run again. */
import type { Fault } from "../chaos/fault.js";
import type { Capabilities } from "../chaos/protocol.js";
import type { NodeFacts } from "../chaos/target.js";
import type { Wish } from "../chaos/wish.js";
import type { Happening, StepEvent } from "./scenario.js";

export interface Timeline {
  readonly name: string;
  readonly seed: number;
  /** The nodes it was planned for, sorted by name. */
  readonly nodes: readonly NodeFacts[];
  /** Null for a scenario. */
  readonly storm: StormSettings | null;
  /** Those from the run's beginning first, each group in order of time. */
  readonly occurrences: readonly Occurrence[];
}

export interface StormSettings {
  readonly profile: string;
  readonly durationMs: number;
  /** From here to the end nothing happens. */
  readonly quietFromMs: number;
  readonly keepQuorum: boolean;
  readonly capabilities: Capabilities;
}

/** One fault of a step. */
export interface Occurrence {
  /** The step's id, with `#2` where the step has several. */
  readonly id: string;
  readonly step: string;
  readonly trigger: Trigger;
  /** From the trigger on. */
  readonly offsetMs: number;
  readonly durationMs: number;
  /** In the words of the scenario: `partition isolate leader`. */
  readonly asked: string;
  readonly action: Action;
  /** What is drawn from when the cluster decides the nodes. */
  readonly seed: number;
}

export type Trigger =
  | { readonly on: "start" }
  | { readonly on: "step"; readonly step: string; readonly event: StepEvent }
  /** Waits so long; then the fault is given up. */
  | (Happening & { readonly withinMs: number });

/** A fault whose nodes are known when it is planned, or a wish that must know who leads just then. */
export type Action = { readonly by: "plan"; readonly fault: Fault } | { readonly by: "moment"; readonly wish: Wish };

/** `cut.healed`, `leader-elected`, `log /joined/ of n2`; empty for the beginning of the run. */
export function describeTrigger(trigger: Trigger): string {
  switch (trigger.on) {
    case "start":
      return "";
    case "step":
      return `${trigger.step}.${trigger.event}`;
    case "leader-elected":
      return "leader-elected";
    case "log":
      return `log /${trigger.pattern}/${trigger.node === null ? "" : ` of ${trigger.node}`}`;
  }
}
