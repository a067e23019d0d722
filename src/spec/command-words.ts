/** A command in one text, split into its words as a POSIX shell splits them; nothing else of a shell is in it. */

/** In this order: a gap, what a quote or a backslash keeps as it is, a template of ours (which may have spaces in it), any other character. */
const piece = /(\s+)|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|(\{\{[A-Za-z][^{}]*\}\}|[^\s'"\\])/gsy;

/** Undefined where a quote is not closed, or nothing follows a backslash. */
export function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let end = 0;
  for (const [whole, gap, single, double, escaped, plain] of text.matchAll(piece)) {
    end += whole.length;
    if (gap === undefined) {
      word = (word ?? "") + (single ?? double?.replace(/\\([$`"\\])/g, "$1") ?? escaped ?? plain ?? "");
    } else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (end < text.length) return undefined;
  return word === undefined ? words : [...words, word];
}
