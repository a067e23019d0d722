/** `level=info msg="became leader" term=3`: https://brandur.org/logfmt; as logrus, go-kit, slog's text handler and Traefik write it. */
import { saidByKeys, usualKeys, type Keys } from "./keys.js";
import { put, valueOf, type Fields, type Reader } from "./said.js";

const pair = /([^\s="]+)=(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^\s"]*))(?:\s+|$)/y;

/**
 * The pairs of a text that is nothing but pairs, or undefined. Values that are written as JSON writes numbers are numbers. A key
 * that comes twice makes it no logfmt, because one of its values would be lost.
 */
export function readPairs(text: string, start = 0): Fields | undefined {
  const fields: Fields = {};
  pair.lastIndex = start;
  while (pair.lastIndex < text.length) {
    const match = pair.exec(text);
    if (match === null) return undefined;
    const [, key = "", quoted, bare = ""] = match;
    if (Object.hasOwn(fields, key)) return undefined;
    put(fields, key, quoted === undefined ? valueOf(bare) : unquote(quoted));
  }
  return fields;
}

/** The text between quotes, with what JSON and Go escape put back; anything else stays as it is. */
export function unquote(quoted: string): string {
  if (!quoted.includes("\\")) return quoted;
  try {
    return JSON.parse(`"${quoted}"`) as string;
  } catch {
    return quoted;
  }
}

export const readLogfmt = logfmtReader(usualKeys);

/** Only where something among the pairs is what a logger writes: `A=1 B=2` may be anything. */
export function logfmtReader(keys: Keys): Reader {
  return (text) => {
    const pairs = readPairs(text);
    const said = pairs === undefined ? undefined : saidByKeys(pairs, keys);
    return said === undefined || countOf(said.fields) === countOf(pairs ?? {}) ? undefined : said;
  };
}

function countOf(fields: Fields): number {
  return Object.keys(fields).length;
}
