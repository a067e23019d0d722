import type { LogRecord } from "../../core/log-record.js";
import { faultNews } from "../fault-news.js";

/** One fault, from its effect to its end, as the agent told it. */
export interface FaultPeriod {
  /** The agent's name for it: `f3`. */
  readonly fault: string;
  /** `partition`, `slow`, `kill`, …; empty where the agent did not say. */
  readonly kind: string;
  readonly nodes: readonly string[];
  /** The agent's words: `partition n1 | n2,n3 for 30s`. */
  readonly what: string;
  /** Stamp; null where the story begins later. */
  readonly fromTs: string | null;
  /** Stamp; null where the story ends before the fault does. */
  readonly toTs: string | null;
  /** Stamps at which it went on with fewer nodes. */
  readonly narrowedTs: readonly string[];
  /** Why it ended: `asked`, `deadline`, `started`, `done`, `unproven`, …; null as long as it has not, or where nobody said. */
  readonly reason: string | null;
}

type Heard = Pick<FaultPeriod, "fault" | "kind" | "nodes">;
type Draft = { -readonly [Key in keyof FaultPeriod]: FaultPeriod[Key] };

/** Reads when which fault was in force out of the agent's records (docs/reference/events.md), the latest `most` of them. */
export class FaultPeriods {
  readonly #most: number;
  readonly #periods: Draft[] = [];
  readonly #open = new Map<string, Draft>();
  #dropped = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes any record; only the agent's matter. */
  add(record: LogRecord): void {
    const news = faultNews(record);
    switch (news?.is) {
      case "remaining":
        this.#keepOnly(news.faults, record.ts);
        return;
      case "begun":
        this.#begin(news, record.msg, record.ts);
        return;
      case "narrowed":
        this.#narrow(news, record);
        return;
      case "ended":
        this.#end(news, record);
        return;
      case "failed":
      case "renewed":
      case undefined:
    }
  }

  /** In the order in which they were first heard of. */
  result(): { readonly periods: readonly FaultPeriod[]; readonly dropped: number } {
    return { periods: this.#periods.map((period) => ({ ...period })), dropped: this.#dropped };
  }

  /** `fromTs`: null where nobody heard it begin. */
  #begin({ fault, kind, nodes }: Heard, what: string, fromTs: string | null): Draft {
    const period: Draft = { fault, kind, nodes, what, fromTs, toTs: null, narrowedTs: [], reason: null };
    this.#periods.push(period);
    this.#open.set(fault, period);
    if (this.#periods.length > this.#most) this.#dropFirst();
    return period;
  }

  #narrow(news: Heard, { msg, ts }: LogRecord): void {
    const period = this.#open.get(news.fault) ?? this.#begin(news, msg, null);
    period.nodes = news.nodes;
    period.narrowedTs = [...period.narrowedTs, ts];
  }

  #end(news: Heard & { readonly reason: string; readonly wasRolledBack: boolean }, { msg, ts }: LogRecord): void {
    // what was rolled back was never said to be in force
    if (news.wasRolledBack && !this.#open.has(news.fault)) return;
    const period = this.#open.get(news.fault) ?? this.#begin(news, msg, null);
    this.#open.delete(news.fault);
    period.toTs = ts;
    period.reason = news.reason;
    if (period.fromTs === null) period.what = msg.replace(/: over \([^)]*\)$/, "");
  }

  /** An agent that lost its ledger has ended all the rest, without knowing its names. */
  #keepOnly(known: readonly string[], ts: string): void {
    for (const [fault, period] of this.#open) {
      if (known.includes(fault)) continue;
      period.toTs = ts;
      this.#open.delete(fault);
    }
  }

  /** The oldest that is over, or else the oldest. */
  #dropFirst(): void {
    const over = this.#periods.findIndex(({ toTs }) => toTs !== null);
    const [period] = this.#periods.splice(Math.max(0, over), 1);
    if (period !== undefined && this.#open.get(period.fault) === period) this.#open.delete(period.fault);
    this.#dropped++;
  }
}
