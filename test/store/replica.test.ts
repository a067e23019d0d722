// Shows that members are part of what is replicated: they come and go with the log, survive snapshots, and no number is given twice.
import { expect, it } from "vitest";
import { encodeCommand } from "../../src/store/entries/commands.js";
import { wholeSnapshot } from "../../src/store/mvcc/whole-snapshot.js";
import { encodeConfChange } from "../../src/store/raft/conf-codec.js";
import type { ConfChange, Entry } from "../../src/store/raft/types.js";
import { encodeMember, Replica } from "../../src/store/replica.js";
import type { Member } from "../../src/store/replica.js";

const member = (id: number): Member => ({ id, name: `n${id}`, host: `n${id}`, peerPort: 2380 });
const conf = (kind: ConfChange["changes"][number]["kind"], id: number, added?: Member): Entry => {
  const change = { changes: [{ kind, member: id }], context: added === undefined ? new Uint8Array() : encodeMember(added) };
  return { index: 1, term: 1, kind: "conf", data: encodeConfChange(change) };
};
const ids = (replica: Replica): number[] => [...replica.members.keys()];

it("adds, promotes and removes", () => {
  const replica = Replica.create([member(1), member(2)]);
  expect(replica.apply(conf("addLearner", 3, member(3)))).toMatchObject({ type: "conf", member: member(3) });
  expect(replica.apply(conf("addVoter", 3))).toMatchObject({ type: "conf", member: undefined });
  replica.apply(conf("remove", 1));
  expect(ids(replica)).toEqual([2, 3]);
  expect(replica.members.get(3)).toEqual(member(3));
});

it("knows where clients reach a member once that has said so, wherever it moves, and after a snapshot", () => {
  const replica = Replica.create([member(1), member(2)]);
  const clientUrls = ["http://n2:2379"];
  for (const id of [2n, 9n]) {
    const data = encodeCommand("publish", { member: id, clientUrls });
    replica.apply({ index: 2, term: 1, kind: "normal", data });
  }
  replica.apply(conf("addLearner", 0, { ...member(2), host: "elsewhere" }));
  const moved = { ...member(2), host: "elsewhere", clientUrls };
  expect([...Replica.restore([wholeSnapshot(replica)]).members.values()]).toEqual([member(1), moved]);
});

it("never gives the number of a removed member again, also after a snapshot", () => {
  const replica = Replica.create([member(1), member(2)]);
  replica.apply(conf("addLearner", 3, member(3)));
  replica.apply(conf("remove", 3));
  expect(replica.nextMember).toBe(4);
  expect(Replica.restore([wholeSnapshot(replica)]).nextMember).toBe(4);
});

it("a snapshot holds members and keys; an empty entry changes nothing", () => {
  const replica = Replica.create([member(1)]);
  const data = encodeCommand("put", { key: "k", value: Buffer.from("v") });
  replica.apply({ index: 2, term: 1, kind: "normal", data });
  expect(replica.apply({ index: 3, term: 2, kind: "normal", data: new Uint8Array() })).toEqual({ type: "noop" });
  const restored = Replica.restore([wholeSnapshot(replica)]);
  expect(ids(restored)).toEqual([1]);
  expect([restored.kv.revision, restored.kv.size]).toEqual([2, 1]);
  expect(wholeSnapshot(restored)).toEqual(wholeSnapshot(replica));
});

it("begins a new cluster with the state of another: keys and leases, with all their time, but neither its members nor its alarms", () => {
  const replica = Replica.create([member(1), member(7)]);
  const apply = (data: Uint8Array): unknown => replica.state.apply(data);
  apply(encodeCommand("leaseGrant", { id: 5n, ttl: 60 }));
  apply(encodeCommand("put", { key: "k", lease: 5n }));
  apply(encodeCommand("leaseTimes", { expired: [], remaining: [{ id: 5n, serial: 1, sec: 3 }] }));
  apply(encodeCommand("alarm", { action: 1, memberId: 7n, alarm: 1 }));
  expect(replica.state.leases.get(5n)).toMatchObject({ remainingSec: 3 });
  const refounded = Replica.refound([wholeSnapshot(replica)], [member(1), member(2)]);
  expect([ids(refounded), refounded.nextMember]).toEqual([[1, 2], 3]);
  expect(refounded.state.leases.get(5n)).toMatchObject({ ttlSec: 60, remainingSec: 60 });
  expect(refounded.state.alarms.list()).toEqual([]);
  expect([refounded.kv.revision, refounded.kv.keysOf(5n)]).toEqual([2, ["k"]]);
});

/** As versions before the history wrote them. */
const oldPut = (key: string, value: string): Uint8Array =>
  Buffer.concat([Buffer.of(1, key.length, 0, 0, 0), Buffer.from(key + value)]);
const oldDelete = (key: string): Uint8Array => Buffer.concat([Buffer.of(2, key.length, 0, 0, 0), Buffer.from(key)]);

function oldSnapshot(
  revision: number,
  pairs: readonly [key: string, value: string, create: number, mod: number, version: number][],
) {
  const json = Buffer.from(JSON.stringify({ members: [member(1)], lastMember: 3 }));
  const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
  const f64 = (...values: number[]): Buffer => Buffer.from(Float64Array.from(values).buffer);
  const records = pairs.map(([key, value, ...revisions]) =>
    Buffer.concat([u32(key.length), u32(value.length), f64(...revisions), Buffer.from(key + value)]),
  );
  return Buffer.concat([u32(json.length), json, f64(revision), ...records]);
}

it("reads the snapshots and the commands of older versions, and ends in the same state wherever the one stops and the other begins", () => {
  const commands = [oldPut("a", "1"), oldPut("b", "2"), oldDelete("b"), oldDelete("b"), oldPut("a", "3")];
  const later = [encodeCommand("put", { key: "c" }), encodeCommand("deleteRange", { key: "a" })];
  const afterEach: Parameters<typeof oldSnapshot>[] = [
    [1, []],
    [2, [["a", "1", 2, 2, 1]]],
    [3, [["a", "1", 2, 2, 1], ["b", "2", 3, 3, 1]]], // prettier-ignore
    [4, [["a", "1", 2, 2, 1]]],
    [4, [["a", "1", 2, 2, 1]]],
    [5, [["a", "3", 2, 5, 2]]],
  ];
  const ends = afterEach.map((snapshot, applied) => {
    const replica = Replica.restore([oldSnapshot(...snapshot)]);
    expect([...replica.members.keys(), replica.nextMember]).toEqual([1, 4]);
    for (const data of [...commands.slice(applied), ...later]) replica.apply({ index: 2, term: 1, kind: "normal", data });
    const { kv } = replica;
    expect([kv.revision, kv.compactRevision, kv.size]).toEqual([7, 5, 1]);
    return wholeSnapshot(replica).toString("hex");
  });
  expect(new Set(ends).size).toBe(1);
});
