// Shows what etcd's calls answer message by message: the real state machine under a store that needs no network; what it cannot do is refused by name, and failures have etcd's code and words.
import { expect, it, vi } from "vitest";
import { encodeCommand } from "../../../src/store/entries/commands.js";
import { RequestFailed } from "../../../src/store/ask.js";
import type { Failure, MemberChange } from "../../../src/store/ask.js";
import type { Header, Store } from "../../../src/store/rpc/store.js";
import { GrpcError, grpcCode } from "../../../src/store/io/grpc.js";
import type { GrpcCall, GrpcStream, Methods } from "../../../src/store/io/grpc.js";
import { refusalOf } from "../../../src/store/ask.js";
import type { Refused } from "../../../src/store/mvcc/requests.js";
import { StoreState } from "../../../src/store/store-state.js";
import { inSlices } from "../../../src/store/slices.js";
import { CallCounts } from "../../../src/store/rpc/counted.js";
import { etcdMethods } from "../../../src/store/rpc/methods.js";
import { decode } from "../../../src/store/wire/decode.js";
import { encode } from "../../../src/store/wire/encode.js";
import type { ErrorName } from "../../../src/store/wire/errors.js";
import { rpcs } from "../../../src/store/wire/rpcs.js";
import type { Rpc } from "../../../src/store/wire/rpcs.js";
import { leasesOf } from "./leases-of.js";
import type { Given } from "../../../src/store/wire/schema.js";

import { accessOf } from "./access-of.js";
import { streamsOf } from "./streams-of.js";

const call: GrpcCall = { metadata: new Map(), timeoutMs: undefined, onCancel: () => {} };

interface World {
  readonly store: Store;
  readonly changes: MemberChange[];
  failure: Failure | undefined;
  leader: number;
  isLearner: boolean;
  quotaBytes: number;
  /** What is copied. */
  copied: Buffer[];
  /** Whether copies were closed. */
  closed: number;
  /** What operators asked for. */
  readonly upkept: string[];
}

function world(): World {
  const state = StoreState.create();
  const { kv } = state;
  const header = (): Header => ({ cluster: "18446744073709551615", member: "1", revision: kv.revision, term: 3 });
  const made: World = {
    changes: [],
    failure: undefined,
    leader: 2,
    isLearner: false,
    quotaBytes: Infinity,
    copied: [],
    closed: 0,
    upkept: [],
    store: {
      write: async (_name, command) => {
        if (made.failure !== undefined) throw new RequestFailed(made.failure);
        const answer = state.apply(command);
        if (answer.type === "refused") throw new RequestFailed(refusalOf(answer));
        return Promise.resolve({ term: 3, answer: answer as never });
      },
      read: (asked) => {
        const answer = asked(kv);
        return isRefused(answer) ? Promise.reject(new RequestFailed(refusalOf(answer))) : Promise.resolve(answer);
      },
      hash: (revision) => {
        const walk = kv.hash(revision);
        return "type" in walk ? Promise.reject(new RequestFailed(refusalOf(walk))) : inSlices(() => walk.step());
      },
      compacted: async () => {
        await inSlices((hasTime) => (kv.compactSlice(hasTime) ? undefined : true));
      },
      changeMembers: async (change) => {
        if (made.failure !== undefined) throw new RequestFailed(made.failure);
        made.changes.push(change);
        return Promise.resolve(4);
      },
      members: () => [{ id: 1, name: "n1", peerUrl: "http://n1:2380", clientUrls: ["http://n1:2379"], isLearner: false }],
      isLearner: () => made.isLearner,
      header,
      ...streamsOf(() => kv, header),
      access: accessOf(state.auth),
      unhealthy: () => undefined,
      status: () => Promise.resolve({}),
      upkeep: {
        alarms: (type) => state.alarms.list(type),
        hasRoom: (bytes) => kv.bytes + bytes < made.quotaBytes,
        defragment: () => {
          kv.defragmented();
          return Promise.resolve(void made.upkept.push("defragmented"));
        },
        moveLeader: (to) => Promise.resolve(void made.upkept.push(`moved to ${to}`)),
        copyState: () => {
          const left = [...made.copied];
          return Promise.resolve({
            byteLength: left.reduce((bytes, each) => bytes + each.length, 0),
            read: () => Promise.resolve(left.shift()),
            close: () => Promise.resolve(void made.closed++),
          });
        },
      },
      raftStatus: () => ({
        leader: made.leader,
        committed: 9,
        applied: 8,
        isLearner: made.isLearner,
        bytes: kv.bytes,
        mostBytes: kv.mostBytes,
      }),
      leases: leasesOf(state),
    },
  };
  return made;
}

