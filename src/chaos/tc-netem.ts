/** The part of an impairment that netem does (tc-netem(8)), as tc is told it and as tc tells it back. The rate is not netem's but the class's. */
import { DeviousError } from "../core/errors.js";
import { type Chance, type Delay, type Impairment, type Loss, type Reorder, distributions } from "./impairment.js";

/** What `tc -j qdisc show` says under `options`: times in seconds, chances and correlations as fractions. What is not there is zero. */
export interface NetemOptions {
  readonly limit?: number;
  readonly delay?: { readonly delay?: number; readonly jitter?: number; readonly correlation?: number };
  readonly "loss-random"?: { readonly loss?: number; readonly correlation?: number };
  readonly "loss-state"?: Readonly<Record<"p13" | "p31" | "p32" | "p23" | "p14", number>>;
  readonly "loss-gemodel"?: Readonly<Record<"p" | "r" | "1-h" | "1-k", number>>;
  readonly duplicate?: { readonly duplicate?: number; readonly correlation?: number };
  readonly corrupt?: { readonly corrupt?: number; readonly correlation?: number };
  readonly reorder?: { readonly reorder?: number; readonly correlation?: number };
  readonly gap?: number;
}

/** False where only the rate is impaired, which a kernel without netem can do as well. */
export function needsNetem({ delay, loss, duplicate, corrupt, reorder }: Impairment): boolean {
  return [delay, loss, duplicate, corrupt, reorder].some((side) => side !== null);
}

/**
 * `limit 100000 delay 100000us 10000us 25% distribution normal loss random 1% 0%`. `told`: what a netem that is there already tells about
 * itself; it keeps its correlations and its chance of corruption until they are named again.
 */
export function netemOptions({ delay, loss, duplicate, corrupt, reorder }: Impairment, told: NetemOptions = {}): string {
  const correlations = [told.delay, told["loss-random"], told.duplicate].map((part) => part?.correlation ?? 0);
  const isCorrelated = correlations.some((correlation) => correlation > 0);
  return [
    `limit ${limitOf(delay)}`,
    ...(delay === null ? (isCorrelated ? ["delay 0us 0us 0%"] : []) : [delayOptions(delay, isCorrelated)]),
    ...(loss === null ? [] : [lossOptions(loss)]),
    ...(duplicate === null ? [] : [`duplicate ${chance(duplicate)}`]),
    ...(corrupt === null ? (told.corrupt === undefined ? [] : ["corrupt 0% 0%"]) : [`corrupt ${chance(corrupt)}`]),
    ...(reorder === null ? [] : [`reorder ${chance(reorder)} gap ${reorder.gap}`]),
  ].join(" ");
}

/** Naming one correlation sets all three, of delay, loss and duplication. */
function delayOptions({ timeMs, jitterMs, correlation, distribution }: Delay, isCorrelated: boolean): string {
  const jitter = jitterMs > 0 || isCorrelated ? ` ${microseconds(jitterMs)} ${percent(correlation)}` : "";
  const shape = jitterMs > 0 && distribution !== "uniform" ? ` distribution ${distribution}` : "";
  return `delay ${microseconds(timeMs)}${jitter}${shape}`;
}

function lossOptions(loss: Loss): string {
  switch (loss.model) {
    case "random":
      return `loss random ${chance(loss)}`;
    case "state":
      return `loss state ${[loss.p13, loss.p31, loss.p32, loss.p23, loss.p14].map(percent).join(" ")}`;
    case "gemodel":
      return `loss gemodel ${[loss.p, loss.r, loss.oneMinusH, loss.oneMinusK].map(percent).join(" ")}`;
  }
}

/** Whether the netem that told this about itself does what is asked. The jitter's distribution it does not tell: see {@link shapeNumber}. */
export function isAsAsked(told: NetemOptions, { delay, loss, duplicate, corrupt, reorder }: Impairment): boolean {
  return (
    told.limit === limitOf(delay) &&
    sameTime(told.delay?.delay, delay?.timeMs) &&
    sameTime(told.delay?.jitter, delay?.jitterMs) &&
    same(told.delay?.correlation, (delay?.jitterMs ?? 0) > 0 ? delay?.correlation : 0) &&
    sameLoss(told, loss) &&
    sameChance(told.duplicate?.duplicate, told.duplicate?.correlation, duplicate) &&
    sameChance(told.corrupt?.corrupt, told.corrupt?.correlation, corrupt) &&
    sameReorder(told, reorder)
  );
}

