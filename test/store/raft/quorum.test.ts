// Quorums decide as etcd's recorded cases say, and as brute force over all subsets says.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { committedIndex, majorityCommittedIndex, majorityVoteResult, voteResult } from "../../../src/store/raft/quorum.js";
import { readCases, type Case } from "./datadriven.js";

const cases = readCases("quorum");

/** Voters in order of first mention, each with its value: `cfg` first, then those that only `cfgj` names. */
function voted<T>(c: Case, values: readonly string[], read: (text: string) => T | undefined): Map<number, T | undefined> {
  const ids = new Set([...numbers(c, "cfg"), ...numbers(c, "cfgj")]);
  expect(values.length, "one value for each voter").toBe(ids.size);
  return new Map([...ids].map((id, i) => [id, read(values[i] ?? "_")]));
}

function numbers(c: Case, key: string): number[] {
  return (c.args[key] ?? []).filter((item) => item !== "zero").map(Number);
}

test("all of etcd's cases were read", () => {
  expect(cases.length).toBe(127);
});

describe("etcd's cases", () => {
  test.each(cases.filter((c) => c.command === "committed").map((c) => [`${c.file}:${c.line}`, c] as const))("%s", (_, c) => {
    const acked = voted(c, c.args["idx"] ?? [], (text) => (text === "_" ? undefined : Number(text)));
    const voters = numbers(c, "cfg");
    const votersOutgoing = numbers(c, "cfgj");
    const lookup = (id: number): number | undefined => acked.get(id);
    const result = committedIndex({ voters, votersOutgoing }, lookup);
    const shown = /(∞|\d+)$/.exec(c.expected)?.[1];
    expect(result === Infinity ? "∞" : String(result)).toBe(shown);
    // whichever half is the new one
    expect(committedIndex({ voters: votersOutgoing, votersOutgoing: voters }, lookup)).toBe(result);
    // the lower of the two halves, and a majority joint with itself is that majority
    expect(Math.min(majorityCommittedIndex(voters, lookup), majorityCommittedIndex(votersOutgoing, lookup))).toBe(result);
    expect(committedIndex({ voters, votersOutgoing: voters }, lookup)).toBe(majorityCommittedIndex(voters, lookup));
  });

  test.each(cases.filter((c) => c.command === "vote").map((c) => [`${c.file}:${c.line}`, c] as const))("%s", (_, c) => {
    const votes = voted(c, c.args["votes"] ?? [], (text) => (text === "_" ? undefined : text === "y"));
    const voters = numbers(c, "cfg");
    const votersOutgoing = numbers(c, "cfgj");
    const lookup = (id: number): boolean | undefined => votes.get(id);
    const result = voteResult({ voters, votersOutgoing }, lookup);
    expect(`Vote${result[0]?.toUpperCase()}${result.slice(1)}`).toBe(c.expected);
    expect(voteResult({ voters: votersOutgoing, votersOutgoing: voters }, lookup)).toBe(result);
    expect(voteResult({ voters, votersOutgoing: voters }, lookup)).toBe(majorityVoteResult(voters, lookup));
  });
});

/** All ways to pick a majority of `voters`. */
function majorities(voters: readonly number[]): number[][] {
  const subsets = voters.reduce<number[][]>((all, voter) => [...all, ...all.map((subset) => [...subset, voter])], [[]]);
  return subsets.filter((subset) => subset.length * 2 > voters.length);
}

const voters = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });

test("the committed index is the best that some majority of each half holds", () => {
  fc.assert(
    fc.property(
      voters,
      voters,
      fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 10, maxLength: 10 }),
      (incoming, outgoing, acked) => {
        const best = (half: number[]): number =>
          Math.max(...majorities(half).map((majority) => Math.min(...majority.map((id) => acked[id] ?? 0))));
        const result = committedIndex({ voters: incoming, votersOutgoing: outgoing }, (id) => acked[id]);
        expect(result).toBe(Math.min(best(incoming), best(outgoing)));
      },
    ),
  );
});

test("a vote is won when granted by a majority of each half, and lost when missing votes cannot win it", () => {
  const vote = fc.constantFrom(true, false, undefined);
  fc.assert(
    fc.property(voters, voters, fc.array(vote, { minLength: 10, maxLength: 10 }), (incoming, outgoing, votes) => {
      const wins = (half: number[], granted: (id: number) => boolean): boolean =>
        majorities(half).some((majority) => majority.every(granted));
      const both = (granted: (id: number) => boolean): boolean => wins(incoming, granted) && wins(outgoing, granted);
      const expected = both((id) => votes[id] === true) ? "won" : both((id) => votes[id] !== false) ? "pending" : "lost";
      expect(voteResult({ voters: incoming, votersOutgoing: outgoing }, (id) => votes[id])).toBe(expected);
    }),
  );
});
