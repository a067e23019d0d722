// Shows where a request goes and what its client is told: one that may have begun is never called failed, a write is asked again until it is applied, and what nobody began waits for a leader.
import { expect, it } from "vitest";
import type { Answer, Ask } from "../../src/store/ask.js";
import { Router } from "../../src/store/router.js";
import type { Forwarded, Op } from "../../src/store/router.js";

const write: Ask = { type: "write", entry: new Uint8Array() };
const read: Ask = { type: "readIndex" };
const member: Ask = { type: "member", change: { kind: "remove", member: 3 } };
const applied: Answer = { type: "applied", term: 1, answer: { type: "compact", revision: 1 } };
const taken = (term: number): Forwarded => ({ type: "answered", answer: { type: "taken", term } });
const refused: Forwarded = {
  type: "answered",
  answer: { type: "failed", failure: { kind: "unavailable", message: "", error: "tooManyRequests" } },
};
const movedAnswer: Forwarded = { type: "answered", answer: { type: "failed", failure: { kind: "moved", message: "" } } };

/** Member 1 with a leader of our choice; what it leads and forwards piles up here. */
function world(leader: number, waitingMax = 10) {
  const state = { leader, nowMs: 0 };
  const led: Op[] = [];
  const forwarded: { to: number; reply: (forwarded: Forwarded) => void }[] = [];
  const answers: string[] = [];
  const router = new Router({
    self: 1,
    nowMs: () => state.nowMs,
    timeoutMs: 1000,
    waitingMax,
    leader: () => state.leader,
    lead: (op) => led.push(op),
    forward: (to, _ask, reply) => forwarded.push({ to, reply }),
    onRead: () => undefined,
  });
  const onAnswer = (answer: Answer): void => void answers.push(answer.type === "failed" ? answer.failure.kind : answer.type);
  const waitMs = (durationMs: number): void => {
    state.nowMs += durationMs;
    router.sweep();
  };
  return { state, router, led, forwarded, answers, onAnswer, waitMs };
}

it("leads what it can and answers once", () => {
  const { router, led, answers, onAnswer, waitMs } = world(1);
  router.submit(write, onAnswer);
  router.settle(led[0] as Op, applied);
  router.settle(led[0] as Op, applied);
  waitMs(2000);
  expect(answers).toEqual(["applied"]);
});

it("sends on to the leader", () => {
  const { router, forwarded, answers, onAnswer } = world(2);
  router.submit(write, onAnswer);
  forwarded[0]?.reply({ type: "answered", answer: applied });
  expect([forwarded[0]?.to, answers]).toEqual([2, ["applied"]]);
});

it.each<[string, Ask, Forwarded, { answers: string[]; sentAgain: boolean }]>([
  ["a write the leader refused", write, movedAnswer, { answers: [], sentAgain: true }],
  ["a write that never left", write, { type: "not-sent" }, { answers: [], sentAgain: true }],
  ["a write whose answer was lost", write, { type: "lost" }, { answers: [], sentAgain: true }],
  ["a change of members whose answer was lost", member, { type: "lost" }, { answers: ["indefinite"], sentAgain: false }],
  ["a read whose answer was lost", read, { type: "lost" }, { answers: [], sentAgain: true }],
])("%s", (_, ask, reply, expected) => {
  const { router, forwarded, answers, onAnswer, waitMs } = world(2);
  router.submit(ask, onAnswer);
  forwarded[0]?.reply(reply);
  waitMs(10);
  expect({ answers, sentAgain: forwarded.length === 2 }).toEqual(expected);
});

it("waits for a leader, then goes to it", () => {
  const { state, router, led, answers, onAnswer, waitMs } = world(0);
  router.submit(write, onAnswer);
  waitMs(500);
  expect(led).toHaveLength(0);
  state.leader = 1;
  waitMs(10);
  expect(led).toHaveLength(1);
  expect(answers).toEqual([]);
});

it.each<[string, number, Ask, string]>([
  ["no leader: the write was not done", 0, write, "unavailable"],
  ["a silent leader: the write may have been done", 2, write, "indefinite"],
  ["ourselves without a quorum: the write may be done", 1, write, "indefinite"],
  ["a silent leader: a read has no effect", 2, read, "unavailable"],
])("at its deadline, with %s", (_, leader, ask, kind) => {
  const { router, answers, onAnswer, waitMs } = world(leader);
  router.submit(ask, onAnswer);
  waitMs(999);
  expect(answers).toEqual([]);
  waitMs(1);
  expect(answers).toEqual([kind]);
});

