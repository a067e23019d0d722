/** One request of etcd's JSON gateway, written so that people can read it in a failure. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [field: string]: Json };

/**
 * A request whose bytes are text (one char a byte) and whose revisions are counted from where the run began, so that the same
 * operations mean the same on a store that has lived through others before.
 */
export interface Operation {
  readonly path: string;
  /** Fields by the names of etcd's protos. */
  readonly body: JsonObject;
  /** The gateway takes both: `range_end` and `"limit":"3"`, or `rangeEnd` and `"limit":3`. */
  readonly spelling: "snake" | "camel";
  /** Whose token is sent along, once he has got one; `stranger`: one that nobody ever got. */
  readonly as?: string;
  /** Sent in place of the body: what is no request at all. */
  readonly malformed?: string;
}

const bytesFields: ReadonlySet<string> = new Set(["key", "range_end", "value"]);
const numberFields = /^(limit|version|lease|ID|TTL)$|revision$/;

export function isBytes(field: string): boolean {
  return bytesFields.has(field);
}

export function isLease(field: string): boolean {
  return field === "ID" || field === "lease";
}

export function isRevision(field: string): boolean {
  return field.endsWith("revision");
}

/** What one store's run has of its own. */
export interface Run {
  /** The revision when it began. */
  readonly base: number;
  /** Ids of leases that the store drew itself, in their order. Operations name them -1, -2 … */
  readonly drawnLeases: string[];
  /** By user. */
  readonly tokens: Map<string, string>;
}

/** The text to send to a store. */
export function bodyText({ body, spelling, malformed }: Operation, run: Run): string {
  return malformed ?? JSON.stringify(toWire(body, spelling, run));
}

function toWire(json: Json, spelling: Operation["spelling"], run: Run): Json {
  if (isList(json)) return json.map((one) => toWire(one, spelling, run));
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([field, value]) => {
      const name = spelling === "snake" ? field : camelCase(field);
      if (isBytes(field) && typeof value === "string") return [name, Buffer.from(value, "latin1").toString("base64")];
      if (numberFields.test(field) && typeof value === "number") {
        // An id of 63 bits is no number of JavaScript's.
        if (value < 0 && isLease(field)) return [name, run.drawnLeases[-value - 1] ?? "404"];
        const number = isRevision(field) && value > 0 ? run.base + value : value;
        return [name, spelling === "snake" ? String(number) : number];
      }
      return [name, toWire(value, spelling, run)];
    }),
  );
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** What is sent to show who asks. */
export function tokenOf({ as }: Operation, { tokens }: Run): string | undefined {
  if (as === undefined) return undefined;
  return as === "stranger" ? "stranger" : tokens.get(as);
}

/** One line, as it is shown in a failure. */
export function inWords({ path, body, spelling, malformed, as }: Operation): string {
  return `${as === undefined ? "" : `as ${as} `}${path} ${malformed ?? JSON.stringify(body)}${spelling === "camel" ? " (in camelCase)" : ""}`;
}

export function isList(json: Json | undefined): json is readonly Json[] {
  return Array.isArray(json);
}

export function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
