// Shows what etcd's calls of leases answer message by message, on a store that needs no network: ids and lifetimes that clients leave to us, renewals in the order they were asked for, and who is told that there is no such lease.
import { describe, expect, it } from "vitest";
import { RequestFailed } from "../../../src/store/ask.js";
import { refusalOf } from "../../../src/store/ask.js";
import { encodeCommand } from "../../../src/store/entries/commands.js";
import { GrpcError } from "../../../src/store/io/grpc.js";
import type { GrpcStream } from "../../../src/store/io/grpc.js";
import { leaseService } from "../../../src/store/rpc/lease.js";
import type { Store } from "../../../src/store/rpc/store.js";
import { StoreState } from "../../../src/store/store-state.js";
import { decode } from "../../../src/store/wire/decode.js";
import { encode } from "../../../src/store/wire/encode.js";
import { rpcs } from "../../../src/store/wire/rpcs.js";
import type { Rpc } from "../../../src/store/wire/rpcs.js";
import type { Given } from "../../../src/store/wire/schema.js";
import { leasesOf } from "./leases-of.js";
import { noUpkeep } from "./no-upkeep.js";
import { accessOf } from "./access-of.js";
import { streamsOf } from "./streams-of.js";

type LeaseStore = Pick<Store, "write" | "header" | "leases" | "streams" | "upkeep">;

function world(): { readonly state: StoreState; readonly store: LeaseStore } {
  const state = StoreState.create();
  const header = () => ({ cluster: "1", member: "1", revision: state.kv.revision, term: 3 });
  const store: LeaseStore = {
    write: (_name, command) => {
      const answer = state.apply(command);
      if (answer.type === "refused") return Promise.reject(new RequestFailed(refusalOf(answer)));
      return Promise.resolve({ term: 3, answer: answer as never });
    },
    header,
    leases: leasesOf(state),
    upkeep: noUpkeep,
    streams: streamsOf(() => state.kv, header).streams,
  };
  return { state, store };
}

const methodOf = (store: LeaseStore & Partial<Pick<Store, "access">>, { path }: Rpc<unknown, unknown>) =>
  leaseService({ access: accessOf(), ...store }).find((each) => each.path === path)?.method;

function ask<I, O>(store: Parameters<typeof methodOf>[0], rpc: Rpc<I, O>, request: Given<I>): Promise<O> {
  const method = methodOf(store, rpc);
  return new Promise((resolve, reject) => {
    if (method?.kind !== "unary") throw new Error("no unary method");
    method.answer(encode(rpc.input, request), { metadata: new Map(), timeoutMs: undefined, onCancel: () => {} }, (answer) => {
      if (answer instanceof GrpcError) reject(answer);
      else resolve(decode(rpc.output, answer));
    });
  });
}

const { leaseGrant, leaseRevoke, leaseKeepAlive, leaseTimeToLive, leaseLeases } = rpcs.lease;

describe("a grant", () => {
  it("takes the id and the time that the client says", async () => {
    const { store } = world();
    expect(await ask(store, leaseGrant, { id: -7n, ttl: 9_000_000_000 })).toMatchObject({ id: -7n, ttl: 9_000_000_000 });
    expect(await ask(store, leaseLeases, {})).toMatchObject({ leases: [{ id: -7n }] });
  });

  it.each([0, -5, 1])("of %i s lasts as long as a lease has to: longer than the choice of a leader takes", async (ttl) => {
    expect(await ask(world().store, leaseGrant, { id: 7n, ttl })).toMatchObject({ ttl: 2 });
  });

  it("without an id gets one that is positive, and another each time", async () => {
    const { store } = world();
    const drawn = [await ask(store, leaseGrant, { ttl: 5 }), await ask(store, leaseGrant, { ttl: 5 })];
    expect(new Set(drawn.map(({ id }) => id)).size).toBe(2);
    expect(drawn.every(({ id }) => id > 0n)).toBe(true);
  });

  it("of too much time is refused, also where the id is taken; and so is an id that is taken", async () => {
    const { store } = world();
    await ask(store, leaseGrant, { id: 7n, ttl: 5 });
    const tooLong = { code: 11, message: "etcdserver: too large lease TTL", trailers: { "devious-definite": "1" } };
    await expect(ask(store, leaseGrant, { id: 7n, ttl: 9_000_000_001 })).rejects.toMatchObject(tooLong);
    const taken = { code: 9, message: "etcdserver: lease already exists", trailers: { "devious-definite": "1" } };
    await expect(ask(store, leaseGrant, { id: 7n, ttl: 5 })).rejects.toMatchObject(taken);
  });
});

