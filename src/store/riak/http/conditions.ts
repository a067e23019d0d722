import type { ReadObject, Sibling } from "../../leaderless/api.js";

/** What conditional requests compare, RFC 9110 §13. */
export interface Validators {
  readonly etag: string;
  /** Whole seconds since 1970: dates in headers know no others. */
  readonly modifiedSeconds: number;
}

/** Of one value that was chosen, or of the object with all that it has. */
export function validatorsOf({ context, siblings }: ReadObject, one: Sibling | undefined): Validators {
  const modifiedMs = one?.lastModifiedMs ?? Math.max(...siblings.map(({ lastModifiedMs }) => lastModifiedMs));
  const etag = one?.vtag ?? Buffer.from(context).toString("base64url");
  return { etag, modifiedSeconds: Math.floor(modifiedMs / 1000) };
}

type Headers = ReadonlyMap<string, string>;

/** Whether `If-Match` and `If-Unmodified-Since` let the request be; undefined: there is nothing. */
export function isAllowed(headers: Headers, found: Validators | undefined): boolean {
  const match = headers.get("if-match");
  if (match !== undefined) return found !== undefined && names(match, found.etag);
  const since = secondsIn(headers.get("if-unmodified-since"));
  return since === undefined || (found !== undefined && found.modifiedSeconds <= since);
}

/** Whether the client has it already, by `If-None-Match` or `If-Modified-Since`. */
export function isKnown(headers: Headers, found: Validators): boolean {
  const match = headers.get("if-none-match");
  if (match !== undefined) return names(match, found.etag);
  const since = secondsIn(headers.get("if-modified-since"));
  return since !== undefined && found.modifiedSeconds <= since;
}

/** Whether a list of entity tags names this one; weak ones count as strong. */
function names(list: string, etag: string): boolean {
  if (list.trim() === "*") return true;
  return list.split(",").some(
    (each) =>
      each
        .trim()
        .replace(/^W\//, "")
        .replace(/^"(.*)"$/, "$1") === etag,
  );
}

/** A date that is none is no condition, §13.1.3. */
function secondsIn(date: string | undefined): number | undefined {
  const ms = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
}
