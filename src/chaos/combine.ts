/**
 * What several faults do to the same packets. The result hangs on the set of faults alone, not on the order they came in, so that taking
 * one away is the same as never having had it.
 */
import { type Chance, type Delay, type Impairment, type Loss, type Rate, type Reorder, distributions } from "./impairment.js";

type RandomLoss = Extract<Loss, { model: "random" }>;

/** Delays and jitters add up, chances are independent of each other, the narrowest rate is the link's. */
export function combine(impairments: readonly Impairment[]): Impairment {
  const each = <K extends keyof Impairment>(side: K) =>
    impairments.map((impairment) => impairment[side]).filter((value) => value !== null);
  return {
    delay: combineDelays(each("delay")),
    loss: combineLosses(each("loss")),
    duplicate: combineChances(each("duplicate")),
    corrupt: combineChances(each("corrupt")),
    reorder: combineReorders(each("reorder")),
    rate: combineRates(each("rate")),
  };
}

/** The widest jitter lends its shape: a sum of several has none that netem knows. */
function combineDelays(delays: readonly Delay[]): Delay | null {
  const [widest] = [...delays].sort(
    (a, b) =>
      b.jitterMs - a.jitterMs ||
      b.correlation - a.correlation ||
      distributions.indexOf(b.distribution) - distributions.indexOf(a.distribution),
  );
  if (widest === undefined) return null;
  return {
    ...widest,
    timeMs: sum(delays.map(({ timeMs }) => timeMs)),
    jitterMs: sum(delays.map(({ jitterMs }) => jitterMs)),
  };
}

/**
 * A random loss joins exactly into a Gilbert-Elliott model: a packet must survive both. No other two models have a third that is both of
 * them. {@link lossesJoin} says so before it comes to that; where it does all the same, one of the models stands for all.
 */
function combineLosses(losses: readonly Loss[]): Loss | null {
  const random = combineChances(losses.filter((loss): loss is RandomLoss => loss.model === "random"));
  const [model] = losses.filter((loss) => loss.model !== "random").sort((a, b) => (spell(a) < spell(b) ? 1 : -1));
  if (model === undefined) return random === null ? null : { model: "random", ...random };
  if (model.model === "state" || random === null) return model;
  return {
    ...model,
    oneMinusH: anyOf([model.oneMinusH, random.percent]),
    oneMinusK: anyOf([model.oneMinusK, random.percent]),
  };
}

/** True where one netem can do both. A correlated loss depends on packets that a model knows nothing of. */
export function lossesJoin(a: Loss, b: Loss): boolean {
  if (a.model === "random" && b.model === "random") return true;
  const [random, other] = a.model === "random" ? [a, b] : [b, a];
  return random.model === "random" && random.correlation === 0 && other.model === "gemodel";
}

function spell(loss: Loss): string {
  return JSON.stringify(loss, ["model", "p13", "p31", "p32", "p23", "p14", "p", "r", "oneMinusH", "oneMinusK"]);
}

function combineChances(chances: readonly Chance[]): Chance | null {
  return chances.length === 0
    ? null
    : {
        percent: anyOf(chances.map(({ percent }) => percent)),
        correlation: Math.max(...chances.map(({ correlation }) => correlation)),
      };
}

function combineReorders(reorders: readonly Reorder[]): Reorder | null {
  const chance = combineChances(reorders);
  return chance && { ...chance, gap: Math.min(...reorders.map(({ gap }) => gap)) };
}

function combineRates(rates: readonly Rate[]): Rate | null {
  const [narrowest] = [...rates].sort((a, b) => a.bitsPerSecond - b.bitsPerSecond || (a.burstBytes ?? 0) - (b.burstBytes ?? 0));
  return narrowest ?? null;
}

/** The chance in percent that at least one of independent events happens. */
function anyOf(percents: readonly number[]): number {
  const none = ascending(percents).reduce((product, percent) => product * (1 - percent / 100), 1);
  return rounded(100 * (1 - none));
}

function sum(values: readonly number[]): number {
  return rounded(ascending(values).reduce((total, value) => total + value, 0));
}

/** Sums and products of fractions depend on their order in the last digits. */
function ascending(values: readonly number[]): readonly number[] {
  return [...values].sort((a, b) => a - b);
}

/** To what the kernel can tell apart: chances are 32-bit fractions there. */
function rounded(value: number): number {
  return Number(value.toFixed(7));
}
