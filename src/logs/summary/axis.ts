import { msOfStamp } from "../stamp.js";
import type { Summary } from "./summary.js";

/** The time of a story, laid out in columns of a terminal. */
export interface Axis {
  /** Null where nothing in the story has a time. */
  readonly fromMs: number | null;
  readonly columnMs: number;
  readonly columns: number;
  /** Buckets in one column. */
  readonly perColumn: number;
}

/** As many columns as there are buckets, or as many as there may be, with several whole buckets in each. */
export function axisOf({ fromTs, widthMs, count }: Summary["buckets"], columnsMax: number): Axis {
  const perColumn = Math.max(1, Math.ceil(count / columnsMax));
  return {
    fromMs: fromTs === null ? null : msOfStamp(fromTs),
    columnMs: widthMs * perColumn,
    columns: Math.ceil(count / perColumn),
    perColumn,
  };
}

/** The column of a stamp; what lies outside of the axis is at its ends. */
export function columnAt(axis: Axis, ts: string): number {
  const column = Math.floor((msOfStamp(ts) - (axis.fromMs ?? 0)) / axis.columnMs);
  return Math.min(axis.columns - 1, Math.max(0, column));
}

/** Counts of buckets -> counts of columns. */
export function inColumns(axis: Axis, counts: readonly number[]): number[] {
  const columns = Array.from({ length: axis.columns }, () => 0);
  counts.forEach((count, bucket) => {
    const column = Math.floor(bucket / axis.perColumn);
    columns[column] = (columns[column] ?? 0) + count;
  });
  return columns;
}

const bars = ["▁", "▂", "▃", "▅", "▇"] as const;

/** One character a count: nothing for none, the highest bar for `peak`. Whatever was said shows, however rare it is. */
export function sparkline(counts: readonly number[], peak: number): string[] {
  return counts.map((count) => (count === 0 ? " " : (bars[Math.ceil((count / peak) * bars.length) - 1] ?? bars[0])));
}

/** Writes times of the axis: as exact as its columns deserve, local. */
export function clockOf(axis: Axis): (ts: string) => string {
  const lastsMs = axis.columnMs * axis.columns;
  return (ts) => {
    const date = new Date(msOfStamp(ts));
    const day = `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    const minute = `${two(date.getHours())}:${two(date.getMinutes())}`;
    if (lastsMs > dayMs) return `${day} ${minute}`;
    const second = `${minute}:${two(date.getSeconds())}`;
    return lastsMs > 10_000 ? second : `${second}.${String(date.getMilliseconds()).padStart(3, "0")}`;
  };
}

const dayMs = 86_400_000;

function two(value: number): string {
  return String(value).padStart(2, "0");
}
