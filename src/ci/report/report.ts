/** What was found out about a cluster in CI, as files and build servers are told it. A value: it can be printed, saved and compared. */

/** `skip`: it could not be found out, or was not to be. */
export type Verdict = "pass" | "fail" | "skip";

export interface Check {
  /** What it belongs to: a service, or the scenario that was played. */
  readonly service: string;
  /** Null: it is about all of its nodes. */
  readonly node: string | null;
  /** What was done and has to be so, in a few words: `read 20 keys`. */
  readonly what: string;
  readonly verdict: Verdict;
  readonly tookMs: number;
  /** One sentence; null where it passed and there is nothing to tell. */
  readonly why: string | null;
  /** What the node said last, where it failed. */
  readonly lastLines: readonly string[];
}

/** What was done to the cluster; milliseconds since the report's beginning. */
export interface InflictedFault {
  readonly description: string;
  readonly appliedMs: number;
  /** Null: nobody saw it end; its deadline has ended it. */
  readonly endedMs: number | null;
}

export interface CiReport {
  /** `devious smoke`. */
  readonly command: string;
  readonly cluster: string;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  readonly tookMs: number;
  readonly verdict: "passed" | "failed" | "trouble";
  /** Why the checks could not be made, or not all of them; null where they were. */
  readonly trouble: { readonly message: string; readonly details: readonly string[] } | null;
  readonly checks: readonly Check[];
  readonly faults: readonly InflictedFault[];
  /** What random choices were drawn from; null: there were none. */
  readonly seed: number | null;
}

export function titleOf({ node, what }: Pick<Check, "node" | "what">): string {
  return node === null ? what : `${node}: ${what}`;
}

export function countOf(checks: readonly Check[], verdict: Verdict): number {
  return checks.filter((check) => check.verdict === verdict).length;
}