it("a revoke says the revision after the keys are gone, or that there is no such lease", async () => {
  const { state, store } = world();
  await ask(store, leaseGrant, { id: 7n, ttl: 5 });
  state.apply(encodeCommand("put", { key: "k", lease: 7n }));
  expect(await ask(store, leaseRevoke, { id: 7n })).toMatchObject({ header: { revision: 3, raftTerm: 3 } });
  const notFound = { code: 5, message: "etcdserver: requested lease not found" };
  await expect(ask(store, leaseRevoke, { id: 7n })).rejects.toMatchObject(notFound);
});

it("time to live: whole seconds that are left, keys where asked for; -1 where there is no such lease", async () => {
  const { state, store } = world();
  await ask(store, leaseGrant, { id: 7n, ttl: 5 });
  for (const key of ["b", "a"]) state.apply(encodeCommand("put", { key, lease: 7n }));
  expect(await ask(store, leaseTimeToLive, { id: 7n })).toMatchObject({ id: 7n, ttl: 5, grantedTtl: 5, keys: [] });
  expect(await ask(store, leaseTimeToLive, { id: 7n, keys: true })).toMatchObject({ keys: ["a", "b"] });
  expect(await ask(store, leaseTimeToLive, { id: 8n, keys: true })).toMatchObject({ id: 8n, ttl: -1, grantedTtl: 0, keys: [] });
});

describe("with users and roles", () => {
  it("tells what hangs on a lease only to who may read it, and how long it lasts to anybody", async () => {
    const { state, store } = world();
    await ask(store, leaseGrant, { id: 7n, ttl: 5 });
    state.apply(encodeCommand("put", { key: "secret", lease: 7n }));
    state.apply(encodeCommand("userAdd", { name: "root", password: "hash" }));
    state.apply(encodeCommand("userGrantRole", { user: "root", role: "root" }));
    state.apply(encodeCommand("authEnable", {}));
    const guarded = { ...store, access: accessOf(state.auth) };
    expect(await ask(guarded, leaseTimeToLive, { id: 7n })).toMatchObject({ ttl: 5, keys: [] });
    const asked = ask(guarded, leaseTimeToLive, { id: 7n, keys: true });
    await expect(asked).rejects.toMatchObject({ code: 3, message: "etcdserver: user name is empty" });
  });
});

describe("a stream of renewals", () => {
  /** Sends the ids, and then says that there are no more. What was answered: [id, ttl]; how it ended, once it has. */
  async function keepAlive(store: LeaseStore, ids: readonly bigint[]) {
    const answers: [bigint, number][] = [];
    let endedWith: (error: GrpcError | undefined) => void = () => {};
    const ended = new Promise<GrpcError | undefined>((resolve) => (endedWith = resolve));
    let onMessage: (message: Buffer) => void = () => {};
    let onEnd = (): void => {};
    const stream: GrpcStream = {
      call: { metadata: new Map(), timeoutMs: undefined, onCancel: () => {} },
      writable: true,
      onMessage: (listener) => (onMessage = listener),
      onEnd: (listener) => (onEnd = listener),
      onDrain: () => {},
      write: (parts) => {
        const { id, ttl } = decode(leaseKeepAlive.output, Buffer.concat(parts));
        return answers.push([id, ttl]) > 0;
      },
      end: (error) => endedWith(error),
    };
    const method = methodOf(store, leaseKeepAlive);
    if (method?.kind !== "stream") throw new Error("no stream");
    method.open(stream);
    for (const id of ids) onMessage(encode(leaseKeepAlive.input, { id }));
    onEnd();
    return { answers, error: await ended };
  }

  it("is answered in the order of its requests, with 0 for a lease that is not there, and ends when all are answered", async () => {
    const { store } = world();
    await ask(store, leaseGrant, { id: 7n, ttl: 5 });
    await ask(store, leaseGrant, { id: 8n, ttl: 6 });
    expect(await keepAlive(store, [7n, 9n, 8n, 7n])).toEqual({
      answers: [
        [7n, 5],
        [9n, 0],
        [8n, 6],
        [7n, 5],
      ],
      error: undefined,
    });
    expect(await keepAlive(store, [])).toEqual({ answers: [], error: undefined });
  });

  it("ends with the first that fails", async () => {
    const { store } = world();
    await ask(store, leaseGrant, { id: 7n, ttl: 5 });
    const { leases } = store;
    const failing = Object.assign(Object.create(leases) as typeof leases, {
      keepAlive: (id: bigint) =>
        id === 7n
          ? Promise.resolve(5)
          : Promise.reject(new RequestFailed({ kind: "unavailable", message: "", error: "noLeader" })),
    });
    const { answers, error } = await keepAlive({ ...store, leases: failing }, [7n, 8n, 7n]);
    expect([answers, error]).toMatchObject([[[7n, 5]], { code: 14, message: "etcdserver: no leader" }]);
  });

  it("may not ask for more than it waits for", async () => {
    const { error } = await keepAlive(
      world().store,
      Array.from({ length: 1001 }, () => 7n),
    );
    expect(error).toMatchObject({ code: 8, message: "too many renewals wait on this stream" });
  });
});
