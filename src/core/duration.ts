/** Durations as people write them: `250ms`, `1.5s`, `2m`, `1h`. Inside the program they are numbers of milliseconds. */

const unitMs = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
type Unit = keyof typeof unitMs;

const onePart = /^(\d+(?:\.\d+)?)(us|ms|s|m|h)/;

/**
 * Milliseconds of `text` (`90s`, `1m30s`, `0.5s`), or undefined where it is no duration.
 * A bare number is refused on purpose: its unit would be a guess.
 */
export function parseDuration(text: string): number | undefined {
  let rest = text.trim();
  if (rest === "") return undefined;
  let totalMs = 0;
  while (rest !== "") {
    const match = onePart.exec(rest);
    if (match === null) return undefined;
    totalMs += Number(match[1]) * unitMs[match[2] as Unit];
    rest = rest.slice(match[0].length);
  }
  return totalMs;
}

/** `950ms`, `2.5s`, `1m30s`, `2h`: short, and read back by {@link parseDuration}. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, Math.round(durationMs));
  if (ms < 1000) return `${ms}ms`;
  if (ms < 60_000) return `${trim(ms / 1000)}s`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = Math.round((ms % 60_000) / 1000);
  return [hours > 0 ? `${hours}h` : "", minutes > 0 ? `${minutes}m` : "", seconds > 0 ? `${seconds}s` : ""].join("");
}

/** As {@link formatDuration}, but never rounded: `500us`, `1.5ms`, `10.05s`, `61.5s`. */
export function formatExactly(durationMs: number): string {
  const short = formatDuration(durationMs);
  if (parseDuration(short) === durationMs) return short;
  if (Math.abs(durationMs) < 1) return `${Number((durationMs * 1000).toPrecision(12))}us`;
  return Math.abs(durationMs) < 1000 ? `${durationMs}ms` : `${durationMs / 1000}s`;
}

function trim(seconds: number): string {
  return seconds.toFixed(seconds < 10 ? 2 : 1).replace(/\.?0+$/, "");
}