function isRefused<A>(answer: A | Refused<ErrorName>): answer is Refused<ErrorName> {
  return (answer as Partial<Refused<ErrorName>>).type === "refused";
}

/** Bytes in, bytes out, as the gRPC server calls it. */
function ask<I, O>({ store }: World, rpc: Rpc<I, O>, request: Given<I>): Promise<O> {
  return askBytes(store, rpc, encode(rpc.input, request));
}

function askBytes<I, O>(store: Store, rpc: Rpc<I, O>, bytes: Buffer): Promise<O> {
  const method = etcdMethods(store, new CallCounts()).get(rpc.path);
  return new Promise((resolve, reject) => {
    if (method?.kind !== "unary") throw new Error("no unary method");
    method.answer(bytes, call, (answer) => {
      if (answer instanceof GrpcError) reject(answer);
      else resolve(decode(rpc.output, answer));
    });
    // the bytes are the connection's again once the call has returned
    bytes.fill(0xff);
  });
}

const header = (revision: number) => ({ clusterId: 2n ** 64n - 1n, memberId: 1n, revision, raftTerm: 3 });
const pair = (key: string, value: string, createRevision: number, modRevision: number, version: number) => ({
  key,
  value: Buffer.from(value),
  createRevision,
  modRevision,
  version,
  lease: 0n,
});

it("puts, ranges and deletes with etcd's revisions", async () => {
  const here = world();
  const { kv } = rpcs;
  expect(await ask(here, kv.put, { key: "a\xff", value: Buffer.from("1") })).toEqual({ header: header(2), prevKv: undefined });
  const again = await ask(here, kv.put, { key: "a\xff", value: Buffer.from("2"), prevKv: true });
  expect(again).toEqual({ header: header(3), prevKv: pair("a\xff", "1", 2, 2, 1) });
  await ask(here, kv.put, { key: "b" });
  expect(await ask(here, kv.range, { key: "a", rangeEnd: "c", limit: 1 })).toEqual({
    header: header(4),
    kvs: [pair("a\xff", "2", 2, 3, 2)],
    more: true,
    count: 2,
  });
  expect((await ask(here, kv.range, { key: "\0", rangeEnd: "\0", keysOnly: true, limit: -1 })).kvs).toEqual([
    pair("a\xff", "", 2, 3, 2),
    pair("b", "", 4, 4, 1),
  ]);
  expect(await ask(here, kv.range, { key: "\0", rangeEnd: "\0", countOnly: true })).toMatchObject({ kvs: [], count: 2 });
  expect(await ask(here, kv.deleteRange, { key: "a", rangeEnd: "b", prevKv: true })).toEqual({
    header: header(5),
    deleted: 1,
    prevKvs: [pair("a\xff", "2", 2, 3, 2)],
  });
  expect(await ask(here, kv.deleteRange, { key: "a" })).toEqual({ header: header(5), deleted: 0, prevKvs: [] });
});

const encoded = (text: string): Buffer => Buffer.from(text);

