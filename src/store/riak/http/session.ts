import type { LeaderlessStore } from "../../leaderless/api.js";

/** What stands around a request. */
export interface HttpSession {
  readonly store: LeaderlessStore;
  /** A key, or the border between parts of an answer: no other is alike. */
  readonly newKey: () => string;
  /** What `/stats` tells of this node, by Riak's names. */
  readonly stats: () => Stats;
}

/** What is not known is left out. */
export type Stats = Readonly<Record<string, number | string | readonly string[]>>;
