import { isNVal } from "../limits.js";
import { ringSizes } from "../ring/place.js";
import { compareRings, type Ring } from "../ring/ring.js";
import type { Change, Plan } from "../ring/staged-plan.js";
import type { Progress } from "../ring/transfers.js";
import { canonical } from "./canonical.js";
import type { BucketEntry, BucketType, ClusterState, MemberEntry, RingState, Staged } from "./cluster-state.js";

/** What is read: undefined where it is not of the kind. Fields that are not known are left out. */
type Parser<T> = (value: unknown) => T | undefined;

/** A state as {@link canonical} wrote it, from this node's disk or another one's message. Undefined where it is none that could be. */
export function parseClusterState(value: unknown): ClusterState | undefined {
  return fieldsOf(value, { ring: parseRingState, types: parseTypes, buckets: parseBuckets });
}

export const parseTypes: Parser<ClusterState["types"]> = (value) => tableOf(value, bucketType);
export const parseBuckets: Parser<ClusterState["buckets"]> = (value) => tableOf(value, bucketEntry);

export const parseRingState: Parser<RingState> = (value) => {
  const fields = fieldsOf(value, {
    members: (field) => tableOf(field, memberEntry),
    ring,
    plan: optional(plan),
    progress: (field) => tableOf(field, progress),
    staged: (field) => tableOf(field, staged),
  });
  if (fields === undefined) return undefined;
  const isLater = fields.plan === undefined || compareRings(fields.plan, fields.ring) > 0;
  const isAsLarge = fields.plan === undefined || fields.plan.owners.length === fields.ring.owners.length;
  return isLater && isAsLarge ? fields : undefined;
};

/** Bytes of the state for the disk, one character each. */
export function serializeState(state: ClusterState): string {
  return canonical(state);
}

/** From the disk again. Undefined where the bytes are none of {@link serializeState}. */
export function deserializeState(text: string): ClusterState | undefined {
  try {
    return parseClusterState(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const name: Parser<string> = (value) => (typeof value === "string" && value.length <= 255 ? value : undefined);
const count: Parser<number> = (value) =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= 2 ** 52 ? value : undefined;
const flag: Parser<boolean> = (value) => (typeof value === "boolean" ? value : undefined);
const names: Parser<string[]> = (value) => listOf(value, name);
const nVals: Parser<number[]> = (value) => listOf(value, (n) => (isNVal(n) ? n : undefined));

function ring(value: unknown): Ring | undefined {
  const parsed = fieldsOf(value, { version: count, committer: name, members: names, owners: names, lineage: names });
  if (parsed === undefined || parsed.members.length === 0 || !ringSizes.includes(parsed.owners.length)) return undefined;
  return parsed.owners.every((owner) => parsed.members.includes(owner)) ? parsed : undefined;
}

function plan(value: unknown): Plan | undefined {
  const parsed = ring(value);
  const rest = fieldsOf(value, {
    changes: (field) => listOf(field, change),
    nVals,
  });
  return parsed && rest && { ...parsed, ...rest };
}

function change(value: unknown): Change | undefined {
  const fields = fieldsOf(value, { kind: name, member: name, by: optional(name) });
  if (fields === undefined) return undefined;
  const { kind, member, by } = fields;
  if (kind === "join" || kind === "leave" || kind === "force-remove") return { kind, member };
  return (kind === "replace" || kind === "force-replace") && by !== undefined ? { kind, member, by } : undefined;
}

function memberEntry(value: unknown): MemberEntry | undefined {
  return fieldsOf(value, {
    incarnation: count,
    version: count,
    standing: oneOf("here", "down", "exiting", "gone"),
    address: name,
  });
}

function progress(value: unknown): Progress | undefined {
  return fieldsOf(value, { state: oneOf("running", "done"), moved: count, total: count });
}

function staged(value: unknown): Staged | undefined {
  return fieldsOf(value, { version: count, by: name, change: optional(change) });
}

function bucketType(value: unknown): BucketType | undefined {
  return fieldsOf(value, { version: count, by: name, props, nVals: optional(nVals), isActive: flag, seen: names });
}

function bucketEntry(value: unknown): BucketEntry | undefined {
  return fieldsOf(value, { version: count, by: name, props: optional(props), nVals: optional(nVals) });
}

function props(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return tableOf(value, (field) => (isJson(field, 8) ? field : undefined));
}

function isJson(value: unknown, depth: number): boolean {
  if (depth === 0) return false;
  if (typeof value === "number") return Number.isFinite(value);
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  return typeof value === "object" && Object.values(value).every((field) => isJson(field, depth - 1));
}

const absent = Symbol("absent");

/** A field that may be missing. */
function optional<T>(parser: Parser<T>): Parser<T | typeof absent> {
  return (value) => (value === undefined ? absent : parser(value));
}

type Present<T> = Exclude<T, typeof absent | undefined>;
type Optional<P> = { [K in keyof P]: P[K] extends Parser<infer T> ? (typeof absent extends T ? K : never) : never }[keyof P];
type Fields<P> = { readonly [K in Exclude<keyof P, Optional<P>>]: P[K] extends Parser<infer T> ? Present<T> : never } & {
  readonly [K in Optional<P>]?: P[K] extends Parser<infer T> ? Present<T> : never;
};

function fieldsOf<P extends Readonly<Record<string, Parser<unknown>>>>(value: unknown, parsers: P): Fields<P> | undefined {
  if (!isTable(value)) return undefined;
  const fields: [string, unknown][] = [];
  for (const [field, parser] of Object.entries(parsers)) {
    const parsed = parser(Object.hasOwn(value, field) ? value[field] : undefined);
    if (parsed === undefined) return undefined;
    if (parsed !== absent) fields.push([field, parsed]);
  }
  return Object.fromEntries(fields) as Fields<P>;
}

function tableOf<T>(value: unknown, parser: Parser<T>): Record<string, T> | undefined {
  if (!isTable(value)) return undefined;
  const entries: [string, T][] = [];
  for (const [key, field] of Object.entries(value)) {
    const parsed = parser(field);
    if (parsed === undefined) return undefined;
    entries.push([key, parsed]);
  }
  return Object.fromEntries(entries);
}

function listOf<T>(value: unknown, parser: Parser<T>): T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const list: T[] = [];
  for (const item of value) {
    const parsed = parser(item);
    if (parsed === undefined) return undefined;
    list.push(parsed);
  }
  return list;
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function oneOf<const T extends string>(...words: readonly T[]): Parser<T> {
  return (value) => words.find((word) => word === value);
}