it("reads the past, in other orders, within bounds", async () => {
  const here = world();
  const { kv } = rpcs;
  for (const [key, value] of [["a", "3"], ["b", "1"], ["a", "2"]] as const) await ask(here, kv.put, { key, value: encoded(value) }); // prettier-ignore
  const all = { key: "\0", rangeEnd: "\0" };
  const values = async (asked: Given<(typeof kv.range.input)["zero"]>): Promise<string[]> =>
    (await ask(here, kv.range, asked)).kvs.map(({ value }) => Buffer.from(value).toString());
  expect(await values({ ...all, revision: 2 })).toEqual(["3"]);
  expect(await values({ ...all, sortTarget: 4 })).toEqual(["1", "2"]);
  expect(await values({ ...all, sortTarget: 3, sortOrder: 2 })).toEqual(["2", "1"]);
  expect(await values({ ...all, maxModRevision: 3 })).toEqual(["1"]);
  expect(await ask(here, kv.range, { ...all, revision: 2 })).toMatchObject({ header: header(4), count: 1 });
});

it("puts keep the key's value where they are asked to", async () => {
  const here = world();
  await ask(here, rpcs.kv.put, { key: "a", value: encoded("1") });
  await ask(here, rpcs.kv.put, { key: "a", ignoreValue: true });
  expect((await ask(here, rpcs.kv.range, { key: "a" })).kvs).toEqual([pair("a", "1", 2, 3, 2)]);
});

it("does transactions, and tells of each step what it did", async () => {
  const here = world();
  const { kv } = rpcs;
  const txn: Given<(typeof kv.txn.input)["zero"]> = {
    compare: [{ key: "a", target: 2, result: 0, modRevision: 0 }],
    success: [
      { requestPut: { key: "a", value: encoded("1") } },
      { requestTxn: { success: [{ requestRange: { key: "a" } }] } },
      { requestDeleteRange: { key: "b" } },
    ],
    failure: [{ requestRange: { key: "a" } }],
  };
  const inner = { clusterId: 0n, memberId: 0n, raftTerm: 0 };
  const found = { header: { ...inner, revision: 2 }, kvs: [pair("a", "1", 2, 2, 1)], more: false, count: 1 };
  const none = { responseRange: undefined, responsePut: undefined, responseDeleteRange: undefined, responseTxn: undefined };
  expect(await ask(here, kv.txn, txn)).toEqual({
    header: header(2),
    succeeded: true,
    responses: [
      { ...none, responsePut: { header: { ...inner, revision: 2 }, prevKv: undefined } },
      {
        ...none,
        responseTxn: { header: { ...inner, revision: 0 }, succeeded: true, responses: [{ ...none, responseRange: found }] },
      },
      { ...none, responseDeleteRange: { header: { ...inner, revision: 2 }, deleted: 0, prevKvs: [] } },
    ],
  });
  const again = await ask(here, kv.txn, txn);
  expect(again).toMatchObject({ header: header(2), succeeded: false, responses: [{ responseRange: { count: 1 } }] });
});

it("transactions that only read make no entry, and compare with what was asked though its bytes are gone", async () => {
  const here = world();
  await ask(here, rpcs.kv.put, { key: "a", value: encoded("1") });
  here.failure = { kind: "indefinite", message: "nothing is to be written" };
  const compare = [{ key: "a", target: 3, result: 0, value: encoded("1") }];
  const read = await ask(here, rpcs.kv.txn, { compare, success: [{ requestRange: { key: "a" } }] });
  expect(read).toMatchObject({ header: header(2), succeeded: true, responses: [{ responseRange: { count: 1 } }] });
});

