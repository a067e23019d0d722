// Shows what a client of the Watch service is answered, message by message: created, events, refusals in etcd's words, cancels; and how its stream ends.
import { beforeEach, expect, it } from "vitest";
import { GrpcError } from "../../../src/store/io/grpc.js";
import type { GrpcCall, GrpcStream } from "../../../src/store/io/grpc.js";
import { MvccStore } from "../../../src/store/mvcc/mvcc-store.js";
import type { Header, Store } from "../../../src/store/rpc/store.js";
import type { Access } from "../../../src/store/rpc/access.js";
import { watchService } from "../../../src/store/rpc/watch.js";
import { encode } from "../../../src/store/wire/encode.js";
import { rpcs } from "../../../src/store/wire/rpcs.js";
import type { Given } from "../../../src/store/wire/schema.js";
import { del, put } from "../mvcc/words.js";
import { FakeSink } from "../watch/fake-sink.js";
import { accessOf } from "./access-of.js";
import { patienceMs, streamsOf } from "./streams-of.js";
import type { Streams } from "./streams-of.js";

type WatchRequest = Given<(typeof rpcs.watch.watch.input)["zero"]>;

/** A client's stream, as the server sees it. */
class Client extends FakeSink implements GrpcStream {
  readonly call: GrpcCall;
  #message: (message: Buffer) => void = () => {};
  #cancel: () => void = () => {};
  ended: GrpcError | "well" | undefined;

