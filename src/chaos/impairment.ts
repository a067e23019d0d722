/**
 * How packets of one link are mistreated: the options of netem (tc-netem(8)) as values. Percentages go from 0 to 100, times are in
 * milliseconds, null leaves that side of the link as it is.
 */
import { formatExactly } from "../core/duration.js";
import { formatBytes, formatRate } from "../core/quantity.js";

export const distributions = ["uniform", "normal", "pareto", "paretonormal"] as const;
export type Distribution = (typeof distributions)[number];

export interface Impairment {
  readonly delay: Delay | null;
  readonly loss: Loss | null;
  readonly duplicate: Chance | null;
  readonly corrupt: Chance | null;
  readonly reorder: Reorder | null;
  readonly rate: Rate | null;
}

export interface Delay {
  readonly timeMs: number;
  /** How far a packet's delay may lie from `timeMs`; one standard deviation where the distribution is not uniform. */
  readonly jitterMs: number;
  /** How much a packet's delay depends on the one before it. */
  readonly correlation: number;
  /** Shape of the jitter; without jitter it means nothing. */
  readonly distribution: Distribution;
}

export interface Chance {
  readonly percent: number;
  /** How much a packet's fate depends on the one before it. */
  readonly correlation: number;
}

/** `state`: the four-state Markov model, `gemodel`: Gilbert-Elliott, both as in tc-netem(8); `1-h` and `1-k` are `oneMinusH`, `oneMinusK`. */
export type Loss =
  | ({ readonly model: "random" } & Chance)
  | {
      readonly model: "state";
      readonly p13: number;
      readonly p31: number;
      readonly p32: number;
      readonly p23: number;
      readonly p14: number;
    }
  | {
      readonly model: "gemodel";
      readonly p: number;
      readonly r: number;
      readonly oneMinusH: number;
      readonly oneMinusK: number;
    };

/** Some packets overtake the delayed ones: this percentage of every `gap`th packet leaves at once. */
export interface Reorder extends Chance {
  readonly gap: number;
}

export interface Rate {
  readonly bitsPerSecond: number;
  /** Bytes that may leave at once after a silence; null: chosen from the rate. */
  readonly burstBytes: number | null;
}

export const noImpairment: Impairment = {
  delay: null,
  loss: null,
  duplicate: null,
  corrupt: null,
  reorder: null,
  rate: null,
};

/** The four-state model from its one to five parameters in netem's order, those left out as netem has them; undefined for another number. */
export function stateLoss(parameters: readonly number[]): Loss | undefined {
  const [p13, p31 = 100 - (p13 ?? 0), p32 = 0, p23 = 100, p14 = 0, ...more] = parameters;
  return p13 === undefined || more.length > 0 ? undefined : { model: "state", p13, p31, p32, p23, p14 };
}

/** Gilbert-Elliott from its one to four parameters, in the same way. */
export function gemodelLoss(parameters: readonly number[]): Loss | undefined {
  const [p, r = 100 - (p ?? 0), oneMinusH = 100, oneMinusK = 0, ...more] = parameters;
  return p === undefined || more.length > 0 ? undefined : { model: "gemodel", p, r, oneMinusH, oneMinusK };
}

/** tc counts in ticks of 64 ns and has 32 bits for them, which is four and a half minutes; a few delays must fit in together. */
const longestMs = 60_000;

/** netem keeps a jitter as nanoseconds in 31 bits. */
export const longestJitterMs = 2000;

/** tc keeps a burst as the time it takes at its rate, again in ticks of 64 ns. */
const longestBurstMs = 240_000;

/** Every value out of its range, each as one sentence. */
export function problemsWithImpairment(impairment: Impairment): readonly string[] {
  const { delay, loss, duplicate, corrupt, reorder, rate } = impairment;
  const nothing = Object.values(impairment).every((side) => side === null);
  return [
    ...(nothing ? ["Say what to do to the link: at least one of delay, loss, duplicate, corrupt, reorder and rate."] : []),
    ...(delay === null ? [] : problemsWithDelay(delay)),
    ...(loss === null ? [] : problemsWithLoss(loss)),
    ...(duplicate === null ? [] : problemsWithChance("duplicate", duplicate)),
    ...(corrupt === null ? [] : problemsWithChance("corrupt", corrupt)),
    ...(reorder === null ? [] : problemsWithReorder(reorder, delay)),
    ...(rate === null ? [] : problemsWithRate(rate)),
  ];
}

function problemsWithDelay({ timeMs, jitterMs, correlation }: Delay): readonly string[] {
  return [
    ...(timeMs >= 0.001 && timeMs <= longestMs ? [] : [`A delay lies between 1us and 1m, not at ${formatExactly(timeMs)}.`]),
    ...(jitterMs >= 0 ? [] : [`Jitter cannot be negative (${formatExactly(jitterMs)}).`]),
    ...(timeMs > 0 && jitterMs > timeMs
      ? [
          `Jitter ${formatExactly(jitterMs)} is larger than the delay ${formatExactly(timeMs)}: packets cannot arrive before they were sent.`,
        ]
      : []),
    ...(jitterMs > longestJitterMs
      ? [`Jitter ${formatExactly(jitterMs)} is more than the kernel can count: at most ${formatExactly(longestJitterMs)}.`]
      : []),
    ...percentProblems("The delay's correlation", correlation),
    ...(correlation > 0 && jitterMs === 0 ? ["Without jitter, a delay's correlation means nothing."] : []),
  ];
}

