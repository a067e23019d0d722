// Shows that the driver keeps the contract's order: one step for a turn's inputs, and no message that speaks of a persist leaves before it and all before it are durable.
import { expect, it } from "vitest";
import { Driver } from "../../src/store/driver.js";
import type { Effects, Entry, Input, Message, Persist, Raft } from "../../src/store/raft/types.js";

const nothing: Effects = {
  send: [],
  persist: undefined,
  sendAfterPersist: [],
  restore: undefined,
  apply: [],
  reads: [],
  proposed: [],
  dropped: [],
  events: [],
};
const message = (commit: number): Message => ({ type: "heartbeat", from: 1, to: 2, term: 1, commit, context: 0 });
const persist = (persistNumber: number): Persist => ({
  persistNumber,
  hardState: undefined,
  snapshot: undefined,
  discardLog: false,
  entries: [],
});
const entry: Entry = { index: 1, term: 1, kind: "normal", data: new Uint8Array() };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A machine that answers each step with the next of `script`; what happens is written down in order. */
function drive(script: Partial<Effects>[]) {
  const steps: Input[][] = [];
  const did: string[] = [];
  const flushedAfter: string[] = [];
  const raft: Raft = {
    step(inputs) {
      steps.push([...inputs]);
      return { ...nothing, ...script.shift() };
    },
    status: () => {
      throw new Error("the driver needs no status");
    },
  };
  const driver = new Driver(
    raft,
    { append: ({ persistNumber }) => void did.push(`persist ${persistNumber}`) },
    {
      send: (sent) => void did.push(`send ${sent.type === "heartbeat" ? sent.commit : "?"}`),
      flush: () => void flushedAfter.push(did.at(-1) ?? "nothing"),
    },
    {
      beforeStep: () => undefined,
      onEvent: ({ event }) => void did.push(event),
      onProposed: ({ id }) => void did.push(`proposed ${id}`),
      onDropped: ({ id }) => void did.push(`dropped ${id}`),
      onReadable: ({ id }) => void did.push(`readable ${id}`),
      onRestore: () => void did.push("restore"),
      onApply: (entries) => void did.push(`apply ${entries.length}`),
    },
  );
  return { driver, steps, did, flushedAfter };
}

it("steps once for all inputs of a turn", async () => {
  const { driver, steps } = drive([]);
  driver.input({ type: "tick" });
  driver.input({ type: "campaign" });
  await turn();
  driver.input({ type: "tick" });
  await turn();
  expect(steps).toEqual([[{ type: "tick" }, { type: "campaign" }], [{ type: "tick" }]]);
});

it("has what was sent leave in the same turn, unless it can wait until clients have their answers", async () => {
  const { driver, flushedAfter } = drive([
    { send: [message(1)] },
    { send: [message(2)], apply: [entry] },
    { send: [message(3)], persist: persist(1), apply: [entry, entry] },
  ]);
  for (let step = 0; step < 3; step++) {
    driver.schedule();
    await turn();
  }
  expect(flushedAfter).toEqual(["send 1", "apply 2"]);
});

it("sends freely what may leave at once, and holds back the rest until its persist is durable", async () => {
  const { driver, steps, did } = drive([{ send: [message(1)], persist: persist(1), sendAfterPersist: [message(2)] }]);
  driver.schedule();
  await turn();
  expect(did).toEqual(["send 1", "persist 1"]);
  driver.onDurable(1);
  expect(did).toEqual(["send 1", "persist 1", "send 2"]);
  await turn();
  expect(steps.at(-1)).toEqual([{ type: "persisted", persistNumber: 1 }]);
});

it("waits for earlier persists too, also in a step without one of its own", async () => {
  const { driver, did } = drive([
    { persist: persist(1), sendAfterPersist: [message(1)] },
    { persist: persist(2), sendAfterPersist: [message(2)] },
    { sendAfterPersist: [message(3)] },
  ]);
  for (let i = 0; i < 3; i++) {
    driver.schedule();
    await turn();
  }
  driver.onDurable(1);
  expect(did.filter((each) => each.startsWith("send"))).toEqual(["send 1"]);
  driver.onDurable(2);
  expect(did.filter((each) => each.startsWith("send"))).toEqual(["send 1", "send 2", "send 3"]);
});

it("sends at once where nothing is on its way to the disk", async () => {
  const { driver, did } = drive([{ sendAfterPersist: [message(1)] }]);
  driver.schedule();
  await turn();
  expect(did).toEqual(["send 1"]);
});

it("tells of events before what depends on them, and restores before it applies", async () => {
  const conf = { voters: [], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
  const { driver, did } = drive([
    {
      apply: [entry, entry],
      restore: { meta: { index: 1, term: 1, conf }, data: new Uint8Array() },
      reads: [{ id: 3, index: 1 }],
      dropped: [{ id: 2, reason: "not-leader" }],
      proposed: [{ id: 1, index: 2, term: 1 }],
      events: [{ event: "leader-changed", leader: 2, term: 1 }],
    },
  ]);
  driver.schedule();
  await turn();
  expect(did).toEqual(["leader-changed", "proposed 1", "dropped 2", "readable 3", "restore", "apply 2"]);
});

it("does nothing more once stopped", async () => {
  const { driver, steps } = drive([]);
  driver.input({ type: "tick" });
  driver.stop();
  driver.input({ type: "tick" });
  await turn();
  expect(steps).toEqual([]);
});
