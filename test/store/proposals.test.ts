// Shows that a proposal's fate is read from the log alone: its own entry, another's in its place, or a snapshot that does not tell.
import { expect, it } from "vitest";
import { Proposals } from "../../src/store/proposals.js";
import type { Op } from "../../src/store/router.js";

const op = (): Op => ({
  ask: { type: "readIndex" },
  deadlineMs: 0,
  isPeers: false,
  begun: true,
  settled: false,
  onAnswer: () => undefined,
});

it("is done when its own entry is committed, and then forgotten", () => {
  const proposals = new Proposals();
  const mine = op();
  proposals.place(proposals.handIn(mine), 7, 2);
  expect(proposals.committed(6, 2)).toBeUndefined();
  expect(proposals.committed(7, 2)).toEqual({ op: mine, isOwn: true });
  expect(proposals.committed(7, 2)).toBeUndefined();
});

it("is lost when an entry of another term is committed in its place", () => {
  const proposals = new Proposals();
  proposals.place(proposals.handIn(op()), 7, 2);
  expect(proposals.committed(7, 3)?.isOwn).toBe(false);
});

it("is lost when we propose again at its place in a later term", () => {
  const proposals = new Proposals();
  const [older, newer] = [op(), op()];
  expect(proposals.place(proposals.handIn(older), 7, 2)).toBeUndefined();
  expect(proposals.place(proposals.handIn(newer), 7, 4)).toBe(older);
  expect(proposals.committed(7, 4)?.op).toBe(newer);
});

it("is unknown when a snapshot skips it", () => {
  const proposals = new Proposals();
  const [skipped, later] = [op(), op()];
  proposals.place(proposals.handIn(skipped), 7, 2);
  proposals.place(proposals.handIn(later), 9, 2);
  expect(proposals.skipTo(8)).toEqual([skipped]);
  expect(proposals.committed(9, 2)?.op).toBe(later);
});

it("is handed back once when the machine drops it", () => {
  const proposals = new Proposals();
  const id = proposals.handIn(op());
  expect(proposals.take(id)).toBeDefined();
  expect(proposals.take(id)).toBeUndefined();
  expect(proposals.place(id, 7, 1)).toBeUndefined();
});
