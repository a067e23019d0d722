/**
 * Engine stamps: RFC 3339, UTC, always nine decimals (`2026-11-21T01:59:26.643171743Z`), so that text order is time order.
 * Docker calls the layout RFC3339NanoFixed; other engines drop trailing zeros or write an offset, so every stamp is normalised.
 */

const rfc3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-]\d\d:\d\d))$/;

/** Before everything: for a line that came without a stamp. */
export const zeroStamp = "0001-01-01T00:00:00.000000000Z";

const fixedWidth = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/;

/** True where `text` has the layout of a stamp already. */
export function isStamp(text: string): boolean {
  return fixedWidth.test(text);
}

/** The stamp of `text`, or undefined where it is no RFC 3339 time with a zone. */
export function parseStamp(text: string): string | undefined {
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const [, date = "", time = "", fraction = "", offset = "Z"] = match;
  const ms = Date.parse(`${date}T${time}${offset}`);
  if (Number.isNaN(ms)) return undefined;
  // whole seconds go through Date for the offset, the fraction never does: Date knows milliseconds only
  return `${new Date(ms).toISOString().slice(0, 19)}.${fraction.padEnd(9, "0")}Z`;
}

/** The stamp of a time in milliseconds since the epoch. */
export function stampOfMs(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000000Z`;
}

/** Milliseconds since the epoch, the rest cut off. */
export function msOfStamp(stamp: string): number {
  return Date.parse(`${stamp.slice(0, 23)}Z`);
}
