/**
 * What probes should feel of a fault, and whether what they felt is that. A figure is proven only where the same packets without the fault
 * would have felt otherwise: what cannot be told from an untouched link is said to be not measured.
 */
import { formatRate } from "../core/quantity.js";
import { type FateRanges, type Range, fateRanges } from "./fates.js";
import { type Probe, type Seen, describeLink, headerBytes } from "./probe.js";
import type { Measurement } from "./proof.js";
import { type Treatment, delayOf, rateOf } from "./treatment.js";

/** A figure that is read off the arrivals of one stream. `word`: what it is called, `asked`: what it should be, in words. */
export interface Figure {
  /** `hearing`: that packets arrive, where the fault should change nothing. */
  readonly of: "delay" | "arrival" | "hearing" | "duplicate" | "reorder" | "rate";
  readonly word: string;
  readonly asked: string;
}

/** The treatments that a probe goes through on its way, and on the way back where it has one. */
export type Path = readonly Treatment[];

/** One stream of probes and what is to be found out by it. */
export interface Question {
  readonly probe: Probe;
  readonly figures: readonly Figure[];
  /** Under all faults but the new one. */
  readonly before: Path;
  readonly during: Path;
}

/** What was found out. `noiseMs`: the delay of probes that a machine as busy as this one sends to itself. */
export function judge(question: Question, seen: Seen, noiseMs: number): readonly Measurement[] {
  const { probe, figures, during } = question;
  const name = describeLink(probe.link, probe.packet, probe.family);
  const expected = fateRanges(during, probe.count);
  const arrived = new Set(seen.arrivals.map(({ number }) => number)).size;
  return figures.map((figure) => {
    const found =
      figure.of !== "arrival" && figure.of !== "hearing" && arrived < expected.arrived.least
        ? { measured: `${arrived} of ${seen.sent} arrived`, ok: false }
        : finders[figure.of]({ question, seen, arrived, noiseMs, expected });
    return { what: `${name} ${figure.word}`, asked: figure.asked, ...found };
  });
}

interface Evidence {
  readonly question: Question;
  readonly seen: Seen;
  readonly arrived: number;
  readonly noiseMs: number;
  /** Under all faults. */
  readonly expected: FateRanges;
}

type Finding = Pick<Measurement, "measured" | "ok">;

const finders: Readonly<Record<Figure["of"], (evidence: Evidence) => Finding>> = {
  delay: findDelay,
  arrival: ({ question, seen, arrived, expected }) => {
    const { before, probe } = question;
    const measured =
      expected.arrived.most === 0 || expected.arrived.least === probe.count
        ? `${arrived} of ${seen.sent} arrived`
        : `${percent(seen.sent - arrived, seen.sent)} did not arrive (of ${seen.sent})`;
    return found(measured, arrived, fateRanges(before, probe.count).arrived, expected.arrived);
  },
  hearing: ({ seen, arrived, expected }) => {
    const measured = `${arrived} of ${seen.sent} arrived`;
    return expected.arrived.least > 0
      ? { measured, ok: lies(arrived, expected.arrived) }
      : notMeasured("other faults may silence it");
  },
  duplicate: ({ question, seen, arrived, expected }) => {
    const doubled = seen.arrivals.length - arrived;
    const before = fateRanges(question.before, question.probe.count).doubled;
    return found(`${percent(doubled, seen.sent)} arrived twice (of ${seen.sent})`, doubled, before, expected.doubled);
  },
  reorder: findReorder,
  rate: findRate,
};

/** Whether the figure is as expected, and could not be so without the fault. */
function found(measured: string, value: number, before: Range, during: Range): Finding {
  if (!lies(value, during)) return { measured, ok: false };
  return lies(value, before)
    ? notMeasured(`${measured}, which shows nothing: it could be so without the fault`)
    : { measured, ok: true };
}

function lies(value: number, { least, most }: Range): boolean {
  return value >= least && value <= most;
}

export function notMeasured(why: string): Finding {
  return { measured: `not measured: ${why}`, ok: null };
}

function percent(part: number, whole: number): string {
  return `${Number(((100 * part) / whole).toFixed(1))}%`;
}

/** Half of the shortest wait that is asked for: who waited less did not wait. */
function waitsFromMs(path: Path): number {
  return delayAlong(path).timeMs / 2;
}

function delayAlong(path: Path): { readonly timeMs: number; readonly jitterMs: number; readonly isCorrelated: boolean } {
  const delays = path.map(delayOf);
  return {
    timeMs: delays.reduce((sum, { timeMs }) => sum + timeMs, 0),
    jitterMs: delays.reduce((sum, { jitterMs }) => sum + jitterMs, 0),
    isCorrelated: delays.some(({ correlation }) => correlation > 0),
  };
}

