// Shows what reads and writes wait for, and with what they are answered: Riak's rules in cases, and that no order of answers leaves a request without an end.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BucketProperties, Quorum } from "../../../../src/store/leaderless/api.js";
import { readQuorums, writeQuorums } from "../../../../src/store/leaderless/coordinator/quorums.js";
import { ReadTally } from "../../../../src/store/leaderless/coordinator/read-tally.js";
import type { ReadResult } from "../../../../src/store/leaderless/coordinator/read-tally.js";
import { WriteTally } from "../../../../src/store/leaderless/coordinator/write-tally.js";
import type { WriteResult } from "../../../../src/store/leaderless/coordinator/write-tally.js";

const bucket = {
  nVal: 3,
  r: "quorum",
  w: "quorum",
  dw: "quorum",
  pr: 0,
  pw: 0,
  basicQuorum: false,
  notfoundOk: true,
} as unknown as BucketProperties;

describe("quorums", () => {
  it.each([
    [{}, { n: 3, r: 2, pr: 0, failuresMax: 2, notfoundOk: true }],
    [{ r: "all" }, { r: 3, failuresMax: 1 }],
    [
      { r: "one", pr: "quorum" },
      { r: 1, pr: 2, failuresMax: 3 },
    ],
    [
      { r: 1, basicQuorum: true },
      { r: 1, failuresMax: 2 },
    ],
    [
      { r: "default", notfoundOk: false },
      { r: 2, notfoundOk: false },
    ],
    [{ nVal: 1 }, { n: 1, r: 1 }],
  ] as const)("of a read: %j", (options, expected) => {
    expect(readQuorums(options, bucket)).toMatchObject({ ok: true, quorums: expected });
  });

  it.each([
    [{}, { n: 3, w: 2, dw: 2, pw: 0 }],
    [
      { w: "one", dw: 0 },
      { w: 1, dw: 1 },
    ],
    [
      { w: "all", pw: "one" },
      { w: 3, dw: 2, pw: 1 },
    ],
  ] as const)("of a write: %j", (options, expected) => {
    expect(writeQuorums(options, bucket)).toMatchObject({ ok: true, quorums: expected });
  });

  it.each([{ r: 4 }, { pr: 4 }, { nVal: 4 }, { nVal: 0 }])("more than there are copies: %j", (options) => {
    expect(readQuorums(options, bucket)).toEqual({ ok: false, reason: { type: "nValViolation", nVal: 3 } });
  });
});

function quorumsOf<T>(decided: { readonly ok: true; readonly quorums: T } | { readonly ok: false }): T {
  if (!decided.ok) throw new Error("asks for more than there are copies");
  return decided.quorums;
}

type Answer = readonly [result: ReadResult, isOwner: boolean];

function read(options: object, ...answers: readonly Answer[]) {
  const tally = new ReadTally(quorumsOf(readQuorums(options, bucket)));
  for (const [i, [result, isOwner]] of answers.entries()) tally.add(`n${i}`, result, isOwner);
  return tally.verdict();
}

const found: Answer = ["found", true];
const missing: Answer = ["notfound", true];
const failed: Answer = ["failed", true];

it.each<[string, object, readonly Answer[], object]>([
  ["two of three", {}, [found, found], { type: "enough" }],
  ["one of two", {}, [found], { type: "pending" }],
  ["nothing is an answer too", {}, [missing, missing], { type: "enough" }],
  ["or it is not", { notfoundOk: false }, [missing, missing], { type: "notfound" }],
  ["or it is not, and something comes", { notfoundOk: false, r: 1 }, [missing, missing, found], { type: "enough" }],
  ["basic quorum gives up", { notfoundOk: false, basicQuorum: true, r: 1 }, [missing, missing], { type: "notfound" }],
  ["two failed", {}, [failed, failed], { type: "failed", reason: { type: "unsatisfied", option: "r", wanted: 2, got: 0 } }],
  [
    "stand-ins are no owners",
    { pr: 2 },
    [found, ["found", false], ["found", false]],
    { type: "failed", reason: { type: "unsatisfied", option: "pr", wanted: 2, got: 1 } },
  ],
  ["overload is said", {}, [["overload", true], failed], { type: "failed", reason: { type: "overload" } }],
  [
    "deletions only",
    { r: "all" },
    [
      ["tombstone", true],
      ["tombstone", true],
      ["tombstone", true],
    ],
    { type: "enough" },
  ],
])("a read: %s", (_, options, answers, expected) => expect(read(options, ...answers)).toEqual(expected));

