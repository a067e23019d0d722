import { hold } from "../broken-invariant.js";
import type { CausalHistory, Shown } from "./causal-history.js";

/** What reads may be held to; mistakes and bad luck change it. */
export interface ReadRuleOptions {
  readonly n: number;
  /** No value stands beside another one that follows from it. */
  readonly isCausal: boolean;
  /** Deletions are remembered for good, so nothing that was deleted comes back. */
  readonly keepsDeletions: boolean;
  /**
   * When replicas that are read and replicas that were written have one in common, and that one has not forgotten, so that the read has to show the write.
   * `never`: disks are lost. `owners`: stand-ins count for both, so it takes owners (PR + PW > N; that the same node is asked makes no difference, for who stands in may be
   * another one each time). `durable`: quorums are of owners (R + DW > N), and a crash may take what is not on disk. `always`: nothing goes wrong (R + W > N).
   */
  readonly overlaps: "never" | "owners" | "durable" | "always";
}

/** What is known of a read besides what it has shown. */
export interface Read {
  readonly r: number;
  readonly pr: number;
  readonly begunAtMs: number;
}

/** Looks at everything that any client is shown. */
export class ReadRules {
  readonly #history: CausalHistory;
  readonly #options: ReadRuleOptions;
  readonly #shown = new Map<string, { readonly key: string; readonly id: string }>();
  siblingsMax = 0;

  constructor(history: CausalHistory, options: ReadRuleOptions) {
    this.#history = history;
    this.#options = options;
  }

  /** `read`: of which it is known what it has to show; undefined: what a write came back with. */
  saw(key: string, shown: Shown, read: Read | undefined): void {
    const { values } = shown;
    this.siblingsMax = Math.max(this.siblingsMax, values.length);
    for (const id of values) {
      hold(this.#history.find(key, id) !== undefined, "values are somebody's", () => `nobody ever wrote ${id} to ${key}`);
      this.#shown.set(`${key}/${id}`, { key, id });
    }
    this.#areBounded(key, values);
    if (read !== undefined) this.#isFresh(key, new Set(values), read);
  }

  /** Once it is known what failed: whoever was told that nothing happened must be right. */
  finish(): void {
    for (const { key, id } of this.#shown.values()) {
      const isFailed = this.#history.find(key, id)?.outcome === "failed";
      hold(
        !isFailed,
        "what failed has no effect",
        () => `${id} was read of ${key}, and its client was told that it was not written`,
      );
    }
  }

  /** With dotted version vectors siblings are exactly the writes that did not know of each other: never more than writers at one time. */
  #areBounded(key: string, values: readonly string[]): void {
    const { isCausal, keepsDeletions } = this.#options;
    if (!isCausal) return;
    const name = "siblings are concurrent";
    hold(new Set(values).size === values.length, name, () => `${key} has the same value twice: ${values.join(" ")}`);
    if (!keepsDeletions && this.#wasDeleted(key)) return;
    for (const later of values) {
      const past = this.#history.find(key, later)?.past.sure;
      for (const earlier of values)
        hold(past?.has(earlier) !== true, name, () => `${key} has ${values.join(" ")}, but ${later} overwrote ${earlier}`);
    }
  }

  #isFresh(key: string, values: ReadonlySet<string>, { r, pr, begunAtMs }: Read): void {
    const { overlaps, n } = this.#options;
    if (overlaps === "never") return;
    const asked = overlaps === "owners" ? pr : Math.max(r, pr);
    const isThere = this.#history.accountedFor(key, values);
    for (const write of this.#history.writes(key)) {
      if (write.outcome !== "ok" || write.endedAtMs >= begunAtMs) continue;
      const { w, dw, pw } = write;
      const kept = overlaps === "owners" ? pw : Math.max(dw, pw, overlaps === "always" ? w : 0);
      if (asked + kept <= n) continue;
      hold(
        isThere(write),
        "reads see acknowledged writes",
        () =>
          `${write.id} was acknowledged by w=${w} dw=${dw} pw=${pw}; a later read of ${key} with r=${r} pr=${pr} found ${[...values].join(" ")}`,
      );
    }
  }

  #wasDeleted(key: string): boolean {
    for (const { isDeletion } of this.#history.writes(key)) if (isDeletion) return true;
    return false;
  }
}
