/** Text in columns of a terminal. */
import { escapeControls } from "../format.js";
import { charWidth, displayWidth } from "../pretty/display-width.js";

/** The text, harmless to a terminal, in at most so many columns; an ellipsis says that something is missing. */
export function cut(text: string, columns: number): string {
  const shown = escapeControls(text);
  if (displayWidth(shown) <= columns) return shown;
  let kept = "";
  let left = columns - 1;
  for (const char of shown) {
    left -= charWidth(char);
    if (left < 0) break;
    kept += char;
  }
  return columns < 1 ? "" : `${kept}…`;
}

/** As {@link cut}, and filled up with spaces. */
export function fit(text: string, columns: number): string {
  const shown = cut(text, columns);
  return shown + " ".repeat(Math.max(0, columns - displayWidth(shown)));
}

/** `12,345`. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `1 node`, `3 nodes`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}