type Said = readonly [replica: string, result: WriteResult, isOwner: boolean];

function write(options: object, ...answers: readonly Said[]) {
  const tally = new WriteTally(quorumsOf(writeQuorums(options, bucket)));
  for (const [replica, result, isOwner] of answers) tally.add(replica, result, isOwner);
  return tally.verdict();
}

it.each<[string, object, readonly Said[], object]>([
  [
    "on two disks",
    {},
    [
      ["a", "durable", true],
      ["b", "durable", true],
    ],
    { type: "enough" },
  ],
  [
    "in three memories and on one disk",
    { w: 3, dw: 1 },
    [
      ["a", "taken", true],
      ["a", "durable", true],
      ["b", "taken", true],
      ["c", "taken", false],
    ],
    { type: "enough" },
  ],
  [
    "taken twice by one is once",
    { w: 2, dw: 1 },
    [
      ["a", "taken", true],
      ["a", "durable", true],
    ],
    { type: "pending" },
  ],
  [
    "two failed",
    {},
    [
      ["a", "failed", true],
      ["b", "failed", true],
    ],
    { type: "failed", reason: { type: "unsatisfied", option: "dw", wanted: 2, got: 0 } },
  ],
  [
    "no owners",
    { pw: 1 },
    [
      ["a", "durable", false],
      ["b", "durable", false],
      ["c", "durable", false],
    ],
    { type: "failed", reason: { type: "unsatisfied", option: "pw", wanted: 1, got: 0 } },
  ],
  ["overload is said", { w: 3 }, [["a", "overload", true]], { type: "failed", reason: { type: "overload" } }],
  [
    "memory asked for, and one failed",
    { w: 3, dw: 1 },
    [
      ["a", "durable", true],
      ["b", "failed", true],
    ],
    { type: "failed", reason: { type: "unsatisfied", option: "w", wanted: 3, got: 1 } },
  ],
])("a write: %s", (_, options, answers, expected) => expect(write(options, ...answers)).toEqual(expected));

const quorum = fc.constantFrom<Quorum>(0, 1, 2, 3, "one", "quorum", "all", "default");

it("every read ends once all have answered, and says the same from then on", () => {
  const answers = fc.array(
    fc.tuple(fc.constantFrom<ReadResult>("found", "tombstone", "notfound", "failed", "overload"), fc.boolean()),
    { minLength: 3, maxLength: 3 },
  );
  const options = fc.record({ r: quorum, pr: quorum, basicQuorum: fc.boolean(), notfoundOk: fc.boolean() });
  fc.assert(
    fc.property(answers, options, (all, given) => {
      const verdicts = all.map((_, i) => read(given, ...all.slice(0, i + 1)));
      expect(verdicts.at(-1)?.type).not.toBe("pending");
      // who was told that it is enough is not told otherwise by whatever comes later
      const first = verdicts.findIndex(({ type }) => type === "enough");
      expect(first < 0 || verdicts.slice(first).every(({ type }) => type === "enough")).toBe(true);
      const ok = all.filter(
        ([result]) => result === "found" || result === "tombstone" || (result === "notfound" && given.notfoundOk),
      );
      const { r, pr } = quorumsOf(readQuorums(given, bucket));
      expect(verdicts.at(-1)?.type === "enough").toBe(ok.length >= r && ok.filter(([, isOwner]) => isOwner).length >= pr);
    }),
  );
});

it("every write ends once all have answered, and succeeds exactly where the numbers are there", () => {
  const results = fc.array(fc.tuple(fc.constantFrom<WriteResult>("durable", "failed", "overload"), fc.boolean()), {
    minLength: 3,
    maxLength: 3,
  });
  fc.assert(
    fc.property(results, fc.record({ w: quorum, dw: quorum, pw: quorum }), (all, given) => {
      const said = all.map(([result, isOwner], i) => [`n${i}`, result, isOwner] as const);
      const { w, dw, pw } = quorumsOf(writeQuorums(given, bucket));
      const durable = said.filter(([, result]) => result === "durable");
      const isEnough = durable.length >= Math.max(w, dw) && durable.filter(([, , isOwner]) => isOwner).length >= pw;
      expect(write(given, ...said).type).toBe(isEnough ? "enough" : "failed");
    }),
  );
});
