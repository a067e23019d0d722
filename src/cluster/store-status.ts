import type { UnsafeSwitch } from "../core/store-switches.js";

/** What a node of the bundled store says of itself, `GET /status`, by its design. */
export type StoreStatus = RaftStatus | LeaderlessStatus;

interface AnyStatus {
  readonly node: string;
  readonly member: number;
  readonly uptimeMs: number;
  /** Options it was given that break a promise; a node of before there were any does not tell. */
  readonly unsafe?: readonly UnsafeSwitch[];
}

export interface RaftStatus extends AnyStatus {
  readonly design?: undefined;
  readonly role: string;
  readonly term: number;
  readonly leader: string | null;
  readonly commit: number;
  readonly applied: number;
  readonly revision: number;
  readonly voters: readonly string[];
  readonly learners: readonly string[];
  /** Hash of all keys and values; only when asked for. */
  readonly hash?: string;
}

export interface LeaderlessStatus extends AnyStatus {
  readonly design: "leaderless";
  /** Nobody leads. */
  readonly role: null;
  /** Itself among them. */
  readonly members: readonly { readonly name: string; readonly status: string; readonly isReachable: boolean }[];
  /** Of the ring. */
  readonly partitions: number;
  /** Those that it is the first owner of. */
  readonly owned: number;
  /** Of which it is an owner. */
  readonly keys: number;
  /** Keys that wait there for their owners, by owner. */
  readonly hints: Readonly<Record<string, number>>;
  /** Null: anti-entropy is switched off. */
  readonly exchanged: { readonly exchanges: number; readonly keysRepaired: number; readonly bytes: number } | null;
  /** How long it is that it compared a place with another of its owners, of all the longest; null: one was not compared yet. */
  readonly exchangeLagMs: number | null;
  /** Objects that were read through it, by how many siblings they had: 1, 2, 3, 4 to 5, 6 to 10, more; and the most that one had. */
  readonly siblings: Readonly<Record<"1" | "2" | "3" | "5" | "10" | "more" | "most", number>>;
}
