import { levels, type Level, type LogRecord } from "../../core/log-record.js";
import { msOfStamp, stampOfMs, zeroStamp } from "../stamp.js";
import { Elections, type Election } from "./elections.js";
import { FaultPeriods, type FaultPeriod } from "./faults.js";
import { createStampTime } from "./stamp-time.js";
import { detached, TemplateMiner, type Template } from "./templates.js";
import { TimeBuckets, type LevelCounts } from "./time-buckets.js";

/** A story on one page. What `devious logs --summary --json` prints. Stamps are as in records: RFC 3339, UTC, nine decimals. */
export interface Summary {
  readonly records: number;
  /** Stamps of the first and the last record; null where no record had one. */
  readonly fromTs: string | null;
  readonly toTs: string | null;
  /** Records of each level. */
  readonly levels: Readonly<Record<Level, number>>;
  /** How the counts of `nodes` lie in time: `count` buckets from `fromTs` on, each `widthMs` wide. */
  readonly buckets: { readonly fromTs: string | null; readonly widthMs: number; readonly count: number };
  /** Sorted by name. */
  readonly nodes: readonly NodeCounts[];
  /** Who led when, in order. */
  readonly elections: readonly Election[];
  /** In the order in which they were applied. */
  readonly faults: readonly FaultPeriod[];
  /** Most frequent first. */
  readonly templates: readonly Template[];
  /**
   * Templates of warnings and worse that were said for the first time at `sinceTs` or later, the worst first; without `fault-applied`,
   * since `faults` has those.
   */
  readonly newTroubles: { readonly sinceTs: string | null; readonly templates: readonly Template[] };
  /** What was counted, but is not listed above, because there was too much of it: the oldest of each. */
  readonly dropped: {
    readonly templates: number;
    /** Records of the dropped templates: those of `templates` and these are all records. */
    readonly templateRecords: number;
    readonly elections: number;
    readonly faults: number;
  };
}

export interface NodeCounts {
  readonly node: string;
  readonly records: number;
  readonly counts: LevelCounts;
}

export interface SummaryOptions {
  /** Stamp from which on a template is new; without it, the last quarter of the story is. */
  readonly newSince?: string | undefined;
  /** Templates kept at most. */
  readonly templatesMax?: number | undefined;
}

export interface SummaryBuilder {
  /** Takes the story's records in their order. */
  add(record: LogRecord): void;
  /** What has been taken so far. */
  result(): Summary;
}

const buckets = 120;
const templatesMaxDefault = 2000;
const electionsMax = 1000;
const faultsMax = 1000;
/** Nodes with a row of their own; the rest share one, so that a story of ever new names stays bounded too. */
const nodesMax = 1000;
const otherNodes = "(others)";

/** Sums up a story in one pass and in memory that does not grow with it. */
export function createSummary({ newSince, templatesMax = templatesMaxDefault }: SummaryOptions = {}): SummaryBuilder {
  const timeOf = createStampTime();
  const series = new TimeBuckets(buckets);
  const templates = new TemplateMiner(templatesMax);
  const elections = new Elections(electionsMax);
  const faults = new FaultPeriods(faultsMax);
  const names = new Map<string, string>();
  let fromTs: string | undefined;
  let toTs: string | undefined;

  return {
    add(record) {
      const { level, event, msg } = record;
      const node = nameOf(names, record.node);
      const ms = timeOf(record.ts);
      // what has no time of its own was said when it was read: after what was read before it
      const ts = ms === undefined ? (toTs ?? zeroStamp) : detached(record.ts);
      if (ms !== undefined) {
        if (fromTs === undefined || ts < fromTs) fromTs = ts;
        if (toTs === undefined || ts > toTs) toTs = ts;
      }
      series.add(ms, node, level);
      templates.add(level, event, msg === "" ? event : msg, node, ts);
      if (event !== "") {
        faults.add(record);
        elections.add(record);
      }
    },

    result() {
      const nodes = [...series.rows()]
        .map(([node, counts]): NodeCounts => ({ node, records: sumOf(counts), counts }))
        .sort((a, b) => (a.node < b.node ? -1 : 1));
      const ofLevel = (level: Level): number => nodes.reduce((sum, { counts }) => sum + total(counts[level]), 0);
      const { kept, dropped } = templates.result();
      const sinceTs = newSince ?? lastQuarter(fromTs, toTs);
      const held = { elections: elections.result(), faults: faults.result() };
      return {
        records: nodes.reduce((sum, { records }) => sum + records, 0),
        fromTs: fromTs ?? null,
        toTs: toTs ?? null,
        levels: Object.fromEntries(levels.map((level) => [level, ofLevel(level)])) as Record<Level, number>,
        buckets: {
          fromTs: series.fromMs === undefined ? null : stampOfMs(series.fromMs),
          widthMs: series.widthMs,
          count: series.used,
        },
        nodes,
        elections: held.elections.elections,
        faults: held.faults.periods,
        templates: kept,
        newTroubles: { sinceTs: sinceTs ?? null, templates: sinceTs === undefined ? [] : newTroubles(kept, sinceTs) },
        dropped: {
          templates: dropped.templates,
          templateRecords: dropped.records,
          elections: held.elections.dropped,
          faults: held.faults.dropped,
        },
      };
    },
  };
}

function newTroubles(templates: readonly Template[], sinceTs: string): readonly Template[] {
  const least = levels.indexOf("warn");
  return templates
    .filter(({ level, event, firstTs }) => levels.indexOf(level) >= least && firstTs >= sinceTs && event !== "fault-applied")
    .sort((a, b) => levels.indexOf(b.level) - levels.indexOf(a.level) || b.count - a.count);
}

/** Stamp three quarters on the way. */
function lastQuarter(fromTs: string | undefined, toTs: string | undefined): string | undefined {
  if (fromTs === undefined || toTs === undefined) return undefined;
  const fromMs = msOfStamp(fromTs);
  return stampOfMs(Math.ceil(fromMs + (msOfStamp(toTs) - fromMs) * 0.75));
}

/** The name itself, in memory of its own, for the first nodes; the others' row for the rest. */
function nameOf(names: Map<string, string>, node: string): string {
  let name = names.get(node);
  if (name === undefined) {
    if (names.size >= nodesMax) return otherNodes;
    name = detached(node);
    names.set(name, name);
  }
  return name;
}

function sumOf(counts: LevelCounts): number {
  return levels.reduce((sum, level) => sum + total(counts[level]), 0);
}

function total(counts: readonly number[] | undefined): number {
  return counts?.reduce((sum, count) => sum + count, 0) ?? 0;
}
