/** The time column. Records of one second share all but its fraction, so a calendar is asked once a second, not once a record. */
import { msOfStamp } from "../stamp.js";

/** `absolute`: `10:00:00.123`, local · `utc`: the same of UTC, with a Z · `relative`: `+1.234s` since the first record shown · `none`. */
export type TimeStyle = "absolute" | "relative" | "utc" | "none";

/** Room for a day and more, so that the columns after it stand. */
const relativeColumns = 10;

/** Stamp -> text of the column, ASCII only; empty for `none`. */
export function createClock(style: TimeStyle): (stamp: string) => string {
  switch (style) {
    case "absolute":
      return localClock();
    case "utc":
      return (stamp) => `${stamp.slice(11, 23)}Z`;
    case "relative":
      return relativeClock();
    case "none":
      return () => "";
  }
}

function localClock(): (stamp: string) => string {
  let second = "";
  let shown = "";
  return (stamp) => {
    if (!stamp.startsWith(second) || second === "") {
      second = stamp.slice(0, 19);
      const date = new Date(msOfStamp(stamp));
      shown = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
    }
    return shown + stamp.slice(19, 23);
  };
}

function relativeClock(): (stamp: string) => string {
  let second = "";
  let secondMs = 0;
  let firstMs: number | undefined;
  return (stamp) => {
    if (!stamp.startsWith(second) || second === "") {
      second = stamp.slice(0, 19);
      secondMs = msOfStamp(`${second}.000`);
    }
    const atMs = secondMs + Number(stamp.slice(20, 23));
    firstMs ??= atMs;
    const sinceMs = atMs - firstMs;
    return `${sinceMs < 0 ? "-" : "+"}${(Math.abs(sinceMs) / 1000).toFixed(3)}s`.padStart(relativeColumns);
  };
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