/** Of those that waited where some may overtake. */
function findDelay({ question, seen, arrived, noiseMs, expected }: Evidence): Finding {
  const overtaken = question.during.some(({ impairments }) => impairments.some(({ reorder }) => reorder !== null));
  const waited = seen.arrivals.filter(({ delayMs }) => !overtaken || delayMs >= waitsFromMs(question.during));
  if (waited.length + expected.overtook.most < arrived) return { measured: `${waited.length} of ${arrived} waited`, ok: false };
  if (waited.length < fewest) return notMeasured(`${waited.length} probes are too few`);
  const p50 = median(waited.map(({ delayMs }) => delayMs));
  const measured = `${Number(p50.toFixed(1))}ms (p50 of ${waited.length})`;
  const range = (path: Path): Range => delayRange(path, waited.length, noiseMs);
  return found(measured, p50, range(question.before), range(question.during));
}

/** Less shows nothing. */
export const fewest = 5;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/**
 * Where the median of so many delays lies. Nothing arrives before its time; how much later it may be is for the machine to say. Five
 * standard deviations of a normal jitter's median are 6.3 jitters over the root of the count, and pareto's median lies a third of a jitter
 * below its mean. Packets that queue for a rate may wait as long as they like.
 */
function delayRange(path: Path, count: number, noiseMs: number): Range {
  const { timeMs, jitterMs, isCorrelated } = delayAlong(path);
  const spreadMs = jitterMs * (isCorrelated ? 2.5 : 0.35 + 6.3 / Math.sqrt(count));
  const lateMs = 3 + 3 * noiseMs + 0.02 * timeMs;
  const isNarrow = path.some((treatment) => rateOf(treatment) !== null);
  return { least: Math.max(0, timeMs * 0.99 - spreadMs), most: isNarrow ? Infinity : timeMs + spreadMs + lateMs };
}

function findReorder({ question, seen, noiseMs, expected }: Evidence): Finding {
  const { timeMs, jitterMs } = delayAlong(question.during);
  if (jitterMs > timeMs / 3) return notMeasured("with so much jitter many packets overtake others by themselves");
  if (timeMs / 2 < 3 + 3 * noiseMs) return notMeasured("the delay is too short to see who did not wait for it");
  const first = new Map<number, number>();
  for (const { number, delayMs } of seen.arrivals) if (!first.has(number)) first.set(number, delayMs);
  const overtook = [...first.values()].filter((delayMs) => delayMs < waitsFromMs(question.during)).length;
  const before = fateRanges(question.before, question.probe.count).overtook;
  return found(`${percent(overtook, first.size)} overtook (of ${first.size})`, overtook, before, expected.overtook);
}

/** Bits per second once the burst has passed. */
function findRate({ question, seen, arrived }: Evidence): Finding {
  const { probe, during } = question;
  const bits = 8 * (probe.payloadBytes + headerBytes[probe.family]);
  const asked = narrowest(during);
  const paced = ((probe.count - probe.atOnce) * bits * 1000) / seen.tookMs;
  if (paced < asked * 1.2) return notMeasured(`the probe came to no more than ${formatRate(Math.round(paced))}`);
  if (arrived < seen.sent) return notMeasured(`${seen.sent - arrived} of ${seen.sent} packets of the bulk did not arrive`);
  const steady = [...seen.arrivals].sort((a, b) => a.atMs - b.atMs).slice(probe.atOnce);
  const [first, last] = [steady[0], steady.at(-1)];
  if (first === undefined || last === undefined || steady.length < fewest) return notMeasured("too few packets pass in time");
  const rate = ((steady.length - 1) * bits * 1000) / (last.atMs - first.atMs);
  const measured = `${formatRate(Math.round(rate / 1000) * 1000)} (${Math.round((seen.sent * bits) / 8000)} kB)`;
  const around = (bitsPerSecond: number): Range => ({ least: bitsPerSecond * 0.85, most: bitsPerSecond * 1.12 });
  const wide = narrowest(question.before);
  return found(measured, rate, wide < paced ? around(wide) : { least: paced * 0.9, most: Infinity }, around(asked));
}

/** Bits per second that the path carries; Infinity where nothing bounds them. */
export function narrowest(path: Path): number {
  return Math.min(Infinity, ...path.flatMap((treatment) => rateOf(treatment)?.bitsPerSecond ?? []));
}

/** How long after the last packet was sent the last of them may arrive, whether the fault is in force or not. */
export function patienceMs({ probe, before, during }: Question): number {
  const waits = [before, during].map(delayAlong).map(({ timeMs, jitterMs }) => timeMs + 4 * jitterMs);
  const wireMs = (8000 * probe.count * (probe.payloadBytes + headerBytes[probe.family])) / narrowest(during);
  const backlogMs = Math.min(2500, Math.max(0, wireMs - (probe.count - probe.atOnce) * probe.spacingMs));
  return Math.max(...waits) + backlogMs + 300;
}
