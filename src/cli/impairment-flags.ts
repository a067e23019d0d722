/** Flags that say what happens to the packets of a link: netem's words (tc-netem(8)). */
import { Flags } from "@oclif/core";
import {
  type Chance,
  type Impairment,
  type Loss,
  type Reorder,
  distributions,
  gemodelLoss,
  stateLoss,
} from "../chaos/impairment.js";
import { parsePercent } from "../core/quantity.js";
import { bytesFlag, percentFlag, rateFlag, readAs, signedDurationFlag } from "./flags.js";

/** How delays spread around their time; of no use without one. */
export const jitterFlags = {
  jitter: signedDurationFlag({ description: "How far delays spread around that." }),
  correlation: percentFlag({ description: "How much a packet's delay depends on the one before." }),
  distribution: Flags.option({ description: "Shape of the jitter; default normal.", options: distributions })(),
};

export const impairmentFlags = {
  delay: signedDurationFlag({ description: "How much later packets leave." }),
  ...jitterFlags,
  loss: percentFlag({ description: "Packets that vanish.", exclusive: ["loss-state", "loss-gemodel"] }),
  "loss-correlation": percentFlag({ description: "How much a packet's loss depends on the one before." }),
  "loss-state": Flags.custom<Loss>({
    parse: (text) => Promise.resolve(lossModel(text, stateLoss, "p13, p31, p32, p23 and p14")),
  })({
    description: "Loss in bursts and gaps: the four-state Markov model. What is left out is 100-p13, 0, 100 and 0.",
    helpValue: "<p13,p31,p32,p23,p14>",
    exclusive: ["loss-gemodel"],
  }),
  "loss-gemodel": Flags.custom<Loss>({ parse: (text) => Promise.resolve(lossModel(text, gemodelLoss, "p, r, 1-h and 1-k")) })({
    description: "Loss in bursts: the Gilbert-Elliott model. What is left out is 100-p, 100 and 0.",
    helpValue: "<p,r,1-h,1-k>",
  }),
  duplicate: percentFlag({ description: "Packets that arrive twice." }),
  "duplicate-correlation": percentFlag({ description: "How much a packet's doubling depends on the one before." }),
  corrupt: percentFlag({ description: "Packets with one bit flipped." }),
  "corrupt-correlation": percentFlag({ description: "How much a packet's garbling depends on the one before." }),
  reorder: percentFlag({ description: "Packets that overtake the delayed ones; needs --delay." }),
  "reorder-correlation": percentFlag({ description: "How much a packet's overtaking depends on the one before." }),
  "reorder-gap": Flags.integer({ description: "Only every so-manyth packet may overtake.", helpValue: "<number>" }),
  rate: rateFlag({ description: "Bandwidth." }),
  burst: bytesFlag({ description: "What may leave at once after a silence; default: chosen from the rate." }),
};

/** {@link impairmentFlags}, parsed. */
interface ImpairmentValues {
  readonly delay?: number | undefined;
  readonly jitter?: number | undefined;
  readonly correlation?: number | undefined;
  readonly distribution?: (typeof distributions)[number] | undefined;
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

/** A flag, and the one that it says more about. */
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

/** What these flags ask for, and which of them mean nothing for want of another. */
export function impairmentOf(flags: ImpairmentValues): { readonly impairment: Impairment; readonly problems: readonly string[] } {
  const { delay: timeMs, jitter: jitterMs = 0, correlation = 0, distribution = "normal", rate, burst } = flags;
  const random = chanceOf(flags.loss, flags["loss-correlation"]);
  const reorder = chanceOf(flags.reorder, flags["reorder-correlation"]);
  return {
    impairment: {
      delay: timeMs === undefined ? null : { timeMs, jitterMs, correlation, distribution },
      loss: random === null ? (flags["loss-state"] ?? flags["loss-gemodel"] ?? null) : { model: "random", ...random },
      duplicate: chanceOf(flags.duplicate, flags["duplicate-correlation"]),
      corrupt: chanceOf(flags.corrupt, flags["corrupt-correlation"]),
      reorder: reorder === null ? null : ({ ...reorder, gap: flags["reorder-gap"] ?? 1 } satisfies Reorder),
      rate: rate === undefined ? null : { bitsPerSecond: rate, burstBytes: burst ?? null },
    },
    problems: companions.flatMap(([flag, base]) =>
      flags[flag] === undefined || flags[base] !== undefined ? [] : [`--${flag} means nothing without --${base}.`],
    ),
  };
}

function chanceOf(percent: number | undefined, correlation: number | undefined): Chance | null {
  return percent === undefined ? null : { percent, correlation: correlation ?? 0 };
}

/** The parameters with commas between them, those at the end left out where netem's defaults are meant. */
function lossModel(text: string, model: (parameters: readonly number[]) => Loss | undefined, names: string): Loss {
  const parse = (): Loss | undefined => {
    const parameters = text.split(",").map((part) => parsePercent(part));
    return parameters.every((parameter) => parameter !== undefined) ? model(parameters) : undefined;
  };
  return readAs(
    text,
    parse,
    "a loss model",
    `Write ${names}, each in percent, with commas between them; the last may be left out.`,
  );
}
