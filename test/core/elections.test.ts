// Shows which answers of nodes that are asked again and again mean that a leader was elected.
import { expect, test } from "vitest";
import { type Saying, hearRound, nobodyHeard } from "../../src/core/elections.js";

const letters: Readonly<Record<string, Saying>> = { L: "leader", f: "follower", "?": "silent", x: "down" };

/** Rounds such as `Lff`: what a, b and c say. Gives who was elected in each. */
function electedIn(...rounds: readonly string[]): readonly string[] {
  let heard = nobodyHeard;
  return rounds.map((round) => {
    const said = new Map(round.split("").map((letter, at) => [["a", "b", "c"][at] ?? "", letters[letter] ?? "silent"] as const));
    const { heard: now, elected } = hearRound(heard, said);
    heard = now;
    return elected.join();
  });
}

test.each<[string, readonly string[], readonly string[]]>([
  ["who leads at first was not elected", ["Lff", "Lff"], ["", ""]],
  ["another one leads", ["Lff", "fLf", "fLf"], ["", "b", ""]],
  ["the leader dies, and later another one leads", ["Lff", "xff", "xfL"], ["", "", "c"]],
  ["who is cut off still takes itself for the leader", ["Lff", "LLf", "fLf"], ["", "b", ""]],
  ["a leader that is silent for a moment is not elected again", ["Lff", "?ff", "Lff"], ["", "", ""]],
  ["nor is one that was never heard before", ["?ff", "Lff"], ["", ""]],
  ["one that is frozen and wakes up deposed", ["Lff", "?Lf", "fLf"], ["", "b", ""]],
  ["one that comes back from the dead and leads again", ["Lff", "xff", "Lff"], ["", "", "a"]],
  ["a node that came later and leads", ["Lf", "Lff", "ffL"], ["", "", "c"]],
])("%s", (_, rounds, expected) => {
  expect(electedIn(...rounds)).toEqual(expected);
});
