/** The complete, internal shape of a scenario: every word read, durations in milliseconds; only chance and the cluster are still open. */
import type { FaultWords } from "./fault-words.js";
import type { Range } from "./ranges.js";

export interface Scenario {
  readonly name: string;
  /** Null: whoever runs it chooses. */
  readonly seed: number | null;
  readonly steps: readonly Step[];
}

export interface Step {
  /** Its name, else one made from what it says: never from its position. Unique. */
  readonly id: string;
  readonly start: Start;
  readonly fault: FaultWords;
  /** How long each of its faults lasts. */
  readonly forMs: Range;
}

export const stepEvents = ["applied", "healed"] as const;
/** `applied`: its first fault is in force · `healed`: its last one is over. */
export type StepEvent = (typeof stepEvents)[number];

/** When a step's faults begin. */
export type Start =
  | { readonly by: "at"; readonly atMs: Range }
  /** `times` faults around the multiples of `everyMs`, each at most `spreadMs` early or late. */
  | { readonly by: "every"; readonly everyMs: number; readonly spreadMs: number; readonly times: number }
  | { readonly by: "after"; readonly step: string; readonly event: StepEvent; readonly delayMs: Range }
  | { readonly by: "when"; readonly happens: Happening; readonly withinMs: number };

/** Something in the cluster's logs, said after the run began. */
export type Happening =
  | { readonly on: "leader-elected" }
  /** `pattern` is the source of a regular expression; null: whatever the node. */
  | { readonly on: "log"; readonly pattern: string; readonly node: string | null };
