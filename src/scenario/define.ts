/**
 * Scenarios as programs, for what YAML cannot say: loops, conditions, arithmetic. This is what `import "devious"` gives.
 *
 *     import { at, defineScenario, restart } from "devious";
 *
 *     export default defineScenario({
 *       name: "rolling-restart",
 *       plan: ({ nodes }) => nodes.map((node, i) => at(`${5 + 10 * i}s`, restart(node.name))),
 *     });
 *
 * Values are written as in YAML: durations `5s`, ranges `5s..10s`, choices `{ "one of": ["n1", "n2"] }`. `devious chaos run FILE` reads
 * what `plan` gives as it reads a scenario.yaml, refuses the same mistakes, and makes the same timeline of it. `plan` is called once,
 * before anything happens; all it does must follow from what it is given.
 */

export interface ScenarioDefinition {
  readonly name: string;
  /** What all chance is drawn from; `--seed` goes before it. */
  readonly seed?: number;
  readonly plan: (context: PlanContext) => readonly Step[];
}

export interface PlanContext {
  /** Every node, sorted by name. */
  readonly nodes: readonly ScenarioNode[];
  /** Draws from the scenario's seed: the same seed, the same draws. */
  readonly random: Random;
}

export interface ScenarioNode {
  readonly name: string;
  readonly service: string;
  readonly zone: string | null;
  /** Random faults keep away from it. */
  readonly protected: boolean;
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [min, max], both included. */
  int(min: number, max: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** One of `items`, which must not be empty. */
  pick<T>(items: readonly T[]): T;
  /** A new array with the items in random order. */
  shuffle<T>(items: readonly T[]): T[];
}

/** `5s`, `1m30s`, or a range to draw from: `5s..10s`. */
export type Duration = string;

/** A text, possibly with ranges in it (`1%..5%`), or several of which one is drawn. */
export type Text = string | { readonly "one of": readonly string[] };

/** Names, or words: `n1`, `n1,n3`, `leader`, `followers`, `random(2)`, `not(n1)`. */
export type TargetText = Text;

export interface TrafficOptions {
  readonly port?: number | string | readonly number[];
  readonly proto?: "tcp" | "udp" | "icmp";
}

export interface SlowOptions extends TrafficOptions {
  readonly delay?: Duration;
  readonly jitter?: Duration;
  readonly correlation?: Text;
  readonly distribution?: "uniform" | "normal" | "pareto" | "paretonormal";
  readonly loss?: Text;
  readonly "loss-correlation"?: Text;
  readonly "loss-state"?: Text;
  readonly "loss-gemodel"?: Text;
  readonly duplicate?: Text;
  readonly "duplicate-correlation"?: Text;
  readonly corrupt?: Text;
  readonly "corrupt-correlation"?: Text;
  readonly reorder?: Text;
  readonly "reorder-correlation"?: Text;
  readonly "reorder-gap"?: number;
  readonly rate?: Text;
  readonly burst?: Text;
  readonly to?: TargetText;
  readonly direction?: "to" | "from" | "both";
}

export interface DiskOptions {
  readonly slow?: Duration;
  readonly fail?: boolean;
  readonly "lose-unsynced"?: boolean;
  readonly torn?: boolean;
  readonly "flip-bit"?: boolean;
}

export interface ClockOptions {
  readonly skew?: Duration;
  readonly jump?: Duration;
  readonly drift?: Text;
}

/** One fault, under the name of its command. */
export type FaultStep = Readonly<Record<string, object>>;

export interface StepOptions {
  /** By which other steps refer to it. */
  readonly name?: string;
  /** How long the fault lasts; 1m unless given. */
  readonly for?: Duration;
}

/** A step as scenario.yaml has it. */
export type Step = Readonly<Record<string, unknown>>;

export function defineScenario(definition: ScenarioDefinition): ScenarioDefinition {
  return definition;
}

/** So long after the run began. */
export function at(time: Duration, fault: FaultStep, options: StepOptions = {}): Step {
  return { ...options, at: time, ...fault };
}

/** `times` faults, one every `period`, e.g. `20s ± 5s`. */
export function every(period: string, times: number, fault: FaultStep, options: StepOptions = {}): Step {
  return { ...options, every: period, times, ...fault };
}

/** Another step's `cut.applied`, `cut.healed`, `cut.healed + 5s`. */
export function after(event: string, fault: FaultStep, options: StepOptions = {}): Step {
  return { ...options, after: event, ...fault };
}

/** Once this is in the cluster's logs; after `within` (1m) the step is skipped and the run fails. */
export function when(
  event: "leader-elected" | { readonly log: string; readonly node?: string },
  fault: FaultStep,
  options: StepOptions & { readonly within?: string } = {},
): Step {
  return { ...options, when: event, ...fault };
}

export function pause(target: TargetText): FaultStep {
  return { pause: { target } };
}

/** `isolate leader`, `n1 | n2,n3`, `halves`, `ring`, `one-way n1 n2`, `flaky`. */
export function partition(shape: Text, options: TrafficOptions & { readonly drop?: Text } = {}): FaultStep {
  return { partition: { shape, ...options } };
}

/** Short for {@link partition} with `isolate`. */
export function isolate(target: TargetText, options: TrafficOptions & { readonly drop?: Text } = {}): FaultStep {
  return { isolate: { target, ...options } };
}

export function slow(target: TargetText, options: SlowOptions): FaultStep {
  return { slow: { target, ...options } };
}

/** Short for {@link slow} with nothing but a delay. */
export function delay(
  target: TargetText,
  options: Pick<SlowOptions, "jitter" | "correlation" | "distribution" | "to" | "direction" | "port" | "proto"> & {
    readonly time: Duration;
  },
): FaultStep {
  return { delay: { target, ...options } };
}

export function kill(target: TargetText, options: { readonly signal?: string } = {}): FaultStep {
  return { kill: { target, ...options } };
}

export function stop(target: TargetText, options: { readonly grace?: Duration } = {}): FaultStep {
  return { stop: { target, ...options } };
}

/** Over as soon as it is done. */
export function restart(target: TargetText, options: { readonly grace?: Duration } = {}): FaultStep {
  return { restart: { target, ...options } };
}

/** Over as soon as it is done; what the nodes kept is gone. */
export function wipe(target: TargetText): FaultStep {
  return { wipe: { target } };
}

export function crashLoop(target: TargetText, options: { readonly every?: Duration } = {}): FaultStep {
  return { "crash-loop": { target, ...options } };
}

export function cpu(target: TargetText, options: { readonly cpus: number | string }): FaultStep {
  return { cpu: { target, ...options } };
}

export function memory(target: TargetText, options: { readonly limit: Text }): FaultStep {
  return { memory: { target, ...options } };
}

/** Bundled store only. */
export function disk(target: TargetText, options: DiskOptions): FaultStep {
  return { disk: { target, ...options } };
}

/** Bundled store only. */
export function clock(target: TargetText, options: ClockOptions): FaultStep {
  return { clock: { target, ...options } };
}
