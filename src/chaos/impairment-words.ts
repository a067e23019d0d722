/**
 * An impairment as people say it: netem's words (tc-netem(8)), which are the flags of `chaos slow` and the keys of a scenario's step alike.
 */
import { parsePercent } from "../core/quantity.js";
import { type Chance, type Distribution, type Impairment, type Loss, gemodelLoss, stateLoss } from "./impairment.js";

/** Times in milliseconds, percentages from 0 to 100, rates in bits per second, sizes in bytes. */
export interface ImpairmentWords {
  readonly delay?: number | undefined;
  readonly jitter?: number | undefined;
  readonly correlation?: number | undefined;
  readonly distribution?: Distribution | undefined;
  readonly loss?: number | undefined;
  readonly "loss-correlation"?: number | undefined;
  readonly "loss-state"?: Loss | undefined;
  readonly "loss-gemodel"?: Loss | undefined;
  readonly duplicate?: number | undefined;
  readonly "duplicate-correlation"?: number | undefined;
  readonly corrupt?: number | undefined;
  readonly "corrupt-correlation"?: number | undefined;
  readonly reorder?: number | undefined;
  readonly "reorder-correlation"?: number | undefined;
  readonly "reorder-gap"?: number | undefined;
  readonly rate?: number | undefined;
  readonly burst?: number | undefined;
}

/** A word, and the one that it says more about. */
const companions = [
  ["jitter", "delay"],
  ["correlation", "delay"],
  ["distribution", "jitter"],
  ["loss-correlation", "loss"],
  ["duplicate-correlation", "duplicate"],
  ["corrupt-correlation", "corrupt"],
  ["reorder-correlation", "reorder"],
  ["reorder-gap", "reorder"],
  ["burst", "rate"],
] as const;

/** The words that mean nothing for want of another, each with that other. */
export function orphansIn(words: ImpairmentWords): readonly (readonly [word: string, wanting: keyof ImpairmentWords])[] {
  return companions.filter(([word, base]) => words[word] !== undefined && words[base] === undefined);
}

/** What these words ask for. */
export function impairmentOf(words: ImpairmentWords): Impairment {
  const { delay: timeMs, jitter: jitterMs = 0, correlation = 0, distribution = "normal", rate, burst } = words;
  const random = chanceOf(words.loss, words["loss-correlation"]);
  const reorder = chanceOf(words.reorder, words["reorder-correlation"]);
  return {
    delay: timeMs === undefined ? null : { timeMs, jitterMs, correlation, distribution },
    loss: random === null ? (words["loss-state"] ?? words["loss-gemodel"] ?? null) : { model: "random", ...random },
    duplicate: chanceOf(words.duplicate, words["duplicate-correlation"]),
    corrupt: chanceOf(words.corrupt, words["corrupt-correlation"]),
    reorder: reorder === null ? null : { ...reorder, gap: words["reorder-gap"] ?? 1 },
    rate: rate === undefined ? null : { bitsPerSecond: rate, burstBytes: burst ?? null },
  };
}

function chanceOf(percent: number | undefined, correlation: number | undefined): Chance | null {
  return percent === undefined ? null : { percent, correlation: correlation ?? 0 };
}

/** The parameters of a loss model, each in percent with commas between them; those at the end may be left out where netem's defaults are meant. */
export const lossModels = {
  "loss-state": { parameters: "p13, p31, p32, p23 and p14", parse: (text: string) => parseModel(text, stateLoss) },
  "loss-gemodel": { parameters: "p, r, 1-h and 1-k", parse: (text: string) => parseModel(text, gemodelLoss) },
} as const;

function parseModel(text: string, model: (parameters: readonly number[]) => Loss | undefined): Loss | undefined {
  const parameters = text.split(",").map((part) => parsePercent(part));
  return parameters.every((parameter) => parameter !== undefined) ? model(parameters) : undefined;
}
