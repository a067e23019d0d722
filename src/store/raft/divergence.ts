import type { RaftLog } from "./log.js";
import type { RaftOptions } from "./types.js";

/** Whether what a member applies may turn out not to be committed. */
export function mayDiverge({ commitRule, replication, fsync }: RaftOptions): boolean {
  return commitRule === "any" || replication === "async" || fsync !== "always";
}

/**
 * How much of the log needs no comparison with the leader's. Without mistakes that is what is committed. With some of them what was applied
 * here may be in no other log, and whoever lost entries does not hold all that it once acknowledged ({@link RaftOptions}).
 */
export class Divergence {
  /** See {@link mayDiverge}. */
  readonly isPossible: boolean;
  /** Where it is possible: how far our log is known to equal that of this term's leader. */
  private matched = 0;
  private found: { readonly index: number; readonly lost: number } | undefined;

  constructor(isPossible: boolean) {
    this.isPossible = isPossible;
  }

  /** Of a new term's leader nothing is known yet. */
  newTerm(): void {
    this.matched = 0;
    this.found = undefined;
  }

  matchedUpTo(index: number): void {
    this.matched = Math.max(this.matched, index);
  }

  /** Up to where the logs are equal, if `commit` is what is committed here. */
  agreed(commit: number): number {
    return this.isPossible ? this.matched : commit;
  }

  /** True from when what was applied has turned out not to be the leader's, until its snapshot takes our state's place. */
  get isFound(): boolean {
    return this.found !== undefined;
  }

  /** What was applied beyond `index` is not in the leader's log. */
  find(log: RaftLog, index: number): void {
    let lost = 0;
    for (let at = index + 1; at <= log.commit; at++) if (log.at(at).kind === "normal" && log.at(at).data.length > 0) lost++;
    this.found = { index, lost };
    this.matched = 0;
  }

  /** The leader's state is here. Returns what is lost with ours, if anything. */
  resolve(): { readonly index: number; readonly lost: number } | undefined {
    const { found } = this;
    this.found = undefined;
    return found;
  }
}
