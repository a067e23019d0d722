/** Sizes and times as compose writes them, read into numbers, and written as a spec has them. */
import { parseDuration } from "../core/duration.js";
import { formatExactly } from "../core/duration.js";
import { textAt } from "./reading.js";
import type { Reading } from "./reading.js";
import type { Tree } from "./tree.js";

const byteUnits: Readonly<Record<string, number>> = { "": 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Bytes of `512m`, `1.5GB`, `64kib`, `1048576`: powers of 1024 all; undefined where it is none, which is then told. */
export function bytesAt(tree: Tree, what: string, reading: Reading): number | undefined {
  const text = textAt(tree, what, reading);
  if (text === undefined) return undefined;
  const { number, unit = "" } = /^(?<number>\d+(?:\.\d+)?) ?(?<unit>[bkmgt]?)(?:i?b)?$/.exec(text.toLowerCase())?.groups ?? {};
  const size = byteUnits[unit];
  if (number !== undefined && size !== undefined) return Math.round(Number(number) * size);
  reading.telling.problem(tree.at, `${what} must be a size such as 512m, not ${JSON.stringify(text)}`);
  return undefined;
}

/** Exactly, in the largest unit of which there is a whole number. */
export function writtenBytes(bytes: number): string {
  const [unit, size] = ([["gb", 1024 ** 3], ["mb", 1024 ** 2], ["kb", 1024]] as const).find((one) => bytes % one[1] === 0) ?? ["b", 1]; // prettier-ignore
  return `${bytes / size}${unit}`;
}

/** Milliseconds of `1m30s`; undefined where it is no duration, which is then told. */
export function durationAt(tree: Tree, what: string, reading: Reading): number | undefined {
  const text = textAt(tree, what, reading);
  if (text === undefined) return undefined;
  const ms = parseDuration(text) ?? (/^0+$/.test(text) ? 0 : undefined);
  if (ms === undefined) reading.telling.problem(tree.at, `${what} must be a duration such as 30s, not ${JSON.stringify(text)}`);
  return ms;
}

export function writtenDuration(ms: number): string {
  return formatExactly(ms);
}
