// Changes of configuration are accepted, refused and carried out as etcd's recorded cases say; they survive the log's encoding.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changeConf, enterJoint, leaveJoint, membersOf, simple, type ConfResult } from "../../../src/store/raft/conf-change.js";
import { decodeConfChange, encodeConfChange } from "../../../src/store/raft/conf-codec.js";
import type { ConfChange, ConfState, MemberId } from "../../../src/store/raft/types.js";
import { readCases, type Case } from "./datadriven.js";

const nobody: ConfState = { voters: [], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
const cases = readCases("confchange");

test("all of etcd's cases were read", () => {
  expect(cases.length).toBe(58);
});

// every file is one story: each command goes on from the configuration the one before left behind
describe.each([...new Set(cases.map((c) => c.file))])("etcd's %s", (file) => {
  let conf = nobody;
  /** Where each member's progress began: etcd prints it, and so shows whether a member was kept or made anew. */
  let next = new Map<MemberId, number>();
  cases
    .filter((c) => c.file === file)
    .forEach((c, lastIndex) => {
      test(`${c.line}: ${c.command} ${c.input}`, () => {
        const result = run(conf, c);
        if (result.ok) {
          conf = result.conf;
          next = new Map(membersOf(conf).map((member) => [member, next.get(member) ?? Math.max(1, lastIndex)]));
        }
        expect(result.ok ? show(conf, next) : result.why).toBe(c.expected);
      });
    });
});

function run(conf: ConfState, c: Case): ConfResult {
  const kinds = { v: "addVoter", l: "addLearner", r: "remove" } as const;
  // `u` tells etcd's host of a member's new address and means nothing to raft
  const steps = c.input.split(/\s+/).filter((step) => step !== "" && !step.startsWith("u"));
  const changes = steps.map((step) => ({ kind: kinds[step[0] as keyof typeof kinds], member: Number(step.slice(1)) }));
  switch (c.command) {
    case "simple":
      return simple(conf, changes);
    case "enter-joint":
      return enterJoint(conf, changes, c.args["autoleave"]?.[0] === "true");
    case "leave-joint":
      return leaveJoint(conf);
    default:
      throw new Error(`unknown command ${c.command}`);
  }
}

function show(conf: ConfState, next: ReadonlyMap<MemberId, number>): string {
  const joint = conf.votersOutgoing.length > 0 ? `&&(${conf.votersOutgoing.join(" ")})` : "";
  const learners = conf.learners.length > 0 ? ` learners=(${conf.learners.join(" ")})` : "";
  const learnersNext = conf.learnersNext.length > 0 ? ` learners_next=(${conf.learnersNext.join(" ")})` : "";
  const head = `voters=(${conf.voters.join(" ")})${joint}${learners}${learnersNext}${conf.autoLeave ? " autoleave" : ""}`;
  const rows = membersOf(conf).map(
    (member) => `${member}: StateProbe match=0 next=${next.get(member)}${conf.learners.includes(member) ? " learner" : ""}`,
  );
  return [head, ...rows].join("\n");
}

const change: fc.Arbitrary<ConfChange> = fc.record({
  changes: fc.array(
    fc.record({
      kind: fc.constantFrom("addVoter", "addLearner", "remove" as const),
      member: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    }),
  ),
  context: fc.uint8Array(),
});

test("a change comes out of its log entry as it went in", () => {
  fc.assert(
    fc.property(change, (it) => {
      expect(decodeConfChange(encodeConfChange(it))).toEqual(it);
    }),
  );
});

test("one change is simple, more go through a joint configuration that leaves itself, none leaves it", () => {
  const three = { ...nobody, voters: [1, 2, 3] };
  const steps = (...changes: ConfChange["changes"]): ConfChange => ({ changes, context: new Uint8Array() });
  expect(changeConf(three, steps({ kind: "remove", member: 1 }))).toEqual({ ok: true, conf: { ...three, voters: [2, 3] } });
  const joint = { ...three, voters: [2, 3, 4], votersOutgoing: [1, 2, 3], autoLeave: true };
  const swap = steps({ kind: "remove", member: 1 }, { kind: "addVoter", member: 4 });
  expect(changeConf(three, swap)).toEqual({ ok: true, conf: joint });
  expect(changeConf(joint, steps())).toEqual({ ok: true, conf: { ...three, voters: [2, 3, 4] } });
});
