/** Values that leave something to chance, as people write them: `5s`, `5s..10s`, `1%..5%`, `2..4`. */
import { parseDuration } from "../core/duration.js";
import type { Prng } from "../core/prng.js";

/** Both ends included; the same twice where nothing is left to chance. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

export function exactly(value: number): Range {
  return { min: value, max: value };
}

/** A text in which some numbers are still to be drawn: `["", { min: 50, max: 200, unit: "ms", places: 0 }, ""]`. */
export type Template = readonly (string | NumberRange)[];

interface NumberRange extends Range {
  readonly unit: string;
  /** Digits after the point. */
  readonly places: number;
}

const quantity = String.raw`-?\d+(?:\.\d+)?[a-z%]*(?:\d+(?:\.\d+)?[a-z]+)*`;
const ranges = new RegExp(String.raw`(?<![\w.])(${quantity})\.\.(${quantity})`, "g");

/** Throws a plain Error, with a sentence, for a range that is none. */
export function parseTemplate(text: string): Template {
  const template: (string | NumberRange)[] = [];
  let end = 0;
  for (const match of text.matchAll(ranges)) {
    const [whole, from = "", to = ""] = match;
    template.push(text.slice(end, match.index), rangeBetween(from, to));
    end = match.index + whole.length;
  }
  return [...template, text.slice(end)].filter((piece) => piece !== "");
}

function rangeBetween(from: string, to: string): NumberRange {
  const range = durationsBetween(from, to) ?? numbersBetween(from, to);
  if (range.min > range.max) throw new Error(`${from}..${to} goes from the larger to the smaller: write ${to}..${from}`);
  return range;
}

function durationsBetween(from: string, to: string): NumberRange | undefined {
  const [min, max] = [signedDuration(from), signedDuration(to)];
  if (min === undefined || max === undefined) return undefined;
  return { min, max, unit: "ms", places: Number.isInteger(min) && Number.isInteger(max) ? 0 : 3 };
}

function signedDuration(text: string): number | undefined {
  const ms = parseDuration(text.replace(/^-/, ""));
  return ms === undefined || !text.startsWith("-") ? ms : -ms;
}

/** `2..4` gives whole numbers; where there is a unit or a point, parts of it as well. The unit may stand at the end only: `1..5%`. */
function numbersBetween(from: string, to: string): NumberRange {
  const [a, b] = [splitUnit(from), splitUnit(to)];
  if (a.unit !== "" && a.unit !== b.unit) throw new Error(`${from}..${to} needs the same unit at both ends`);
  const whole = b.unit === "" && Number.isInteger(a.value) && Number.isInteger(b.value);
  return { min: a.value, max: b.value, unit: b.unit, places: whole ? 0 : 2 };
}

function splitUnit(text: string): { readonly value: number; readonly unit: string } {
  const [, value = "", unit = ""] = /^(-?\d+(?:\.\d+)?)(.*)$/.exec(text) ?? [];
  return { value: Number(value), unit };
}

export function hasRange(template: Template): boolean {
  return template.some((piece) => typeof piece !== "string");
}

/** The text with every number drawn. */
export function drawText(template: Template, prng: Prng): string {
  return render(template, ({ min, max, places }) => {
    const steps = 10 ** places;
    return prng.int(Math.round(min * steps), Math.round(max * steps)) / steps;
  });
}

/** The two extremes: what is right at both is taken to be right between them. */
export function endsOf(template: Template): readonly [string, string] {
  return [render(template, ({ min }) => min), render(template, ({ max }) => max)];
}

/** As it was written, durations in milliseconds. */
export function formatTemplate(template: Template): string {
  return template
    .map((piece) => (typeof piece === "string" ? piece : `${piece.min}${piece.unit}..${piece.max}${piece.unit}`))
    .join("");
}

function render(template: Template, choose: (range: NumberRange) => number): string {
  return template.map((piece) => (typeof piece === "string" ? piece : `${choose(piece)}${piece.unit}`)).join("");
}

/** Whole milliseconds of `5s` or `5s..10s`; undefined where it is neither. */
export function parseDurationRange(text: string): Range | undefined {
  const [from = "", to = from, ...more] = text.split("..").map((end) => end.trim());
  const [min, max] = [parseDuration(from), parseDuration(to)];
  if (min === undefined || max === undefined || more.length > 0) return undefined;
  return { min: Math.round(min), max: Math.round(max) };
}

export function drawWhole({ min, max }: Range, prng: Prng): number {
  return prng.int(min, max);
}
