/** What follows the columns: message, fields and remarks as pieces, each in its style, on one row or wrapped to several. */
import { displayWidth } from "./display-width.js";
import { type Style, plain } from "./style.js";
import { wrapText } from "./wrap.js";

export interface RowText {
  clear(): void;
  /** Spaces between pieces are part of them. */
  add(text: string, style: Style): void;
  readonly isEmpty: boolean;
  /** All on one row. */
  whole(): string;
  /** The rows of at most so many columns, but for words that are longer. */
  wrapped(columns: number): readonly string[];
}

/** One for all records: the pieces' lists are used again. */
export function createRowText(): RowText {
  const texts: string[] = [];
  const styles: Style[] = [];

  function whole(): string {
    let line = "";
    for (let i = 0; i < texts.length; i++) line += styled(texts[i] ?? "", styles[i] ?? plain);
    return line;
  }

  function part(from: number, to: number): string {
    let line = "";
    let start = 0;
    for (let i = 0; i < texts.length && start < to; i++) {
      const text = texts[i] ?? "";
      const cut = text.slice(Math.max(0, from - start), to - start);
      if (start + text.length > from && cut !== "") line += styled(cut, styles[i] ?? plain);
      start += text.length;
    }
    return line;
  }

  return {
    clear() {
      texts.length = 0;
      styles.length = 0;
    },
    add(text, style) {
      texts.push(text);
      styles.push(style);
    },
    get isEmpty() {
      return texts.length === 0;
    },
    whole,
    wrapped(columns) {
      let used = 0;
      for (const text of texts) used += displayWidth(text);
      if (used <= columns) return [whole()];
      return wrapText(texts.join(""), columns).map(({ from, to }) => part(from, to));
    },
  };
}

function styled(text: string, { open, close }: Style): string {
  return open === "" ? text : open + text + close;
}
