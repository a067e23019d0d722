// Shows how wide texts are on a terminal, and that they break where a person would break them.
import fc from "fast-check";
import { expect, it } from "vitest";
import { displayWidth } from "../../../src/logs/pretty/display-width.js";
import { wrapText } from "../../../src/logs/pretty/wrap.js";

const rowsOf = (text: string, columns: number): readonly string[] =>
  wrapText(text, columns).map(({ from, to }) => text.slice(from, to));

it.each([
  ["", 0],
  ["plain", 5],
  ["déjà", 4],
  ["de\u0301ja\u0300", 4],
  ["お客様", 6],
  ["한글", 4],
  ["ＡＢ", 4],
  ["𠮷", 2],
  ["🚀", 2],
  ["⚠", 1],
  ["⚠️", 2],
  ["🇩🇪", 2],
  ["a\u200bb", 2],
  ["┃│", 2],
  ["…×→", 3],
])("%j takes %d columns", (text, columns) => {
  expect(displayWidth(text)).toBe(columns);
});

it.each([
  ["", 5, [""]],
  ["one two three", 20, ["one two three"]],
  ["one two three", 7, ["one two", "three"]],
  ["one   two", 4, ["one", "two"]],
  ["  indented text", 10, ["  indented", "text"]],
  ["unbreakable a b", 4, ["unbreakable", "a b"]],
  ["trailing     ", 8, ["trailing"]],
  ["お客様の注文", 5, ["お客", "様の", "注文"]],
  ["see お客様", 6, ["see お", "客様"]],
  ["ab🚀🚀", 4, ["ab🚀", "🚀"]],
  ["👩‍👩‍👧👍🏽", 6, ["👩‍👩‍👧", "👍🏽"]],
])("%j in rows of %d columns", (text, columns, rows) => {
  expect(rowsOf(text, columns)).toEqual(rows);
});

it("words fill rows as a dumb twin fills them", () => {
  const word = fc.stringMatching(/^[a-z]{1,12}$/);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 1, max: 20 }), (words, columns) => {
      const rows: string[] = [];
      for (const next of words) {
        const last = rows.at(-1);
        if (last !== undefined && `${last} ${next}`.length <= columns) rows[rows.length - 1] = `${last} ${next}`;
        else rows.push(next);
      }
      expect(rowsOf(words.join(" "), columns)).toEqual(rows);
    }),
  );
});

it("every row fits where there is a place to break, and only spaces are lost", () => {
  const char = fc.constantFrom("a", "b", " ", "語", "🚀", "e\u0301");
  fc.assert(
    fc.property(fc.string({ unit: char }), fc.integer({ min: 2, max: 20 }), (text, columns) => {
      const rows = rowsOf(text, columns);
      expect(rows.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      const wide = rows.filter((row) => displayWidth(row) > columns);
      expect(wide.filter((row) => !/^ *(?:(?:[ab]|e\u0301)+|語|🚀)$/u.test(row))).toEqual([]);
    }),
  );
});