it("compacts, at once for readers and in the end for the memory, and hashes what is left", async () => {
  const here = world();
  const { kv, maintenance } = rpcs;
  for (const value of ["1", "2", "3"]) await ask(here, kv.put, { key: "a", value: encoded(value) });
  const before = await ask(here, maintenance.hashKV, { revision: 2 });
  expect(before).toMatchObject({ header: header(4), compactRevision: -1 });
  const sizes = async () => {
    const { dbSize, dbSizeInUse } = await ask(here, maintenance.status, {});
    return { dbSize, dbSizeInUse };
  };
  const { dbSize: full } = await sizes();
  expect(await sizes()).toEqual({ dbSize: full, dbSizeInUse: full });
  expect(await ask(here, kv.compact, { revision: 4, physical: true })).toEqual({ header: header(4) });
  const { dbSize, dbSizeInUse } = await sizes();
  expect([dbSize, dbSizeInUse < full]).toEqual([full, true]);
  await ask(here, maintenance.defragment, {});
  expect(await sizes()).toEqual({ dbSize: dbSizeInUse, dbSizeInUse });
  await expect(ask(here, kv.range, { key: "a", revision: 2 })).rejects.toMatchObject({
    code: 11,
    message: "etcdserver: mvcc: required revision has been compacted",
  });
  const [whole, now] = [await ask(here, maintenance.hash, {}), await ask(here, maintenance.hashKV, {})];
  expect([now.hash, now.compactRevision]).toEqual([whole.hash, 4]);
  expect(now.hash).not.toBe(before.hash);
});

it("lists and changes members", async () => {
  const here = world();
  const { cluster } = rpcs;
  const shown = { id: 1n, name: "n1", peerUrls: ["http://n1:2380"], clientUrls: ["http://n1:2379"], isLearner: false };
  expect(await ask(here, cluster.memberList, {})).toEqual({ header: header(0), members: [shown] });
  const added = await ask(here, cluster.memberAdd, { peerUrls: ["http://n4:2399"], isLearner: true });
  // it has not started
  const coming = { ...shown, id: 4n, name: "", peerUrls: ["http://n4:2399"], clientUrls: [], isLearner: true };
  expect(added.member).toEqual(coming);
  await ask(here, cluster.memberPromote, { id: 4n });
  await ask(here, cluster.memberRemove, { id: 4n });
  expect(here.changes).toEqual([
    { kind: "add", name: "n4", host: "n4", peerPort: 2399, isLearner: true },
    { kind: "promote", member: 4 },
    { kind: "remove", member: 4 },
  ]);
});

it("says how the member is", async () => {
  const here = world();
  await ask(here, rpcs.kv.put, { key: "key", value: Buffer.from("value") });
  here.isLearner = true;
  const status = await ask(here, rpcs.maintenance.status, {});
  const shown = { leader: 2n, raftIndex: 9, raftAppliedIndex: 8, raftTerm: 3, isLearner: true, dbSize: 72, errors: [] };
  expect(status).toMatchObject({ ...shown, version: "3.4.0" });
  here.leader = 0;
  expect(await ask(here, rpcs.maintenance.status, {})).toMatchObject({ leader: 0n, errors: ["etcdserver: no leader"] });
  here.isLearner = false;
  expect(await ask(here, rpcs.maintenance.alarm, {})).toEqual({ header: undefined, alarms: [] });
});

it("a learner tells what it holds to whoever asks for no more than that, and refuses everything else", async () => {
  const here = world();
  await ask(here, rpcs.kv.put, { key: "k", value: Buffer.from("v") });
  here.isLearner = true;
  expect((await ask(here, rpcs.kv.range, { key: "k", serializable: true })).kvs).toHaveLength(1);
  const refusal = new GrpcError(grpcCode.unavailable, "etcdserver: rpc not supported for learner", { "devious-definite": "1" });
  const answered = new Set<string>([rpcs.maintenance.status.path]);
  for (const [path, method] of etcdMethods(here.store, new CallCounts())) {
    if (answered.has(path)) continue;
    const refused = await new Promise((resolve) => {
      if (method.kind === "unary") method.answer(Buffer.alloc(0), call, resolve);
      else method.open({ call, end: resolve } as unknown as GrpcStream);
    });
    expect([path, refused]).toEqual([path, refusal]);
  }
  expect(here.changes).toEqual([]);
});

