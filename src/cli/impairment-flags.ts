/** Flags that say what happens to the packets of a link: netem's words (tc-netem(8)). */
import { Flags } from "@oclif/core";
import { type Loss, distributions } from "../chaos/impairment.js";
import { type ImpairmentWords, lossModels, orphansIn } from "../chaos/impairment-words.js";
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
    parse: (text) => Promise.resolve(lossModel(text, lossModels["loss-state"])),
  })({
    description: "Loss in bursts and gaps: the four-state Markov model. What is left out is 100-p13, 0, 100 and 0.",
    helpValue: "<p13,p31,p32,p23,p14>",
    exclusive: ["loss-gemodel"],
  }),
  "loss-gemodel": Flags.custom<Loss>({ parse: (text) => Promise.resolve(lossModel(text, lossModels["loss-gemodel"])) })({
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

/** The flags that mean nothing for want of another, as sentences. */
export function orphanProblems(words: ImpairmentWords): readonly string[] {
  return orphansIn(words).map(([flag, base]) => `--${flag} means nothing without --${base}.`);
}

function lossModel(text: string, { parse, parameters }: (typeof lossModels)[keyof typeof lossModels]): Loss {
  const how = `Write ${parameters}, each in percent, with commas between them; the last may be left out.`;
  return readAs(text, () => parse(text), "a loss model", how);
}
