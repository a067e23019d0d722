/**
 * Percentages, rates and sizes as people write them: `2%`, `1mbit`, `64mb`. Inside the program they are numbers of percent, of bits a
 * second and of bytes. Whether a number makes sense is not decided here: `120%` and `-5%` can be read.
 */

/** `2%`, `2`, `0.5%`, `-10%`: a number from 0 to 100 where it is a share; undefined where it is no percentage. */
export function parsePercent(text: string): number | undefined {
  const { number } = /^(?<number>[+-]?\d+(?:\.\d+)?)%?$/.exec(text.trim())?.groups ?? {};
  return number === undefined ? undefined : Number(number);
}

const rateUnits = { gbit: 1e9, mbit: 1e6, kbit: 1e3, bit: 1 } as const;

/** Bits a second of `1mbit`, `500kbit`, `1.5gbit`, `8000bit` (tc(8), "RATES"); a bare number is refused: its unit would be a guess. */
export function parseRate(text: string): number | undefined {
  return parseUnits(text, rateUnits);
}

/** As {@link parseRate} reads it, with three digits after the point at most. */
export function formatRate(bitsPerSecond: number): string {
  return formatUnits(bitsPerSecond, rateUnits, 3);
}

const byteUnits = { gb: 1024 ** 3, mb: 1024 ** 2, kb: 1024, b: 1 } as const;

/** Bytes of `64mb`, `1.5gb`, `32kb`, `1600b`: powers of 1024, as the engine counts; a bare number is refused. */
export function parseBytes(text: string): number | undefined {
  return parseUnits(text, byteUnits);
}

/** As {@link parseBytes} reads it, with two digits after the point at most. */
export function formatBytes(bytes: number): string {
  return formatUnits(bytes, byteUnits, 2);
}

type Units = Readonly<Record<string, number>>;

function parseUnits(text: string, units: Units): number | undefined {
  const { number, unit = "" } = /^(?<number>\d+(?:\.\d+)?)(?<unit>[a-z]+)$/.exec(text.trim().toLowerCase())?.groups ?? {};
  const size = Object.hasOwn(units, unit) ? units[unit] : undefined;
  return number === undefined || size === undefined ? undefined : Math.round(Number(number) * size);
}

/** In the largest unit that leaves at least one; `units` go from large to small. */
function formatUnits(value: number, units: Units, digits: number): string {
  const all = Object.entries(units);
  const [unit, size] = all.find((one) => value >= one[1]) ?? all.at(-1) ?? ["", 1];
  return `${Number((value / size).toFixed(digits))}${unit}`;
}
