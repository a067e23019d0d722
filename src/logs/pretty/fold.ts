/** Which neighbours are one line when folded. */
import { chaosNode, type LogRecord } from "../../core/log-record.js";

/**
 * True where both are of one node and say the same once digits are masked. What tells of faults and what carries a flag is never folded:
 * each such record matters by itself.
 */
export function isRepeat(first: LogRecord, next: LogRecord): boolean {
  return (
    first.node === next.node &&
    first.level === next.level &&
    first.event === next.event &&
    first.node !== chaosNode &&
    first.flags === undefined &&
    next.flags === undefined &&
    sameButDigits(first.msg, next.msg)
  );
}

/** Equal where every run of digits counts as the same; most texts differ in their first few characters, so none is masked to find out. */
export function sameButDigits(a: string, b: string): boolean {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const digits = isDigit(a, i);
    if (digits !== isDigit(b, j)) return false;
    if (digits) {
      while (isDigit(a, i)) i++;
      while (isDigit(b, j)) j++;
    } else if (a.charCodeAt(i++) !== b.charCodeAt(j++)) return false;
  }
  return i === a.length && j === b.length;
}

/** False past the end. */
function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}
