// Shows that the state does what the log's commands say of leases, that it is the same after a snapshot, and that what a leader says of a lease's time never meets another lease with its id.
import { expect, it } from "vitest";
import { encodeCommand } from "../../src/store/entries/commands.js";
import { wholeSnapshot } from "../../src/store/mvcc/whole-snapshot.js";
import { readWholeSnapshot } from "./read-whole-snapshot.js";
import { StoreState } from "../../src/store/store-state.js";

const grant = (id: bigint, ttl = 60): Uint8Array => encodeCommand("leaseGrant", { id, ttl });
const revoke = (id: bigint): Uint8Array => encodeCommand("leaseRevoke", { id });
const put = (key: string, lease: bigint): Uint8Array => encodeCommand("put", { key, lease });

function stateAfter(...commands: readonly Uint8Array[]): { readonly state: StoreState; readonly answers: readonly unknown[] } {
  const state = StoreState.create();
  return { state, answers: commands.map((command) => state.apply(command)) };
}

const keysOf = (state: StoreState, lease: bigint): readonly string[] => state.kv.keysOf(lease);

it("grants a lease, hangs keys on it, and deletes them with it, all in one revision", () => {
  const { state, answers } = stateAfter(grant(7n), put("b", 7n), put("a", 7n), put("c", 0n), revoke(7n));
  expect(answers[0]).toEqual({
    type: "leaseGrant",
    revision: 1,
    lease: { id: 7n, serial: 1, ttlSec: 60, remainingSec: 60 },
  });
  expect(answers.at(-1)).toEqual({ type: "leaseRevoke", revision: 5, id: 7n });
  expect([...state.kv.changesFrom(5)].map(({ key, sub, deleted }) => [key, sub, deleted])).toEqual([
    ["a", 0, true],
    ["b", 1, true],
  ]);
  expect([state.kv.size, state.leases.size]).toEqual([1, 0]);
});

it("refuses a lease that exists, the end of one that does not, and a put on one that does not", () => {
  const { state, answers } = stateAfter(grant(7n), grant(7n, 5), revoke(8n), put("a", 8n));
  expect(answers.slice(1)).toEqual([
    { type: "refused", error: "leaseExists" },
    { type: "refused", error: "leaseNotFound" },
    { type: "refused", error: "leaseNotFound" },
  ]);
  expect(state.leases.get(7n)?.ttlSec).toBe(60);
  expect(state.kv.revision).toBe(1);
});

it("takes what a leader says of times: leases that ended, in the order given, and what is left of others", () => {
  const times = encodeCommand("leaseTimes", {
    expired: [
      { id: 8n, serial: 2 },
      { id: 7n, serial: 1 },
    ],
    remaining: [{ id: 9n, serial: 3, sec: 12 }],
  });
  const { state, answers } = stateAfter(grant(7n), grant(8n), grant(9n), put("a", 7n), put("b", 8n), times);
  expect(answers.at(-1)).toMatchObject({
    type: "leaseTimes",
    revision: 5,
    ended: [
      { id: 8n, serial: 2 },
      { id: 7n, serial: 1 },
    ],
  });
  expect([...state.kv.changesFrom(4)].map(({ key, modRevision }) => [key, modRevision])).toEqual([
    ["b", 4],
    ["a", 5],
  ]);
  expect([...state.leases.all()]).toEqual([{ id: 9n, serial: 3, ttlSec: 60, remainingSec: 12 }]);
  state.apply(encodeCommand("leaseTimes", { remaining: [{ id: 9n, serial: 3 }] }));
  expect(state.leases.get(9n)?.remainingSec).toBe(60);
});

it("leaves alone a lease that was granted under the same id after the leader looked", () => {
  const times = encodeCommand("leaseTimes", {
    expired: [{ id: 7n, serial: 1 }],
    remaining: [{ id: 7n, serial: 1, sec: 3 }],
  });
  const { state } = stateAfter(grant(7n), revoke(7n), grant(7n, 90), put("a", 7n), times);
  expect(state.leases.get(7n)).toEqual({ id: 7n, serial: 2, ttlSec: 90, remainingSec: 90 });
  expect(keysOf(state, 7n)).toEqual(["a"]);
});

it("is the same after a snapshot, and goes on as the original does", () => {
  const { state } = stateAfter(grant(7n), grant(-8n), revoke(7n), grant(7n), put("a", 7n), grant(2n ** 63n - 1n));
  const parts = JSON.parse(JSON.stringify(state.parts())) as ReturnType<StoreState["parts"]>;
  const restored = StoreState.restore(parts, readWholeSnapshot(wholeSnapshot(state.kv)));
  const later = [grant(1n), put("b", 7n), revoke(-8n)];
  expect(later.map((command) => restored.apply(command))).toEqual(later.map((command) => state.apply(command)));
  expect(restored.parts()).toEqual(state.parts());
  expect([...restored.leases.all()]).toEqual([...state.leases.all()]);
  expect(keysOf(restored, 7n)).toEqual(["a", "b"]);
});

it("has no leases and no users after a snapshot from before there were any", () => {
  const restored = StoreState.restore({}, readWholeSnapshot(wholeSnapshot(StoreState.create().kv)));
  expect(restored.parts()).toEqual({
    alarms: [],
    leases: { lastSerial: 0, leases: [] },
    auth: { enabled: false, revision: 1, users: [], roles: [] },
    sessions: [],
  });
});
