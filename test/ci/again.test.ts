// Shows the line that repeats a run: what was typed, with the seed in place of what does not belong to one run, safe to paste.
import { expect, test } from "vitest";
import { againLine, pasteable } from "../../src/ci/again.js";

test.each([
  [[], ["npm", "test"], "devious run --seed 7 -- npm test"],
  [["demo.yaml", "--isolated"], ["true"], "devious run demo.yaml --isolated --seed 7 -- true"],
  [["--seed", "3", "--storm", "rough", "--repeat=10", "--fail-fast", "--json"], ["x"], "devious run --storm rough --seed 7 -- x"],
  [
    ["--repeat", "2", "--name", "a b"],
    ["sh", "-c", "echo '$HOME'"],
    `devious run --name 'a b' --seed 7 -- sh -c 'echo '\\''$HOME'\\'''`,
  ],
])("%j -- %j", (typed, words, line) => {
  expect(againLine(typed, words, 7)).toBe(line);
});

test("an empty word and letters that a shell reads are quoted", () => {
  expect(pasteable(["", "a*b", "x=1", "~"])).toBe("'' 'a*b' x=1 '~'");
});
