import { chaosNode, type LogRecord } from "../../core/log-record.js";

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
    if (record.node !== chaosNode) return;
    if (record.event === "agent-started") this.#keepOnly(namesIn(record.fields["faults"]), record.ts);
    const fault = record.fields["fault"];
    if (typeof fault !== "string") return;
    switch (record.event) {
      case "fault-applied":
        this.#begin(fault, record);
        return;
      case "fault-narrowed":
        this.#narrow(fault, record);
        return;
      case "fault-healed":
        this.#end(fault, record);
        return;
    }
  }

  /** In the order in which they were first heard of. */
  result(): { readonly periods: readonly FaultPeriod[]; readonly dropped: number } {
    return { periods: this.#periods.map((period) => ({ ...period })), dropped: this.#dropped };
  }

  #begin(fault: string, record: LogRecord): Draft {
    const period: Draft = {
      fault,
      kind: textOf(record.fields["kind"]),
      nodes: namesIn(record.fields["nodes"]),
      what: record.msg,
      fromTs: record.event === "fault-applied" ? record.ts : null,
      toTs: null,
      narrowedTs: [],
      reason: null,
    };
    this.#periods.push(period);
    this.#open.set(fault, period);
    if (this.#periods.length > this.#most) this.#dropFirst();
    return period;
  }

  #narrow(fault: string, record: LogRecord): void {
    const period = this.#open.get(fault) ?? this.#begin(fault, record);
    period.nodes = namesIn(record.fields["nodes"]);
    period.narrowedTs = [...period.narrowedTs, record.ts];
  }

  #end(fault: string, record: LogRecord): void {
    // what was rolled back was never said to be in force
    if (record.fields["reason"] === "rollback" && !this.#open.has(fault)) return;
    const period = this.#open.get(fault) ?? this.#begin(fault, record);
    this.#open.delete(fault);
    period.toTs = record.ts;
    period.reason = textOf(record.fields["reason"]);
    if (period.fromTs === null) period.what = record.msg.replace(/: over \([^)]*\)$/, "");
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

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function namesIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
}
