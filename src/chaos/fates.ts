/**
 * What becomes of a stream of packets under a treatment, by simulation: netem's models of loss (tc-netem(8); the four states are those of
 * Salsano et al., "Definition of a general and intuitive loss model"), its correlated chances, and drops on arrival.
 */
import { type Prng, createPrng } from "../core/prng.js";
import type { Chance, Impairment, Loss } from "./impairment.js";
import { type Treatment, isCut } from "./treatment.js";

/** Of the packets sent, how many… */
export interface Fates {
  /** …arrived at all. */
  readonly arrived: number;
  /** …arrived twice or more. */
  readonly doubled: number;
  /** …did not wait where the others do, of those that arrived. */
  readonly overtook: number;
}

/** Both ends included, in packets. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

export type FateRanges = Readonly<Record<keyof Fates, Range>>;

const runs = 60;
/** Let the models forget where they began. */
const warmUp = 200;

/**
 * Where the fates of `count` packets lie practically always: five standard deviations around the mean, and a packet and a half more where
 * chances are so small that a deviation means little. `path`: the treatments that a packet and what is answered to it go through.
 */
export function fateRanges(path: readonly Treatment[], count: number): FateRanges {
  const prng = createPrng(1);
  const outcomes = Array.from({ length: runs }, () => simulateFates(path, count, prng.fork()));
  const range = (of: keyof Fates): Range => {
    const values = outcomes.map((outcome) => outcome[of]);
    const mean = values.reduce((sum, value) => sum + value, 0) / runs;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (runs - 1));
    const slack = path.some(isCut) || path.every(isCertain) ? 0 : 5 * deviation + 1.5;
    return { least: Math.max(0, Math.floor(mean - slack)), most: Math.min(count, Math.ceil(mean + slack)) };
  };
  return { arrived: range("arrived"), doubled: range("doubled"), overtook: range("overtook") };
}

/** True where nothing is left to chance. */
function isCertain({ drops, impairments }: Treatment): boolean {
  return (
    drops.length === 0 && impairments.every(({ loss, duplicate, corrupt, reorder }) => !(loss ?? duplicate ?? corrupt ?? reorder))
  );
}

function simulateFates(path: readonly Treatment[], count: number, prng: Prng): Fates {
  const stages = path.flatMap((treatment) => [
    ...treatment.impairments.map((impairment) => impair(impairment, prng)),
    ...treatment.drops.map((percent) => ({
      copies: (copies: number) => survivors(copies, () => prng.chance(percent / 100)),
      hurries: () => false,
    })),
  ]);
  let [arrived, doubled, overtook] = [0, 0, 0];
  for (let number = -warmUp; number < count; number++) {
    let copies = 1;
    let hurried = false;
    for (const stage of stages) {
      copies = stage.copies(copies);
      if (copies > 0 && stage.hurries()) hurried = true;
    }
    if (number < 0 || copies === 0) continue;
    arrived++;
    if (copies > 1) doubled++;
    if (hurried) overtook++;
  }
  return { arrived, doubled, overtook };
}

interface Stage {
  /** How many of so many copies go on. */
  copies(copies: number): number;
  /** Whether a packet that goes on does so at once. */
  hurries(): boolean;
}

/**
 * One flipped bit of six octets of a probe on the wire, its sender's Ethernet address, is noticed by nobody; any other makes the packet
 * one that its receiver drops, as its checksums or addresses are wrong.
 */
const harmless = 6 / 106;

function impair({ loss, duplicate, corrupt, reorder }: Impairment, prng: Prng): Stage {
  const isLost = loss === null ? never : lossOf(loss, prng);
  const isDoubled = duplicate === null ? never : chanceOf(duplicate, prng);
  const isGarbled = corrupt === null ? never : chanceOf(corrupt, prng);
  const isHurried = reorder === null ? never : chanceOf(reorder, prng);
  let waiting = 0;
  return {
    copies: (copies) => {
      let left = 0;
      for (let copy = 0; copy < copies; copy++) {
        // where netem doubles a packet, its first toss for loss takes one of the two, and the copy has a toss of its own
        const doubled = isDoubled();
        const first = isLost();
        const through = doubled ? (first || isLost() ? 1 : 2) : first ? 0 : 1;
        left += survivors(through, () => isGarbled() && !prng.chance(harmless));
      }
      return left;
    },
    hurries: () => {
      if (reorder === null) return false;
      waiting++;
      if (waiting < reorder.gap || !isHurried()) return false;
      waiting = 0;
      return true;
    },
  };
}

const never = (): boolean => false;

function survivors(copies: number, dies: () => boolean): number {
  let left = 0;
  for (let copy = 0; copy < copies; copy++) if (!dies()) left++;
  return left;
}

/**
 * netem's correlated toss: a new draw, mixed with the last result. It makes results bunch around the middle, so that a chance of few
 * percent becomes rarer than it says: that is what the kernel does, and so what has to be expected.
 */
function chanceOf({ percent, correlation }: Chance, prng: Prng): () => boolean {
  const rho = correlation / 100;
  let last = prng.next();
  return () => {
    last = prng.next() * (1 - rho) + last * rho;
    return last < percent / 100;
  };
}

function lossOf(loss: Loss, prng: Prng): () => boolean {
  switch (loss.model) {
    case "random":
      return chanceOf(loss, prng);
    case "gemodel":
      return gilbertElliott(loss, prng);
    case "state":
      return fourStates(loss, prng);
  }
}

function gilbertElliott({ p, r, oneMinusH, oneMinusK }: Extract<Loss, { model: "gemodel" }>, prng: Prng): () => boolean {
  let bad = false;
  return () => {
    const isLost = prng.chance((bad ? oneMinusH : oneMinusK) / 100);
    if (prng.chance((bad ? r : p) / 100)) bad = !bad;
    return isLost;
  };
}

function fourStates({ p13, p31, p32, p23, p14 }: Extract<Loss, { model: "state" }>, prng: Prng): () => boolean {
  // 1: received in a gap · 2: received within a burst · 3: lost within a burst · 4: lost alone in a gap
  let state = 1;
  return () => {
    const draw = prng.next() * 100;
    if (state === 1) state = draw < p14 ? 4 : draw < p14 + p13 ? 3 : 1;
    else if (state === 2) state = draw < p23 ? 3 : 2;
    else if (state === 3) state = draw < p32 ? 2 : draw < p32 + p31 ? 1 : 3;
    else state = 1;
    return state === 3 || state === 4;
  };
}
