import { sha1Hex } from "../ring/sha1.js";

/** JSON of a plain value with the fields of every object in order, and one character a byte: equal values give equal text, on every node. */
export function canonical(value: unknown): string {
  const text = JSON.stringify(value, (_key, field: unknown) =>
    typeof field === "object" && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
  return (text ?? "").replace(/[^\0-\xff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** 48 bits of a hash of the value, as 12 hexadecimal digits. */
export function digestOf(value: unknown): string {
  return sha1Hex(canonical(value)).slice(0, 12);
}

/** A total order of unequal values, for where nothing else tells which of two shall win. */
export function compareCanonical(a: unknown, b: unknown): number {
  const [textA, textB] = [canonical(a), canonical(b)];
  return textA < textB ? -1 : textA > textB ? 1 : 0;
}
