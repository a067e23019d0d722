// Shows that members are part of what is replicated: they come and go with the log, survive snapshots, and no number is given twice.
import { expect, it } from "vitest";
import { encodeCommand } from "../../src/store/kv.js";
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

it("never gives the number of a removed member again, also after a snapshot", () => {
  const replica = Replica.create([member(1), member(2)]);
  replica.apply(conf("addLearner", 3, member(3)));
  replica.apply(conf("remove", 3));
  expect(replica.nextMember).toBe(4);
  expect(Replica.restore(replica.snapshot()).nextMember).toBe(4);
});

it("a snapshot holds members and keys; an empty entry changes nothing", () => {
  const replica = Replica.create([member(1)]);
  const data = encodeCommand({ type: "put", key: "k", value: Buffer.from("v") });
  replica.apply({ index: 2, term: 1, kind: "normal", data });
  expect(replica.apply({ index: 3, term: 2, kind: "normal", data: new Uint8Array() })).toEqual({ type: "noop" });
  const restored = Replica.restore(replica.snapshot());
  expect(ids(restored)).toEqual([1]);
  expect([restored.kv.revision, restored.kv.size]).toEqual([2, 1]);
  expect(restored.snapshot()).toEqual(replica.snapshot());
});
