import { msOfStamp } from "../stamp.js";

/**
 * A fast `msOfStamp` for many stamps of few days: the day is looked up once, the time of day is read digit by digit. Undefined for
 * stamps before 1970: those of lines that came without one.
 */
export function createStampTime(): (stamp: string) => number | undefined {
  let day = "";
  let dayMs = 0;
  return (stamp) => {
    if (!stamp.startsWith(day) || day === "") {
      day = stamp.slice(0, 10);
      dayMs = msOfStamp(`${day}T00:00:00.000000000Z`);
    }
    const two = (at: number): number => stamp.charCodeAt(at) * 10 + stamp.charCodeAt(at + 1) - zeros;
    const seconds = (two(11) * 60 + two(14)) * 60 + two(17);
    const ms = dayMs + seconds * 1000 + two(20) * 10 + stamp.charCodeAt(22) - zero;
    return ms < 0 ? undefined : ms;
  };
}

const zero = 0x30;
/** Two digits that are both "0", read as numbers of their codes. */
const zeros = zero * 11;
