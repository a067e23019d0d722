import type { ClusterState } from "./cluster-state.js";
import { parseBuckets, parseRingState, parseTypes } from "./parse.js";

/** Pieces of the state, each compared and sent by itself. */
export type Section = keyof ClusterState;
export const sections: readonly Section[] = ["ring", "types", "buckets"];

/** Of each piece a hash: equal where two nodes know the same. */
export type Digest = Readonly<Record<Section, string>>;

interface Envelope {
  readonly from: string;
  readonly to: string;
  /** Of all that the sender knows. */
  readonly digest: Digest;
}

export type GossipMessage = Envelope &
  (
    | { readonly type: "digest" }
    /** The pieces that differ. Who learns from them that it knows more itself says so, in an answer, which is not answered. */
    | { readonly type: "state"; readonly state: Partial<ClusterState>; readonly isAnswer: boolean }
  );

/** A message as it came from the network, or undefined where it is none. */
export function parseGossipMessage(value: unknown): GossipMessage | undefined {
  if (!isTable(value) || typeof value["from"] !== "string" || typeof value["to"] !== "string") return undefined;
  const digest = parseDigest(value["digest"]);
  if (digest === undefined) return undefined;
  const envelope = { from: value["from"], to: value["to"], digest };
  if (value["type"] === "digest") return { ...envelope, type: "digest" };
  const state = parsePieces(value["state"]);
  if (value["type"] !== "state" || typeof value["isAnswer"] !== "boolean" || state === undefined) return undefined;
  return { ...envelope, type: "state", state, isAnswer: value["isAnswer"] };
}

function parseDigest(value: unknown): Digest | undefined {
  if (!isTable(value)) return undefined;
  const { ring, types, buckets } = value;
  return isHash(ring) && isHash(types) && isHash(buckets) ? { ring, types, buckets } : undefined;
}

function parsePieces(value: unknown): Partial<ClusterState> | undefined {
  if (!isTable(value)) return undefined;
  const ring = parseRingState(value["ring"]);
  const types = parseTypes(value["types"]);
  const buckets = parseBuckets(value["buckets"]);
  const parsed = { ...(ring && { ring }), ...(types && { types }), ...(buckets && { buckets }) };
  // a piece that is there has to be one
  return sections.every((section) => value[section] === undefined || parsed[section] !== undefined) ? parsed : undefined;
}

function isHash(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{12}$/.test(value);
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