function problemsWithLoss(loss: Loss): readonly string[] {
  if (loss.model === "random") return problemsWithChance("loss", loss);
  const each = Object.entries(loss).flatMap(([name, value]) =>
    typeof value === "number" ? percentProblems(`Loss ${loss.model} ${parameterNames[name] ?? name}`, value) : [],
  );
  return each.length > 0 || loss.model === "gemodel" ? each : problemsWithStates(loss);
}

/** What leaves one state for two others cannot be more than all there is. */
function problemsWithStates({ p13, p14, p31, p32 }: Extract<Loss, { model: "state" }>): readonly string[] {
  const sums = [
    ["p13 and p14", p13 + p14],
    ["p31 and p32", p31 + p32],
  ] as const;
  return sums.flatMap(([which, sum]) =>
    sum <= 100 ? [] : [`Loss state ${which} are together 100% at most, not ${Number(sum.toFixed(6))}%.`],
  );
}

const parameterNames: Readonly<Record<string, string>> = { oneMinusH: "1-h", oneMinusK: "1-k" };

function problemsWithChance(what: string, { percent, correlation }: Chance): readonly string[] {
  return [
    ...(percent > 0 && percent <= 100 ? [] : [`A ${what} is more than 0% and at most 100%, not ${percent}%.`]),
    ...percentProblems(`The correlation of ${what}`, correlation),
  ];
}

function problemsWithReorder(reorder: Reorder, delay: Delay | null): readonly string[] {
  return [
    ...problemsWithChance("reorder", reorder),
    ...(Number.isInteger(reorder.gap) && reorder.gap >= 1
      ? []
      : [`The gap of reorder is a whole number from 1, not ${reorder.gap}.`]),
    ...(delay === null ? ["Reordering needs a delay: only packets that wait can be overtaken."] : []),
  ];
}

/** 8 bit/s would take a minute for a ping; more than 10 Gbit/s no virtual link reaches. */
function problemsWithRate({ bitsPerSecond, burstBytes }: Rate): readonly string[] {
  return [
    ...(bitsPerSecond >= 1000 && bitsPerSecond <= 10e9
      ? []
      : [`A rate lies between 1kbit and 10gbit, not at ${formatRate(bitsPerSecond)}.`]),
    ...(burstBytes === null || (burstBytes >= 1600 && burstBytes <= 1e9)
      ? []
      : [`A burst lies between 1600 bytes, one packet, and 1gb, not at ${formatBytes(burstBytes)}.`]),
    ...(burstBytes !== null && (burstBytes * 8000) / bitsPerSecond > longestBurstMs
      ? [
          `A burst of ${formatBytes(burstBytes)} is more than ${formatRate(bitsPerSecond)} carries in ${formatExactly(longestBurstMs)}.`,
        ]
      : []),
  ];
}

function percentProblems(what: string, percent: number): readonly string[] {
  return percent >= 0 && percent <= 100 ? [] : [`${what} lies between 0% and 100%, not at ${percent}%.`];
}

/** `delay 100ms ± 10ms normal, loss 2%, rate 1mbit`. */
export function describeImpairment({ delay, loss, duplicate, corrupt, reorder, rate }: Impairment): string {
  const chance = ({ percent, correlation }: Chance): string =>
    `${percent}%${correlation > 0 ? ` (correlation ${correlation}%)` : ""}`;
  return [
    ...(delay === null ? [] : [`delay ${describeDelay(delay)}`]),
    ...(loss === null ? [] : [`loss ${loss.model === "random" ? chance(loss) : describeModel(loss)}`]),
    ...(duplicate === null ? [] : [`duplicate ${chance(duplicate)}`]),
    ...(corrupt === null ? [] : [`corrupt ${chance(corrupt)}`]),
    ...(reorder === null ? [] : [`reorder ${chance(reorder)}${reorder.gap > 1 ? ` gap ${reorder.gap}` : ""}`]),
    ...(rate === null
      ? []
      : [`rate ${formatRate(rate.bitsPerSecond)}${rate.burstBytes === null ? "" : ` burst ${formatBytes(rate.burstBytes)}`}`]),
  ].join(", ");
}

function describeDelay({ timeMs, jitterMs, correlation, distribution }: Delay): string {
  const jitter = jitterMs > 0 ? ` ± ${formatExactly(jitterMs)} ${distribution}` : "";
  return `${formatExactly(timeMs)}${jitter}${correlation > 0 ? ` (correlation ${correlation}%)` : ""}`;
}

function describeModel(loss: Exclude<Loss, { model: "random" }>): string {
  return loss.model === "state"
    ? `state ${[loss.p13, loss.p31, loss.p32, loss.p23, loss.p14].map((percent) => `${percent}%`).join(" ")}`
    : `gemodel ${[loss.p, loss.r, loss.oneMinusH, loss.oneMinusK].map((percent) => `${percent}%`).join(" ")}`;
}