function sameLoss(told: NetemOptions, loss: Loss | null): boolean {
  const random = told["loss-random"];
  const state = told["loss-state"];
  const gemodel = told["loss-gemodel"];
  switch (loss?.model) {
    case undefined:
      return random === undefined && state === undefined && gemodel === undefined;
    case "random":
      return sameChance(random?.loss, random?.correlation, loss);
    case "state":
      return state !== undefined && (["p13", "p31", "p32", "p23", "p14"] as const).every((name) => same(state[name], loss[name]));
    case "gemodel":
      return (
        gemodel !== undefined &&
        same(gemodel.p, loss.p) &&
        same(gemodel.r, loss.r) &&
        same(gemodel["1-h"], loss.oneMinusH) &&
        same(gemodel["1-k"], loss.oneMinusK)
      );
  }
}

/** Without a gap nothing is reordered, whatever chance netem remembers. */
function sameReorder({ gap = 0, reorder }: NetemOptions, asked: Reorder | null): boolean {
  if (asked === null) return gap === 0;
  return gap === asked.gap && sameChance(reorder?.reorder, reorder?.correlation, asked);
}

function sameChance(told = 0, correlation = 0, asked: Chance | null): boolean {
  return asked === null ? told === 0 : same(told, asked.percent) && same(correlation, asked.correlation);
}

/** A fraction told, a percentage asked; tc tells six digits. */
function same(told = 0, asked = 0): boolean {
  return Math.abs(told * 100 - asked) <= 1e-7 + asked * 5e-6;
}

/** Seconds told, milliseconds asked; equal but for the kernel's rounding, which counts in ticks of 64 ns, and tc's, which tells six digits. */
function sameTime(toldSeconds = 0, askedMs = 0): boolean {
  return Math.abs(toldSeconds * 1000 - askedMs) <= 0.0015 + askedMs * 5e-6;
}

const packetsPerMs = 1000;
const leastLimit = 100_000;

/**
 * Packets that may wait: a million a second for as long as the slowest of them waits, never fewer than 100,000. netem's default of
 * 1000 would turn delay into loss.
 */
export function limitOf(delay: Delay | null): number {
  return Math.max(leastLimit, Math.ceil(((delay?.timeMs ?? 0) + 4 * (delay?.jitterMs ?? 0)) * packetsPerMs));
}

/** The distribution of the jitter as a number from 0 to 3. netem keeps its old one when it is changed to none, and tells of none. */
export function shapeNumber({ delay }: Impairment): number {
  return delay !== null && delay.jitterMs > 0 ? distributions.indexOf(delay.distribution) : 0;
}

function chance({ percent: value, correlation }: Chance): string {
  return `${percent(value)} ${percent(correlation)}`;
}

/** Never in scientific notation, which tc does not read as we mean it. */
function percent(value: number): string {
  return `${Number(value.toFixed(7)) === 0 ? 0 : value.toFixed(7).replace(/\.?0+$/, "")}%`;
}

function microseconds(timeMs: number): string {
  return `${Math.round(timeMs * 1000)}us`;
}

/** True where what tc said means that the kernel lacks netem. Kernels before 5.x answer the bare ENOENT. */
export function saysNetemMissing(stderr: string): boolean {
  return /qdisc kind is unknown|RTNETLINK answers: No such file or directory|Error: No such file or directory/i.test(stderr);
}

export function netemMissing(): DeviousError {
  return new DeviousError("NETEM_MISSING", "This kernel has no netem (sch_netem), so links cannot be slowed.", {
    hint:
      "Run `modprobe sch_netem` on the engine's host; where there is no such module, install it first: " +
      "Debian and Ubuntu `apt-get install linux-modules-extra-$(uname -r)`, Fedora `dnf install kernel-modules-extra`.",
  });
}
