import type { RecordFlag } from "../core/log-record.js";
import type { Placed } from "./filter.js";

/** Counts what a reader should know about the completeness and order of what was read. */
export class Tally {
  records = 0;
  /** Times that reading had to begin again because the engine broke off. */
  reconnects = 0;
  readonly #flags = new Map<RecordFlag, number>();

  count(read: readonly Placed[]): void {
    this.records += read.length;
    for (const { flags = [] } of read) for (const flag of flags) this.#flags.set(flag, this.of(flag) + 1);
  }

  of(flag: RecordFlag): number {
    return this.#flags.get(flag) ?? 0;
  }
}
