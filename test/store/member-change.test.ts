// Shows what a leader makes of a wish to change the members: an entry for the log, or a refusal that says that nothing was changed and whether to try again.
import { expect, it } from "vitest";
import type { Failure, MemberChange } from "../../src/store/ask.js";
import { planMemberChange } from "../../src/store/member-change.js";
import type { Leadership } from "../../src/store/member-change.js";
import type { ConfChange } from "../../src/store/raft/types.js";

const member = (id: number) => ({ id, name: `n${id}`, host: `n${id}`, peerPort: 2380 });

const started = (id: number) => ({ ...member(id), clientUrls: [`http://n${id}:2379`] });

/** Members 1 to 3 vote, 4 learns and holds all of it, 5 learns and holds half. */
const settled: Leadership = {
  members: new Map([1, 2, 3, 4, 5].map((id) => [id, started(id)])),
  nextMember: 7,
  conf: { voters: [1, 2, 3], votersOutgoing: [], learners: [4, 5], learnersNext: [], autoLeave: false },
  match: new Map([
    [4, 100],
    [5, 50],
  ]),
  lastIndex: 100,
  isUp: () => true,
  knowsAllBefore: true,
};
const join = { kind: "add", name: "n7", host: "n7", peerPort: 2380 } as const;

it.each<[string, MemberChange, ConfChange["changes"]]>([
  ["a voter comes", { ...join, isLearner: false }, [{ kind: "addVoter", member: 7 }]],
  ["a member moves", { kind: "update", member: 2, host: "n9", peerPort: 2380 }, [{ kind: "addLearner", member: 0 }]],
  [
    "a voter without its disk gets another number",
    { kind: "rejoin", ...member(2), member: 2 },
    [
      { kind: "addLearner", member: 7 },
      { kind: "remove", member: 2 },
    ],
  ],
  ["a learner that has caught up becomes a voter", { kind: "promote", member: 4 }, [{ kind: "addVoter", member: 4 }]],
  ["a member goes", { kind: "remove", member: 2 }, [{ kind: "remove", member: 2 }]],
])("%s", (_, change, changes) => {
  expect(planMemberChange(change, settled)).toMatchObject({ type: "planned", change: { changes } });
});

const unlearned = { ...settled, conf: { ...settled.conf, learners: [] } };

it("a learner comes, where there is none", () => {
  const changes = [{ kind: "addLearner", member: 7 }];
  expect(planMemberChange({ ...join, isLearner: true }, unlearned)).toMatchObject({ type: "planned", change: { changes } });
});

it("a learner whom nobody has sent anything stays who it is; one that has got something does not", () => {
  const back = { kind: "rejoin", ...member(4), member: 4 } as const;
  expect(planMemberChange(back, { ...settled, match: new Map() })).toEqual({ type: "stands", member: 4 });
  expect(planMemberChange(back, settled)).toMatchObject({ type: "planned" });
});

it("tells the others where to reach who comes, and nothing of who is known", () => {
  const context = (change: MemberChange): string => {
    const plan = planMemberChange(change, unlearned);
    return plan.type === "planned" ? Buffer.from(plan.change.context).toString() : "";
  };
  expect(JSON.parse(context({ ...join, isLearner: true }))).toEqual(member(7));
  expect(JSON.parse(context({ kind: "update", member: 2, host: "n9", peerPort: 1 }))).toEqual({
    ...started(2),
    host: "n9",
    peerPort: 1,
  });
  expect(JSON.parse(context({ kind: "rejoin", ...member(2), member: 2 }))).toEqual({
    ...member(7),
    name: "n2",
    host: "n2",
    hasVoted: true,
  });
  expect(context({ kind: "remove", member: 4 })).toBe("");
});

/** Everybody, of whom these have never started. */
const notStarted = (...ids: readonly number[]): Leadership["members"] =>
  new Map([...settled.members.keys()].map((id) => [id, ids.includes(id) ? member(id) : started(id)]));