  constructor(metadata: Readonly<Record<string, string>> = {}) {
    super();
    const onCancel = (listener: () => void): void => void (this.#cancel = listener);
    this.call = { metadata: new Map(Object.entries(metadata)), timeoutMs: undefined, onCancel };
  }

  onMessage(listener: (message: Buffer) => void): void {
    this.#message = listener;
  }

  onEnd(): void {}
  onDrain(): void {}

  end(error?: GrpcError): void {
    this.ended = error ?? "well";
  }

  hangUp(): void {
    this.#cancel();
  }

  /** The answers since the last question. */
  ask(...requests: readonly WatchRequest[]): FakeSink["responses"] {
    const before = this.responses.length;
    for (const request of requests) {
      const bytes = encode(rpcs.watch.watch.input, request);
      this.#message(bytes);
      // they are the connection's again
      bytes.fill(0xff);
    }
    return this.responses.slice(before);
  }

  askBytes(hex: string): void {
    this.#message(Buffer.from(hex, "hex"));
  }
}

let kv: MvccStore;
let streams: Streams;
beforeEach(() => {
  kv = new MvccStore(() => false);
  const header = (): Header => ({ cluster: "7", member: "1", revision: kv.revision, term: 3 });
  streams = streamsOf(() => kv, header);
});

function open(client = new Client(), access: Access = accessOf()): Client {
  const [answering] = watchService({ ...streams, access } as unknown as Store);
  if (answering?.method.kind !== "stream") throw new Error("no stream");
  answering.method.open(client);
  return client;
}

function write(op: ReturnType<typeof put> | ReturnType<typeof del>): void {
  kv.apply(op as never);
  streams.hub.applied();
}

const header = (revision: number) => ({ clusterId: 7n, memberId: 1n, revision, raftTerm: 3 });
const response = {
  watchId: 0n,
  created: false,
  canceled: false,
  compactRevision: 0,
  cancelReason: "",
  fragment: false,
  events: [],
};

it("creates a watcher, tells it events with what was before, and cancels it", () => {
  const client = open();
  write(put("a", "1"));
  expect(client.ask({ createRequest: { key: "a", prevKv: true } })).toEqual([{ ...response, header: header(2), created: true }]);
  write(put("a", "2"));
  write(del("a"));
  const pair = (value: string, modRevision: number, version: number) => {
    const createRevision = version === 0 ? 0 : 2;
    return { key: "a", value: Buffer.from(value), createRevision, modRevision, version, lease: 0n };
  };
  expect(client.responses.slice(1)).toEqual([
    { ...response, header: header(3), events: [{ type: 0, kv: pair("2", 3, 2), prevKv: pair("1", 2, 1) }] },
    { ...response, header: header(4), events: [{ type: 1, kv: pair("", 4, 0), prevKv: pair("2", 3, 2) }] },
  ]);
  expect(client.ask({ cancelRequest: { watchId: 0n } })).toEqual([{ ...response, header: header(4), canceled: true }]);
  write(put("a", "3"));
  expect(client.ask({ cancelRequest: { watchId: 0n } }, {})).toEqual([]);
});

it("gives each watcher its own id, and refuses in etcd's words what cannot be", () => {
  const client = open();
  const ids = client.ask(
    ...[0n, 1n, 0n, -3n].map((watchId) => ({ createRequest: { key: "a", watchId } })),
    { createRequest: { key: "a", watchId: 1n } },
    { createRequest: { key: "b", rangeEnd: "a" } },
    { createRequest: { key: "", rangeEnd: "\0" } },
  );
  expect(ids.map(({ watchId, created, canceled, cancelReason }) => [watchId, created, canceled, cancelReason])).toEqual([
    [0n, true, false, ""],
    [1n, true, false, ""],
    [2n, true, false, ""],
    [-3n, true, false, ""],
    [-1n, true, true, "mvcc: duplicate watch ID provided on the WatchStream"],
    [-1n, true, true, "mvcc: watcher range is empty"],
    [3n, true, false, ""],
  ]);
  write(put("zzz"));
  expect(client.responses.at(-1)).toMatchObject({ watchId: 3n, events: [{ kv: { key: "zzz" } }] });
});

it("leaves out what a filter drops, and says nothing where nothing is left", () => {
  const client = open();
  client.ask({ createRequest: { key: "a", filters: [0] } }, { createRequest: { key: "a", filters: [1, 1] } });
  write(put("a"));
  write(del("a"));
  const seen = client.responses.slice(2).map(({ watchId, events }) => [watchId, events.map(({ type }) => type)]);
  expect(seen).toEqual([
    [1n, [0]],
    [0n, [1]],
  ]);
});

it("answers a question for progress at once, also where nothing is watched", () => {
  expect(open().ask({ progressRequest: {} })).toEqual([{ ...response, header: header(1), watchId: -1n }]);
});

it("a request that cannot be read ends the stream, and its watchers with it", () => {
  const client = open();
  client.ask({ createRequest: { key: "a" } });
  client.askBytes("0aff");
  expect(client.ended).toMatchObject({ code: 13 });
  write(put("a"));
  expect(client.responses).toHaveLength(1);
});

it("a client that is gone is told nothing more", () => {
  const client = open();
  client.ask({ createRequest: { key: "a" } });
  client.hangUp();
  write(put("a"));
  expect(client.responses).toHaveLength(1);
});

it("begins nothing for a client that is gone before its token was heard of", async () => {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((heard) => (resolve = heard));
  const access = Object.assign(accessOf(), { heardOf: () => promise });
  const [client, patient] = [open(new Client(), access), open(new Client(), access)];
  for (const each of [client, patient]) each.ask({ createRequest: { key: "a" } });
  client.hangUp();
  resolve();
  await promise;
  write(put("a"));
  expect(client.responses).toEqual([]);
  expect(patient.responses).toMatchObject([{ created: true }, { events: [{ kv: { key: "a" } }] }]);
});

it("a member that stops ends all streams and begins none", () => {
  const client = open();
  streams.streams.stop();
  expect(client.ended).toMatchObject({ code: 14, message: "etcdserver: server stopped" });
  expect(open().ended).toMatchObject({ code: 14, message: "etcdserver: server stopped" });
});

it("whoever needs a leader is refused without one, and let go a while after a look that found none", () => {
  const needing = (): Client => open(new Client({ hasleader: "true" }));
  const [early, content] = [needing(), open()];
  const look = (nowMs: number, hasLeader: boolean): void => {
    streams.hasLeader = hasLeader;
    streams.streams.tick(nowMs);
  };
  look(0, true);
  look(1, false);
  look(patienceMs, false);
  expect([needing().ended, early.ended]).toMatchObject([{ code: 14, message: "etcdserver: no leader" }, undefined]);
  look(patienceMs + 1, true);
  // as after a pause
  look(9 * patienceMs, false);
  look(10 * patienceMs - 1, false);
  expect(early.ended).toBeUndefined();
  look(10 * patienceMs, false);
  expect([early.ended, content.ended]).toMatchObject([{ code: 14, message: "etcdserver: no leader" }, undefined]);
  expect(early.ended).toBeInstanceOf(GrpcError);
});
