// Shows where a request goes and what its client is told: a request that may have begun is never sent twice and never called failed, one that has not begun waits for a leader.
import { expect, it } from "vitest";
import type { Answer, Ask } from "../../src/store/ask.js";
import { Router } from "../../src/store/router.js";
import type { Forwarded, Op } from "../../src/store/router.js";

const write: Ask = { type: "write", command: new Uint8Array() };
const read: Ask = { type: "readIndex" };
const written: Answer = { type: "written", index: 2, term: 1, answer: { type: "compact", revision: 1 } };
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
  router.settle(led[0] as Op, written);
  router.settle(led[0] as Op, written);
  waitMs(2000);
  expect(answers).toEqual(["written"]);
});

it("sends on to the leader", () => {
  const { router, forwarded, answers, onAnswer } = world(2);
  router.submit(write, onAnswer);
  forwarded[0]?.reply({ type: "answered", answer: written });
  expect([forwarded[0]?.to, answers]).toEqual([2, ["written"]]);
});

it.each<[string, Ask, Forwarded, { answers: string[]; sentAgain: boolean }]>([
  ["a write the leader refused", write, movedAnswer, { answers: [], sentAgain: true }],
  ["a write that never left", write, { type: "not-sent" }, { answers: [], sentAgain: true }],
  ["a write whose answer was lost", write, { type: "lost" }, { answers: ["indefinite"], sentAgain: false }],
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
