// Shows how a member's own writes find their answers in what it applies: by number, once, and honestly where a snapshot or an emptied disk lies in between.
import { beforeEach, expect, it } from "vitest";
import type { Answer } from "../../src/store/ask.js";
import { encodeCommand } from "../../src/store/entries/commands.js";
import { decodeEnvelope } from "../../src/store/entries/envelope.js";
import type { Envelope } from "../../src/store/entries/envelope.js";
import { OwnWrites } from "../../src/store/own-writes.js";
import { Replica } from "../../src/store/replica.js";
import { Router } from "../../src/store/router.js";
import { sessionWindow } from "../../src/store/sessions.js";
import type { StateWriter } from "../../src/store/state-stream.js";

const put = encodeCommand("put", { key: "k" });

let log: Uint8Array[];
let answers: string[];
let replica: Replica;
let writes: OwnWrites;

/** Member 1 leads; what it proposes piles up in `log`. */
beforeEach(() => {
  log = [];
  answers = [];
  replica = Replica.create([]);
  writes = life(1);
});

function life(incarnation: number): OwnWrites {
  const router = new Router({
    self: 1,
    nowMs: () => 0,
    timeoutMs: 1000,
    waitingMax: 10,
    leader: () => 1,
    lead: ({ ask }) => ask.type === "write" && log.push(ask.entry),
    forward: () => undefined,
    onRead: () => undefined,
  });
  return new OwnWrites({ self: 1, incarnation, router });
}

function submit(name: string, to = writes, command = put): void {
  to.submit(command, undefined, (answer: Answer) => {
    answers.push(`${name} ${answer.type === "failed" ? `${answer.failure.kind} ${answer.failure.error}` : answer.type}`);
  });
}

function apply(at: number, to = writes): void {
  const data = log[at] as Uint8Array;
  to.onApplied(replica.apply({ index: 1, term: 1, kind: "normal", data }), 1);
}

const envelope = (at: number): Envelope | undefined => decodeEnvelope(log[at] as Uint8Array);

it("answers each as it is applied, in any order, and once where the log has it twice", () => {
  for (const name of ["a", "b", "c"]) submit(name);
  for (const at of [1, 0, 1, 2, 0]) apply(at);
  expect(answers).toEqual(["b applied", "a applied", "c applied"]);
  expect(replica.kv.revision).toBe(4);
});

it("says what the store refused", () => {
  submit("a", writes, encodeCommand("compact", { revision: 99 }));
  apply(0);
  expect(answers).toEqual(["a invalid futureRevision"]);
});

it("tells the state by which number all is answered", () => {
  for (const name of ["a", "b", "c"]) submit(name);
  apply(1);
  submit("d");
  apply(0);
  submit("e");
  expect([0, 3, 4].map((at) => envelope(at)?.floor)).toEqual([1, 1, 3]);
});

it("refuses what the state would not remember", () => {
  for (let i = 0; i <= sessionWindow; i++) submit("a");
  expect(answers).toEqual(["a unavailable tooManyRequests"]);
  expect(log).toHaveLength(sessionWindow);
});

it("after a snapshot, does not know what became of those in it, and waits for the others", () => {
  for (const name of ["a", "b"]) submit(name);
  replica.apply({ index: 1, term: 1, kind: "normal", data: log[0] as Uint8Array });
  replica = Replica.restore(chunksOf(replica.snapshot()));
  writes.onRestored(replica.state.sessions);
  expect(answers).toEqual(["a indefinite timedOut"]);
  apply(1);
  expect(answers.at(-1)).toBe("b applied");
});

it("never applies what an earlier process asked for, once a later one has written", () => {
  submit("early");
  const later = life(2);
  submit("late", later);
  apply(1, later);
  apply(0, later);
  expect([answers, replica.kv.revision]).toEqual([["late applied"], 2]);
});

it("on an emptied disk, says that nothing was done, and goes on above what the state has heard of", () => {
  const before = life(7);
  submit("before", before);
  apply(0, before);
  submit("a");
  apply(1);
  submit("b");
  apply(2);
  expect(answers).toEqual(["before applied", "a unavailable unhealthy", "b applied"]);
  expect(envelope(2)?.request).toEqual({ origin: 1, incarnation: 8, seq: 1 });
});

function* chunksOf(writer: StateWriter): Generator<Uint8Array> {
  for (let chunk = writer.next(); chunk !== undefined; chunk = writer.next()) yield chunk;
}

it("holds so many bytes for clients at once, and no more", () => {
  const large = encodeCommand("put", { key: "k", value: Buffer.alloc(2 ** 20) });
  for (let at = 0; at < 200; at++) submit(String(at), writes, large);
  const held = log.length;
  expect(held * large.length).toBeLessThanOrEqual(128 * 2 ** 20);
  expect(answers).toEqual(Array.from({ length: 200 - held }, (_, at) => `${at + held} unavailable tooManyRequests`));
  answers.length = 0;
  apply(0);
  submit("next", writes, large);
  submit("one too many", writes, large);
  expect(answers).toEqual(["0 applied", "one too many unavailable tooManyRequests"]);
});