const alone = { ...settled.conf, voters: [1], learners: [] };

it.each<[string, MemberChange, Partial<Leadership>]>([
  ["a voter that is down", { kind: "remove", member: 2 }, { isUp: (id) => id !== 2 }],
  ["a learner, whoever is down", { kind: "remove", member: 4 }, { isUp: (id) => id === 1 }],
  ["the second of two", { kind: "remove", member: 2 }, { conf: { ...alone, voters: [1, 2] } }],
])("lets go %s", (_, change, differs) => {
  expect(planMemberChange(change, { ...settled, ...differs })).toMatchObject({ type: "planned" });
});

it("lets the second come to the first, and a third where two of three have started", () => {
  const voter = { ...join, isLearner: false };
  expect(planMemberChange(voter, { ...settled, conf: alone })).toMatchObject({ type: "planned" });
  expect(planMemberChange(voter, { ...settled, conf: { ...alone, voters: [1, 2] } })).toMatchObject({ type: "planned" });
});

it.each<[string, MemberChange, Partial<Leadership>, Failure["kind"], Failure["error"], RegExp]>([
  ["somebody at a known address", { ...join, host: "n2", isLearner: true }, {}, "invalid", "peerUrlExists", /already member 2/],
  [
    "a second learner",
    { ...join, isLearner: true },
    { conf: { ...settled.conf, learners: [4] } },
    "invalid",
    "tooManyLearners",
    /member 4/,
  ],
  [
    "somebody's address",
    { kind: "update", member: 1, host: "n2", peerPort: 2380 },
    {},
    "invalid",
    "peerUrlExists",
    /already member 2/,
  ],
  ["nobody's address", { kind: "update", member: 9, host: "n9", peerPort: 2380 }, {}, "invalid", "memberNotFound", /no member 9/],
  ["nobody's number, to go", { kind: "remove", member: 9 }, {}, "invalid", "memberNotFound", /no member 9/],
  ["nobody's number, to vote", { kind: "promote", member: 9 }, {}, "invalid", "memberNotFound", /no member 9/],
  ["a voter, to vote", { kind: "promote", member: 1 }, {}, "invalid", "memberNotLearner", /no learner/],
  [
    "a learner that lags behind",
    { kind: "promote", member: 5 },
    {},
    "invalid",
    "learnerNotReady",
    /not in sync yet: it holds 50 of 100/,
  ],
  [
    "a member that the leader before may have added",
    { kind: "promote", member: 9 },
    { knowsAllBefore: false },
    "unavailable",
    "unhealthy",
    /leader has only just taken over.*nothing was changed.*try again/,
  ],
  [
    "whoever comes while a voter is down",
    { ...join, isLearner: true },
    { isUp: (id) => id !== 2 },
    "unavailable",
    "unhealthy",
    /member 2 cannot be reached.*try again/,
  ],
  [
    "that one more goes while a voter is down",
    { kind: "remove", member: 3 },
    { isUp: (id) => id !== 2 },
    "unavailable",
    "unhealthy",
    /without member 3.*no majority/,
  ],
  [
    "a voter where one has not started yet",
    { ...join, isLearner: false },
    { members: notStarted(2, 3) },
    "invalid",
    "notEnoughStarted",
    /ever started/,
  ],
  [
    "that the started go from those that are not",
    { kind: "remove", member: 1 },
    { members: notStarted(2) },
    "invalid",
    "notEnoughStarted",
    /ever started/,
  ],
  ["that the last voter goes", { kind: "remove", member: 1 }, { conf: alone }, "invalid", "notEnoughStarted", /ever started/],
])("refuses %s", (_, change, differs, kind, error, message) => {
  const plan = planMemberChange(change, { ...settled, ...differs });
  expect(plan).toEqual({ type: "refused", failure: { kind, error, message: expect.stringMatching(message) as string } });
});