it("a proposal in whose place another entry is committed is tried again, and its deadline stays", () => {
  const { router, led, answers, onAnswer, waitMs } = world(1);
  router.submit(write, onAnswer);
  router.moved(led[0] as Op);
  waitMs(900);
  expect(led).toHaveLength(2);
  waitMs(100);
  expect(answers).toEqual(["indefinite"]);
});

it("a write that a leader took waits for what is applied, and is asked again once a later term is", () => {
  const { router, forwarded, answers, onAnswer, waitMs } = world(2);
  router.submit(write, onAnswer);
  forwarded[0]?.reply(taken(4));
  router.leaderChanged();
  router.reachedTerm(4);
  waitMs(100);
  expect([forwarded.length, answers]).toEqual([1, []]);
  router.reachedTerm(5);
  expect(forwarded.length).toBe(2);
});

it("asks the next leader what the one before has not answered, but no change of members", () => {
  const { state, router, forwarded, onAnswer } = world(2);
  for (const ask of [write, read, member]) router.submit(ask, onAnswer);
  state.leader = 3;
  router.leaderChanged();
  expect(forwarded.map(({ to }) => to)).toEqual([2, 2, 2, 3, 3]);
});

it("what an earlier leader says too late is not taken for the word of the one that was asked since", () => {
  const { state, router, forwarded, answers, onAnswer, waitMs } = world(2);
  router.submit(write, onAnswer);
  state.leader = 3;
  router.leaderChanged();
  forwarded[0]?.reply(movedAnswer);
  waitMs(10);
  expect(forwarded).toHaveLength(2);
  forwarded[1]?.reply(taken(7));
  router.reachedTerm(8);
  // neither the one nor the other has it: it was not done
  state.leader = 0;
  forwarded[2]?.reply(movedAnswer);
  waitMs(1000);
  expect(answers).toEqual(["unavailable"]);
});

it.each<[string, readonly Forwarded[], string]>([
  ["refused at once", [refused], "unavailable"],
  ["taken, and gone with its leader; no other had it", [taken(1), movedAnswer], "unavailable"],
  ["lost on the way: even if the next leader refuses it", [{ type: "lost" }, refused], "indefinite"],
  ["lost on the way: even if the next one is not the leader", [{ type: "lost" }, movedAnswer], "indefinite"],
  ["taken by a leader that still leads", [taken(1)], "indefinite"],
])("what is known of a write at the end: %s", (_, replies, kind) => {
  const { router, forwarded, answers, onAnswer, waitMs } = world(2);
  router.submit(write, onAnswer);
  for (const [i, reply] of replies.entries()) {
    if (i > 0) router.reachedTerm(1 + i);
    waitMs(10);
    forwarded[i]?.reply(reply);
  }
  if (answers.length === 0) {
    // nobody answers any more, or they all say no
    for (const { reply } of forwarded.slice(replies.length)) reply(movedAnswer);
    router.close();
  }
  expect(answers).toEqual([kind]);
});

it("tells a peer that its write is in the log, and does not wait for more", () => {
  const { router, led, answers, onAnswer } = world(1);
  router.submitForPeer(write, onAnswer);
  router.taken(led[0] as Op, 3);
  router.submitForPeer(write, onAnswer);
  router.refuse(led[1] as Op, { kind: "unavailable", message: "" });
  expect(answers).toEqual(["taken", "unavailable"]);
});

it("gives a peer's request back to the peer instead of keeping or sending it on", () => {
  const { state, router, led, forwarded, answers, onAnswer } = world(2);
  router.submitForPeer(write, onAnswer);
  expect(answers).toEqual(["moved"]);
  state.leader = 1;
  router.submitForPeer(write, onAnswer);
  router.moved(led[0] as Op);
  expect(answers).toEqual(["moved", "moved"]);
  expect(forwarded).toEqual([]);
});

it("asks one question for all reads of a turn", () => {
  const { router, led, answers, onAnswer } = world(1);
  for (let i = 0; i < 3; i++) router.submitRead(onAnswer);
  expect(led).toHaveLength(0);
  router.flushReads();
  expect(led).toHaveLength(1);
  router.settle(led[0] as Op, { type: "readable", index: 5 });
  expect(answers).toEqual(["readable", "readable", "readable"]);
});

it("refuses what would wait beyond the bound, and says so at the end to what is open", () => {
  const { router, answers, onAnswer } = world(0, 1);
  router.submit(write, onAnswer);
  router.submit(write, onAnswer);
  expect(answers).toEqual(["unavailable"]);
  router.close();
  expect(answers).toEqual(["unavailable", "unavailable"]);
});
