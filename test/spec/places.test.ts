// Shows that whatever keeps a text from being YAML is a problem at its place, and that no such message repeats the text: it may be a secret.
import { expect, test } from "vitest";
import { problemsIn } from "../support/spec-text.js";

const alias =
  "a word that begins with * is an alias in YAML, and nothing before it has an anchor (&) of that name: write a text in quotes";

test.each([
  ["nodes: 3\nnodes: 4", ["2:1 Map keys must be unique"]],
  ["name: *hunter2", [`1:7 ${alias}`]],
  ["name: a\nservices: { a: { image: *b, command: *hunter2 } }", [`2:25 ${alias}`, `2:38 ${alias}`]],
  ["name: } hunter2", ["1:7 Unexpected flow-map-end token in YAML stream", "1:9 Unexpected scalar token in YAML stream"]],
  ["name: | hunter2", ["1:9 Not a YAML token"]],
  ["name: >-hunter2 x", ["1:9 Block scalar header includes extra characters", "1:17 Not a YAML token"]],
  [
    `a: &a [${"1,".repeat(10)}]\nb: &b [${"*a,".repeat(10)}]\nc: &c [${"*b,".repeat(10)}]\nd: [${"*c,".repeat(10)}]`,
    ["1:1 has too many aliases (*) of anchors (&) with aliases in them"],
  ],
])("%s", (text, expected) => {
  const found = problemsIn(text);
  expect(found).toEqual(expected);
  expect(found.join()).not.toContain("hunter2");
});

test("an alias is what its anchor is", () => {
  expect(problemsIn("services: { a: &a { image: x }, b: *a }")).toEqual([]);
});
