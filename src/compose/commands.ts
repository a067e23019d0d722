/** Commands, which are a list of words or one text. */
import { splitWords } from "../spec/command-words.js";
import { escapeTemplates } from "../spec/templates.js";
import { isNothing, textAt, textsAt } from "./reading.js";
import type { Reading } from "./reading.js";
import type { Tree } from "./tree.js";

/** In a text without these nothing but gaps parts words, whoever splits it. */
const special = /['"\\\n]|\{\{/;

/** A text stays one where all splitting gives the same words. Undefined where there is none, or it cannot be taken over, which is told. */
export function commandAt(tree: Tree, what: string, reading: Reading): string | readonly string[] | undefined {
  if (isNothing(tree)) return undefined;
  if (tree.kind === "scalar") {
    const text = textAt(tree, what, reading);
    if (text === undefined) return undefined;
    const words = splitWords(text);
    if (words === undefined) {
      reading.telling.problem(tree.at, `${what}: a quote in it is not closed`);
      return undefined;
    }
    if (words.length > 0) return special.test(text.trim()) ? words.map(escapeTemplates) : text.trim();
  } else {
    const words = textsAt(tree, what, reading);
    if (words.length > 0) return words.map(escapeTemplates);
    if (tree.kind === "mapping") return undefined;
  }
  reading.telling.notice(tree.at, `${what} is left out: a spec cannot empty what the image has, only replace it`);
  return undefined;
}