it("raises the alarm where a put finds no room, refuses what adds to the state until it is disarmed, and nothing else", async () => {
  const here = world();
  const { kv, maintenance } = rpcs;
  await ask(here, kv.put, { key: "a", value: Buffer.from("1") });
  here.quotaBytes = here.store.raftStatus().bytes + 300;
  const noSpace = { code: 8, message: "etcdserver: mvcc: database space exceeded", trailers: { "devious-definite": "1" } };
  await expect(ask(here, kv.put, { key: "b", value: Buffer.alloc(100) })).rejects.toMatchObject(noSpace);
  const alarms = [{ memberId: 1n, alarm: 1 }];
  expect(await ask(here, maintenance.alarm, {})).toEqual({ header: undefined, alarms });
  expect(await ask(here, maintenance.status, {})).toMatchObject({ errors: ["memberID:1 alarm:NOSPACE "] });

  // there would be room for these: it is the alarm that refuses them
  await expect(ask(here, kv.put, { key: "b" })).rejects.toMatchObject(noSpace);
  const puts = {
    success: [{ requestRange: { key: "a" } }],
    failure: [{ requestTxn: { success: [{ requestPut: { key: "b" } }] } }],
  };
  await expect(ask(here, kv.txn, puts)).rejects.toMatchObject(noSpace);
  await expect(here.store.write("leaseGrant", encodeCommand("leaseGrant", { id: 5n, ttl: 5 }))).rejects.toMatchObject({
    error: "noSpace",
  });

  expect(await ask(here, kv.txn, { success: [{ requestDeleteRange: { key: "z" } }] })).toMatchObject({ succeeded: true });
  expect(await ask(here, kv.deleteRange, { key: "a" })).toMatchObject({ deleted: 1 });
  expect(await ask(here, kv.range, { key: "a" })).toMatchObject({ count: 0 });
  await ask(here, kv.compact, { revision: 3, physical: true });
  await expect(ask(here, kv.put, { key: "b" })).rejects.toMatchObject(noSpace);

  expect(await ask(here, maintenance.alarm, { action: 2, memberId: 1n, alarm: 1 })).toMatchObject({ alarms });
  expect(await ask(here, maintenance.alarm, { action: 2, memberId: 1n, alarm: 1 })).toMatchObject({ alarms: [] });
  expect(await ask(here, kv.put, { key: "b" })).toMatchObject({ header: { revision: 4 } });
});

it("moves leadership only where it is the leader's to give, to a voter that there is", async () => {
  const here = world();
  const move = (targetId: bigint) => ask(here, rpcs.maintenance.moveLeader, { targetId });
  await expect(move(1n)).rejects.toMatchObject({ code: 9, message: "etcdserver: not leader" });
  here.leader = 1;
  await expect(move(9n)).rejects.toMatchObject({ code: 9, message: "etcdserver: bad leader transferee" });
  expect(await move(1n)).toEqual({ header: undefined });
  expect(await ask(here, rpcs.maintenance.defragment, {})).toEqual({ header: undefined });
  expect(here.upkept).toEqual(["moved to 1", "defragmented"]);
});

/** Opens the call, asks once, and takes what comes at its own pace. */
async function snapshotOf(here: World, { room = true, cancelAfter = Infinity } = {}) {
  const method = etcdMethods(here.store, new CallCounts()).get(rpcs.maintenance.snapshot.path);
  if (method?.kind !== "stream") throw new Error("no stream");
  const sent: { remainingBytes: number; blob: Buffer }[] = [];
  let cancel = (): void => undefined;
  await new Promise<void>((resolve) => {
    let drained = (): void => undefined;
    method.open({
      call: { ...call, onCancel: (listener) => (cancel = listener) },
      writable: true,
      onMessage: (listener) => listener(Buffer.alloc(0)),
      onEnd: () => {},
      onDrain: (listener) => (drained = listener),
      write: (parts) => {
        const { remainingBytes, blob } = decode(rpcs.maintenance.snapshot.output, Buffer.concat(parts));
        sent.push({ remainingBytes, blob: Buffer.from(blob) });
        if (sent.length >= cancelAfter) setImmediate(() => (cancel(), setImmediate(resolve)));
        else if (!room) setImmediate(drained);
        return room;
      },
      end: () => resolve(),
    });
  });
  await new Promise((resolve) => setImmediate(resolve));
  return sent;
}

