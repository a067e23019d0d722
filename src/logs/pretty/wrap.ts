/** Where a text breaks into rows: at spaces, and beside wide characters, which are written without. */
import { charWidth, isAttached, zeroWidthJoiner } from "./display-width.js";

/** Part of a text, from `from` up to and without `to`, in UTF-16 units. */
export interface Row {
  readonly from: number;
  readonly to: number;
}

/**
 * The rows of a text of at most so many columns each, greedily filled, at least one. The spaces at a break are in no row. A word that is longer
 * than a row has a row for itself and stands out: cut in two it could be neither found nor copied.
 */
export function wrapText(text: string, columns: number): readonly Row[] {
  const rows: Row[] = [];
  let from = 0;
  /** The last place where the row could end, and where the next would begin then; not after `from` where there is none. */
  let end = 0;
  let next = 0;
  /** Columns from `from`, and from `next`, to here. */
  let used = 0;
  let usedAfter = 0;
  let before = " ";
  let widthBefore = 1;
  let at = 0;
  for (const char of text) {
    const width = charWidth(char);
    if (char === " ") {
      if (before !== " ") end = at;
      next = at + 1;
      usedAfter = -1;
    } else if (isBreak(before, widthBefore, char, width)) {
      end = at;
      next = at;
      usedAfter = 0;
    }
    if (char !== " " && used + width > columns && end > from) {
      rows.push({ from, to: end });
      from = next;
      used = usedAfter;
      end = from;
    }
    used += width;
    usedAfter += width;
    before = char;
    widthBefore = width;
    at += char.length;
  }
  const to = text.trimEnd().length;
  if (rows.length === 0 || to > from) rows.push({ from, to: Math.max(from, to) });
  return rows;
}

function isBreak(before: string, widthBefore: number, char: string, width: number): boolean {
  if (before === " " || (width < 2 && widthBefore < 2)) return false;
  return !isAttached(char) && before.codePointAt(0) !== zeroWidthJoiner;
}