it.each([true, false])("sends a snapshot in parts, and says how much is left; the client has room: %s", async (room) => {
  const here = world();
  here.copied = [Buffer.alloc(700, "a"), Buffer.alloc(300, "b")];
  const sent = await snapshotOf(here, { room });
  expect(sent.map(({ blob }) => blob)).toEqual(here.copied);
  expect(sent.map(({ remainingBytes }) => remainingBytes)).toEqual([300, 0]);
  expect(here.closed).toBe(1);
});

it("gives the copy up where the client goes away", async () => {
  const here = world();
  here.copied = [Buffer.alloc(10), Buffer.alloc(10), Buffer.alloc(10)];
  expect(await snapshotOf(here, { room: false, cancelAfter: 2 })).toHaveLength(2);
  expect(here.closed).toBe(1);
});

it("gives the copy up where the client went away while it was made", async () => {
  const here = world();
  here.copied = [Buffer.alloc(10)];
  const gone = openSnapshot(etcdMethods(here.store, new CallCounts()));
  gone.cancel();
  await expect.poll(() => here.closed).toBe(1);
  expect(gone.written()).toBe(0);
});

it("makes a few copies at once, and no more", async () => {
  const here = world();
  here.copied = [Buffer.alloc(10)];
  const methods = etcdMethods(here.store, new CallCounts());
  const clients = Array.from({ length: 5 }, () => openSnapshot(methods));
  const refused = { code: 8, message: "etcdserver: too many requests" };
  await expect.poll(() => clients.map(({ ended }) => ended())).toMatchObject([...Array(4).fill(undefined), refused]);
  for (const { cancel } of clients) cancel();
  await expect.poll(() => here.closed).toBe(4);
  const next = openSnapshot(methods);
  await expect.poll(() => next.written()).toBe(1);
  next.cancel();
});

/** A client that asks once and has no room for a second message. */
function openSnapshot(methods: Methods) {
  const method = methods.get(rpcs.maintenance.snapshot.path);
  if (method?.kind !== "stream") throw new Error("no stream");
  let written = 0;
  let ended: GrpcError | "well" | undefined;
  let isGone = false;
  let cancel = (): void => undefined;
  method.open({
    call: { ...call, onCancel: (listener) => (cancel = listener) },
    writable: true,
    onMessage: (listener) => listener(Buffer.alloc(0)),
    onEnd: () => {},
    onDrain: () => {},
    write: () => {
      if (!isGone) written++;
      return false;
    },
    end: (error) => (ended = error ?? "well"),
  });
  return { written: () => written, ended: () => ended, cancel: () => ((isGone = true), cancel()) };
}

const key = "k";
it("takes one URL of a member that says where it is, and no other", async () => {
  const asked = ask(world(), rpcs.cluster.memberUpdate, { id: 1n, peerUrls: ["http://n4"] });
  await expect(asked).rejects.toMatchObject({ code: 3, message: "etcdserver: given member URLs are invalid" });
});

it("answers every call of etcd's API", () => {
  const calls = Object.values(rpcs).flatMap((service) => Object.values(service));
  const methods = etcdMethods(world().store, new CallCounts());
  expect([...methods.keys()].sort()).toEqual(calls.map(({ path }) => path).sort());
  expect(calls.map(({ path }) => methods.get(path)?.kind)).toEqual(calls.map(({ kind }) => kind));
});

const put = (here: World): Promise<unknown> => ask(here, rpcs.kv.put, { key });
const promote = (here: World): Promise<unknown> => ask(here, rpcs.cluster.memberPromote, { id: 4n });

it.each<[string, (here: World) => Promise<unknown>, Failure | undefined, number, string, "0" | "1"]>([
  ["no key to range", (here) => ask(here, rpcs.kv.range, {}), undefined, 3, "etcdserver: key is not provided", "1"],
  ["no key to put", (here) => ask(here, rpcs.kv.put, {}), undefined, 3, "etcdserver: key is not provided", "1"],
  ["no key to delete", (here) => ask(here, rpcs.kv.deleteRange, {}), undefined, 3, "etcdserver: key is not provided", "1"],
  [
    "an entry over the bound",
    (here) => ask(here, rpcs.kv.put, { key, value: Buffer.alloc(1.5 * 2 ** 20) }),
    undefined,
    3,
    "etcdserver: request is too large",
    "1",
  ],
  [
    "a value that is to be kept and given",
    (here) => ask(here, rpcs.kv.put, { key, value: encoded("v"), ignoreValue: true }),
    undefined,
    3,
    "etcdserver: value is provided",
    "1",
  ],
  [
    "a key that is not there to keep its value",
    (here) => ask(here, rpcs.kv.put, { key, ignoreValue: true }),
    undefined,
    3,
    "etcdserver: key not found",
    "1",
  ],
  [
    "a revision that is still to come",
    (here) => ask(here, rpcs.kv.compact, { revision: 9 }),
    undefined,
    11,
    "etcdserver: mvcc: required revision is a future revision",
    "1",
  ],
  [
    "an order that nobody knows",
    (here) => ask(here, rpcs.kv.range, { key, sortOrder: 3 }),
    undefined,
    13,
    "the request cannot be read: there is no sort order of number 3",
    "1",
  ],
  [
    "no URL",
    (here) => ask(here, rpcs.cluster.memberAdd, { peerUrls: ["n4"] }),
    undefined,
    3,
    "etcdserver: given member URLs are invalid",
    "1",
  ],
  [
    "a member that cannot be",
    (here) => ask(here, rpcs.cluster.memberRemove, { id: 2n ** 63n }),
    undefined,
    5,
    "etcdserver: member not found",
    "1",
  ],
  ["no leader", put, { kind: "unavailable", message: "", error: "noLeader" }, 14, "etcdserver: no leader", "1"],
  ["nobody knows", put, { kind: "indefinite", message: "" }, 14, "etcdserver: request timed out", "0"],
  ["not now", put, { kind: "unavailable", message: "" }, 14, "etcdserver: request timed out", "1"],
  ["too many", put, { kind: "unavailable", message: "", error: "tooManyRequests" }, 8, "etcdserver: too many requests", "1"],
  [
    "nobody to promote",
    promote,
    { kind: "invalid", message: "", error: "memberNotFound" },
    5,
    "etcdserver: member not found",
    "1",
  ],
  ["what etcd has no name for", promote, { kind: "invalid", message: "why not" }, 3, "why not", "1"],
])("%s: etcd's code and words", async (_, asked, failure, code, message, definite) => {
  const here = world();
  here.failure = failure;
  await expect(asked(here)).rejects.toMatchObject({ code, message, trailers: { "devious-definite": definite } });
});

it("bytes that are no message are refused as grpc-go refuses them", async () => {
  const { store } = world();
  const broken = askBytes(store, rpcs.kv.put, Buffer.from("0aff", "hex"));
  await expect(broken).rejects.toMatchObject({ code: 13, trailers: { "devious-definite": "1" } });
});

it("hashes no password for somebody who may not make users", async () => {
  const here = world();
  await here.store.write("userAdd", encodeCommand("userAdd", { name: "root", password: "hash" }));
  await here.store.write("userGrantRole", encodeCommand("userGrantRole", { user: "root", role: "root" }));
  const hash = vi.spyOn(here.store.access, "hash");
  const add = { name: "eve", password: "word" };
  await ask(here, rpcs.auth.userAdd, add);
  expect(hash).toHaveBeenCalledTimes(1);
  await here.store.write("authEnable", encodeCommand("authEnable", {}));
  await expect(ask(here, rpcs.auth.userAdd, { ...add, name: "mallory" })).rejects.toThrow("etcdserver: user name is empty");
  await expect(ask(here, rpcs.auth.userChangePassword, add)).rejects.toThrow("etcdserver: user name is empty");
  expect(hash).toHaveBeenCalledTimes(1);
});
