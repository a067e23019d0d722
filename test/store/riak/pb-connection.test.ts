// Shows what one connection of Riak's protocol buffers does with bytes: framing, order, streams with back-pressure, bounds, and errors in Riak's words.
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { Pages } from "../../../src/store/io/h2/output.js";
import type { Failure } from "../../../src/store/leaderless/api.js";
import * as buckets from "../../../src/store/riak/bucket-messages.js";
import { code } from "../../../src/store/riak/codes.js";
import * as dt from "../../../src/store/riak/data-type-messages.js";
import { heldOfClients, type HeldOfClients } from "../../../src/store/riak/held.js";
import { heldBytesMax, messageBytesMax, unsentBytesMax, waitingBytesMax } from "../../../src/store/riak/limits.js";
import * as objects from "../../../src/store/riak/object-messages.js";
import { PbConnection } from "../../../src/store/riak/pb-connection.js";
import { decode } from "../../../src/store/wire/decode.js";
import { encode } from "../../../src/store/wire/encode.js";
import type { Given, Message } from "../../../src/store/wire/schema.js";
import { memoryStore } from "./memory-store.js";
import type { MemoryStore } from "./memory-store.js";

let store: MemoryStore;
let connection: PbConnection;

beforeEach(() => {
  store = memoryStore();
  connection = new PbConnection(
    new Pages(),
    heldOfClients(heldBytesMax),
    store,
    () => "made",
    () => {},
  );
});

function frame(number: number, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length + 1);
  head[4] = number;
  return Buffer.concat([head, body]);
}

function request<T>(number: number, message: Message<T>, value: Given<T>): Buffer {
  return frame(number, encode(message, value));
}

interface Said {
  readonly code: number;
  readonly body: Buffer;
}

/** What waits to be sent, cut into frames; the socket takes it all. */
function taken(): Said[] {
  const { parts } = connection.output.take();
  let left = Buffer.concat(parts);
  const said: Said[] = [];
  while (left.length > 0) {
    const end = 4 + left.readUInt32BE();
    said.push({ code: left[4] as number, body: left.subarray(5, end) });
    left = left.subarray(end);
  }
  connection.sent(0);
  return said;
}

const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** All that is said until nothing more comes. */
async function said(...chunks: Buffer[]): Promise<Said[]> {
  const all: Said[] = [];
  for (const chunk of chunks) connection.receive(chunk);
  for (let quiet = 0; quiet < 2;) {
    await turn();
    const more = taken();
    quiet = more.length === 0 ? quiet + 1 : 0;
    all.push(...more);
  }
  return all;
}

async function only<T>(message: Message<T>, expected: number, ...chunks: Buffer[]): Promise<T> {
  const answers = await said(...chunks);
  expect(answers.map((each) => each.code)).toEqual([expected]);
  return decode(message, answers[0]?.body as Buffer);
}

async function errorOf(...chunks: Buffer[]): Promise<string> {
  const { errmsg, errcode } = await only(buckets.RpbErrorResp, code.errorResp, ...chunks);
  expect(errcode).toBe(0);
  return errmsg;
}

interface PutFields {
  readonly key?: string | undefined;
  readonly vclock?: Uint8Array | undefined;
  readonly value?: string;
  readonly ifNoneMatch?: boolean;
  readonly ifNotModified?: boolean;
  readonly indexes?: readonly { readonly key: string; readonly value: string }[];
  readonly returnHead?: boolean;
}

function putOf({ value = "x", indexes, ...rest }: PutFields = {}): Buffer {
  const content = { value: Buffer.from(value), indexes };
  return request(code.putReq, objects.RpbPutReq, { bucket: "b", key: "k", content, ...rest });
}

const getOf = (
  fields: Given<{ key?: string; type?: string; head?: boolean; ifModified?: Uint8Array; bucket?: string }> = {},
): Buffer => request(code.getReq, objects.RpbGetReq, { bucket: "b", key: "k", ...fields });

describe("framing", () => {
  it("answers what it understands however the bytes are cut", async () => {
    const bytes = Buffer.concat([frame(code.pingReq), putOf(), getOf(), frame(code.getServerInfoReq)]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: bytes.length }), { maxLength: 8 }), async (cuts) => {
        store = memoryStore();
        connection = new PbConnection(
          new Pages(),
          heldOfClients(heldBytesMax),
          store,
          () => "made",
          () => {},
        );
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const answers = await said(...at.slice(1).map((end, i) => bytes.subarray(at[i], end)));
        expect(answers.map((each) => each.code)).toEqual([code.pingResp, code.putResp, code.getResp, code.getServerInfoResp]);
      }),
      { numRuns: 30 },
    );
  });

  it("says that it does not know a message, or why it does not answer it, and goes on", async () => {
    const answers = await said(frame(77), frame(23), frame(255), frame(code.pingReq));
    expect(answers.map((each) => each.code)).toEqual([0, 0, 0, code.pingResp]);
    expect(answers.slice(0, 3).map(({ body }) => decode(buckets.RpbErrorResp, body).errmsg)).toEqual([
      "Unknown message code: 77",
      "there is no map-reduce in this store",
      "Security not enabled; STARTTLS not allowed.",
    ]);
  });

  it("says what is wrong with a body, and goes on", async () => {
    const answers = await said(
      frame(code.getReq, Buffer.from("0a0162", "hex")),
      frame(code.getReq, Buffer.from("0aff", "hex")),
      frame(code.pingReq),
    );
    expect(answers.map((each) => each.code)).toEqual([0, 0, code.pingResp]);
    expect(answers.slice(0, 2).map(({ body }) => decode(buckets.RpbErrorResp, body).errmsg)).toEqual([
      "Error processing incoming message: RpbGetReq.key is missing",
      "Error processing incoming message: a number is cut off",
    ]);
  });

  it("is not thrown by any bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.values(code)), fc.uint8Array({ maxLength: 60 }), async (number, body) => {
        connection = new PbConnection(
          new Pages(),
          heldOfClients(heldBytesMax),
          memoryStore(),
          () => "made",
          () => {},
        );
        const answers = await said(frame(number, body), frame(code.pingReq));
        expect(answers.at(-1)?.code).toBe(code.pingResp);
      }),
      { numRuns: 300 },
    );
  });

  it("leaves out a message that is too long without keeping it, and goes on", async () => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(messageBytesMax + 1);
    const chunk = Buffer.alloc(2 ** 20);
    const rest = Buffer.alloc(messageBytesMax + 1 + 4 - head.length - 15 * chunk.length);
    const answers = await said(head, ...Array.from({ length: 15 }, () => chunk), Buffer.concat([rest, frame(code.pingReq)]));
    expect(answers.map((each) => each.code)).toEqual([0, code.pingResp]);
    expect(decode(buckets.RpbErrorResp, answers[0]?.body as Buffer).errmsg).toContain("is too long");
  });

  it("ends where a frame has no code: what follows means nothing", async () => {
    expect(await errorOf(Buffer.alloc(4), frame(code.pingReq))).toContain("Invalid message packet");
    expect(connection.closed).toBe(true);
  });
});

describe("order and bounds", () => {
  it("asks the store for one thing at a time", async () => {
    connection.receive(Buffer.concat([putOf({ value: "1" }), getOf(), frame(code.pingReq)]));
    expect(store.asked.map(({ type }) => type)).toEqual(["put"]);
    const answers = await said();
    expect(answers.map((each) => each.code)).toEqual([code.putResp, code.getResp, code.pingResp]);
  });

  it("wants no more while much waits, and wants it again afterwards", async () => {
    connection.receive(putOf());
    expect(connection.wantsInput).toBe(true);
    connection.receive(putOf({ value: "y".repeat(waitingBytesMax) }));
    expect(connection.wantsInput).toBe(false);
    await said();
    expect(connection.wantsInput).toBe(true);
  });

  it("begins nothing while the client does not take its answers", async () => {
    await said(putOf({ value: "z".repeat(unsentBytesMax) }));
    connection.receive(Buffer.concat([getOf(), getOf(), getOf()]));
    await turn();
    await turn();
    expect(store.asked.filter(({ type }) => type === "get")).toHaveLength(1);
    // the socket has it, but the client does not
    connection.output.take();
    connection.sent(unsentBytesMax);
    await turn();
    expect(store.asked.filter(({ type }) => type === "get")).toHaveLength(1);
    connection.sent(0);
    await turn();
    expect(store.asked.filter(({ type }) => type === "get")).toHaveLength(2);
  });

  it("asks for the next page when the client has taken the last ones", async () => {
    const long = "k".repeat(unsentBytesMax / 3);
    for (let i = 0; i < 9; i++) await said(putOf({ key: `${i}${long}` }));
    connection.receive(request(code.listKeysReq, objects.RpbListKeysReq, { bucket: "b" }));
    for (let i = 0; i < 5; i++) await turn();
    expect(store.pages).toBe(1);
    const answers = await said();
    expect(store.pages).toBe(3);
    const pages = answers.map(({ body }) => decode(objects.RpbListKeysResp, body));
    expect(pages.map(({ keys, done }) => [keys.length, done])).toEqual([
      [3, undefined],
      [3, undefined],
      [3, undefined],
      [0, true],
    ]);
  });

  it("tells the store that nobody waits when the client is gone", async () => {
    connection.receive(getOf());
    connection.lost();
    await turn();
    expect(taken()).toEqual([]);
    expect(store.abandoned).toBe(1);
  });
});

describe("memory of all connections", () => {
  const connectionOf = (held: HeldOfClients): PbConnection =>
    new PbConnection(
      new Pages(),
      held,
      store,
      () => "made",
      () => {},
    );
  const long = putOf({ value: "x".repeat(2 * waitingBytesMax) });
  const overload = { code: 0, body: Buffer.from(encode(buckets.RpbErrorResp, { errmsg: "overload", errcode: 0 })) };

  it("leaves out a message that comes in pieces where those of others fill it, takes short ones, and gives back what it held", async () => {
    const held = heldOfClients(2 * waitingBytesMax);
    const hogs = [0, 1].map(() => connectionOf(held));
    for (const hog of hogs) hog.receive(long.subarray(0, waitingBytesMax));
    connection = connectionOf(held);
    expect(hogs.map((hog) => [hog.isMidMessage, hog.wantsInput])).toEqual([
      [true, true],
      [true, true],
    ]);
    const cut = (): Promise<Said[]> =>
      said(long.subarray(0, waitingBytesMax), long.subarray(waitingBytesMax), frame(code.pingReq), putOf(), getOf());
    expect((await cut()).map((each) => each.code)).toEqual([0, code.pingResp, code.putResp, code.getResp]);
    expect(await said(long.subarray(0, waitingBytesMax))).toEqual([overload]);
    await said(long.subarray(waitingBytesMax));
    for (const hog of hogs) hog.lost();
    expect((await cut()).map((each) => each.code)).toEqual([code.putResp, code.pingResp, code.putResp, code.getResp]);
    expect(held.incoming.take(2 * waitingBytesMax)).toBe(true);
  });

  it("begins no request where answers that others do not take fill it", async () => {
    const held = heldOfClients(unsentBytesMax);
    connection = connectionOf(held);
    await said(putOf({ value: "z".repeat(unsentBytesMax) }));
    const hog = connectionOf(held);
    hog.receive(getOf());
    await turn();
    await turn();
    expect(await said(getOf())).toEqual([overload]);
    hog.lost();
    expect((await said(getOf())).map((each) => each.code)).toEqual([code.getResp]);
    expect(held.outgoing.take(unsentBytesMax)).toBe(true);
  });
});

describe("objects", () => {
  it("gives siblings with their metadata and the context that resolves them", async () => {
    await said(putOf({ value: "one" }), putOf({ value: "two", indexes: [{ key: "age_int", value: "7" }] }));
    const both = await only(objects.RpbGetResp, code.getResp, getOf());
    expect(both.content.map(({ value }) => Buffer.from(value).toString())).toEqual(["one", "two"]);
    expect(both.content[1]).toMatchObject({
      vtag: "tag2",
      lastMod: 1_500_000_000,
      lastModUsecs: 250_000,
      indexes: [{ key: "age_int", value: "7" }],
    });
    await said(putOf({ value: "three", vclock: both.vclock }));
    const one = await only(objects.RpbGetResp, code.getResp, getOf());
    expect(one.content.map(({ value }) => Buffer.from(value).toString())).toEqual(["three"]);
    expect(await only(objects.RpbGetResp, code.getResp, getOf({ ifModified: one.vclock as Uint8Array }))).toMatchObject({
      unchanged: true,
      content: [],
    });
    const head = await only(objects.RpbGetResp, code.getResp, getOf({ head: true }));
    expect(head.content.map(({ value, vtag }) => [value.length, vtag])).toEqual([[0, "tag3"]]);
  });

  it("says nothing of what is not there", async () => {
    expect(await only(objects.RpbGetResp, code.getResp, getOf())).toEqual({
      content: [],
      vclock: undefined,
      unchanged: undefined,
    });
  });

  it("makes up a key where none is given, and says it", async () => {
    expect(await only(objects.RpbPutResp, code.putResp, putOf({ key: undefined }))).toMatchObject({ key: "made", content: [] });
    expect(await only(objects.RpbPutResp, code.putResp, putOf({ key: "k2", returnHead: true }))).toMatchObject({
      key: undefined,
      content: [{ vtag: "tag1" }],
    });
  });

  it("reads quorums as words and numbers, and passes them on", async () => {
    await said(
      request(code.getReq, objects.RpbGetReq, { bucket: "b", key: "k", r: 4294967293, pr: 2, notfoundOk: false, timeout: 9 }),
    );
    await said(request(code.delReq, objects.RpbDelReq, { bucket: "b", key: "k", rw: 4294967292, dw: 4294967294 }));
    expect(store.asked).toMatchObject([
      { options: { r: "quorum", pr: 2, notfoundOk: false, timeoutMs: 9, basicQuorum: undefined } },
      { read: { r: "all" }, write: { w: "all", dw: "one" } },
    ]);
  });

  it.each([
    ["Bucket cannot be zero-length", getOf({ bucket: "" })],
    ["Key cannot be zero-length", getOf({ key: "" })],
    ["Type cannot be zero-length", getOf({ type: "" })],
    ["Key cannot be zero-length", putOf({ key: "" })],
    ['{bucket_type_unknown,<<"none">>}', getOf({ type: "none" })],
    ["notfound", putOf({ ifNotModified: true })],
    [
      '{precommit_fail,[{unknown_field_type,<<"age">>},{field_parsing_failed,{<<"n_int">>,<<"x">>}}]}',
      putOf({
        indexes: [
          { key: "age", value: "1" },
          { key: "n_int", value: "x" },
        ],
      }),
    ],
  ])("refuses with %s", async (text, bytes) => {
    expect(await errorOf(bytes)).toBe(text);
  });

  it("tells which condition a write missed", async () => {
    await said(putOf());
    expect(await errorOf(putOf({ ifNoneMatch: true }))).toBe("match_found");
    expect(await errorOf(putOf({ ifNotModified: true, vclock: Buffer.from("v0") }))).toBe("modified");
  });

  it.each<[string, Failure["reason"]]>([
    ["timeout", { type: "timeout" }],
    ["overload", { type: "overload" }],
    ["{n_val_violation,3}", { type: "nValViolation", nVal: 3 }],
    ["{pr_val_unsatisfied,2,1}", { type: "unsatisfied", option: "pr", wanted: 2, got: 1 }],
    ["{insufficient_vnodes,1,need,2}", { type: "insufficientNodes", wanted: 2, got: 1 }],
    ["not now", { type: "invalid", why: "not now" }],
  ])("says %s as Riak does", async (text, reason) => {
    store.failNext(reason);
    expect(await errorOf(getOf())).toBe(text);
  });
});

describe("data types", () => {
  const update = (type: string, op: Given<Parameters<typeof encode>[1]>, more = {}): Buffer =>
    request(code.dtUpdateReq, dt.DtUpdateReq, { bucket: "b", key: "k", type, op, ...more });
  const fetchOf = (type: string, more = {}): Buffer =>
    request(code.dtFetchReq, dt.DtFetchReq, { bucket: "b", key: "k", type, ...more });

  it("counts, in all 64 bits", async () => {
    await said(update("counters", { counterOp: { increment: 2n ** 53n + 1n } }), update("counters", { counterOp: {} }));
    expect(await only(dt.DtFetchResp, code.dtFetchResp, fetchOf("counters"))).toMatchObject({
      type: 1,
      value: { counterValue: 2n ** 53n + 2n },
    });
    await said(update("counters", { counterOp: { increment: 2n ** 63n - 1n } }));
    expect(await only(dt.DtFetchResp, code.dtFetchResp, fetchOf("counters"))).toMatchObject({
      value: { counterValue: 2n ** 63n - 1n },
    });
  });

  it("keeps maps of everything, and removes with the context of a fetch", async () => {
    const updates = [
      { field: { name: "c", type: 1 }, counterOp: { increment: -3n } },
      { field: { name: "s", type: 2 }, setOp: { adds: ["x", "y"] } },
      { field: { name: "r", type: 3 }, registerOp: "text" },
      { field: { name: "f", type: 4 }, flagOp: 1 },
      { field: { name: "m", type: 5 }, mapOp: { updates: [{ field: { name: "in", type: 3 }, registerOp: "deep" }] } },
    ];
    const told = await only(dt.DtUpdateResp, code.dtUpdateResp, update("maps", { mapOp: { updates } }, { returnBody: true }));
    expect(Object.fromEntries(told.mapValue.map((entry) => [entry.field.name, entry]))).toMatchObject({
      c: { field: { type: 1 }, counterValue: -3n },
      s: { field: { type: 2 }, setValue: ["x", "y"] },
      r: { field: { type: 3 }, registerValue: "text" },
      f: { field: { type: 4 }, flagValue: true },
      m: { field: { type: 5 }, mapValue: [{ field: { name: "in", type: 3 }, registerValue: "deep" }] },
    });
    await said(update("maps", { mapOp: { removes: [{ name: "s", type: 2 }] } }, { context: told.context }));
    const { value } = await only(dt.DtFetchResp, code.dtFetchResp, fetchOf("maps"));
    expect(value?.mapValue.map(({ field }) => field.name).sort()).toEqual(["c", "f", "m", "r"]);
  });

  it("gives contexts unless they are not wanted, and types without values", async () => {
    expect(await only(dt.DtFetchResp, code.dtFetchResp, fetchOf("sets"))).toMatchObject({
      type: 2,
      value: undefined,
      context: undefined,
    });
    await said(update("sets", { setOp: { adds: ["a"] } }));
    expect((await only(dt.DtFetchResp, code.dtFetchResp, fetchOf("sets"))).context?.length).toBeGreaterThan(0);
    expect(await only(dt.DtFetchResp, code.dtFetchResp, fetchOf("sets", { includeContext: false }))).toMatchObject({
      context: undefined,
      value: { setValue: ["a"] },
    });
  });

  it("has the counters of 1.4 in buckets of no type, and nothing else there", async () => {
    const amount = request(code.counterUpdateReq, objects.RpbCounterUpdateReq, {
      bucket: "b",
      key: "k",
      amount: 5n,
      returnvalue: true,
    });
    expect(await only(objects.RpbCounterUpdateResp, code.counterUpdateResp, amount)).toEqual({ value: 5n });
    const read = request(code.counterGetReq, objects.RpbCounterGetReq, { bucket: "b", key: "k" });
    expect(await only(objects.RpbCounterGetResp, code.counterGetResp, read)).toEqual({ value: 5n });
    expect(await only(dt.DtFetchResp, code.dtFetchResp, fetchOf("default"))).toMatchObject({
      type: 1,
      value: { counterValue: 5n },
    });
    expect(await errorOf(update("default", { setOp: { adds: ["a"] } }))).toBe("non-counter operation on default bucket");
  });

  it.each([
    ['Error no bucket type `<<"none">>`', update("none", { counterOp: {} })],
    ["DtOp: there is no operation in it", update("sets", {})],
    ["MapField: there is no type 9", update("maps", { mapOp: { removes: [{ name: "a", type: 9 }] } })],
    [
      "MapUpdate: there is no operation of the field's type in it",
      update("maps", { mapOp: { updates: [{ field: { name: "a", type: 1 }, flagOp: 1 }] } }),
    ],
    ['{precondition,{not_present,<<"a">>}}', update("sets", { setOp: { removes: ["a"] } })],
    ["Operation type is `set` but  bucket type is `map`.", update("maps", { setOp: { adds: ["a"] } })],
  ])("refuses with %s", async (text, bytes) => {
    expect(await errorOf(bytes)).toBe(text);
  });
});

describe("lists and indexes", () => {
  beforeEach(async () => {
    for (let i = 0; i < 7; i++) await said(putOf({ key: `k${i}`, indexes: [{ key: "age_int", value: String(i * 5) }] }));
  });
  const query = (fields = {}): Buffer =>
    request(code.indexReq, objects.RpbIndexReq, {
      bucket: "b",
      index: "age_int",
      qtype: 1,
      rangeMin: "5",
      rangeMax: "20",
      ...fields,
    });

  it("lists keys in pages, and buckets in one piece or in pages", async () => {
    const keys = await said(request(code.listKeysReq, objects.RpbListKeysReq, { bucket: "b" }));
    expect(keys.map(({ body }) => decode(objects.RpbListKeysResp, body).keys.length)).toEqual([3, 3, 1, 0]);
    const whole = await only(
      objects.RpbListBucketsResp,
      code.listBucketsResp,
      request(code.listBucketsReq, objects.RpbListBucketsReq, {}),
    );
    expect(whole).toEqual({ buckets: ["b"], done: undefined });
    const streamed = await said(request(code.listBucketsReq, objects.RpbListBucketsReq, { stream: true }));
    expect(streamed.map(({ body }) => decode(objects.RpbListBucketsResp, body))).toEqual([
      { buckets: ["b"], done: undefined },
      { buckets: [], done: true },
    ]);
    const none = await said(request(code.listKeysReq, objects.RpbListKeysReq, { bucket: "none" }));
    expect(none.map(({ body }) => decode(objects.RpbListKeysResp, body))).toEqual([{ keys: [], done: true }]);
  });

  it("asks ranges and single terms, with terms where they differ", async () => {
    expect(await only(objects.RpbIndexResp, code.indexResp, query())).toMatchObject({
      keys: ["k1", "k2", "k3", "k4"],
      results: [],
      done: undefined,
    });
    expect(await only(objects.RpbIndexResp, code.indexResp, query({ rangeMax: "10", returnTerms: true }))).toMatchObject({
      keys: [],
      results: [
        { key: "5", value: "k1" },
        { key: "10", value: "k2" },
      ],
    });
    expect(await only(objects.RpbIndexResp, code.indexResp, query({ qtype: 0, key: "15", returnTerms: true }))).toMatchObject({
      keys: ["k3"],
      results: [],
    });
    expect(
      await only(objects.RpbIndexResp, code.indexResp, query({ index: "$key", rangeMin: "k5", rangeMax: "k9" })),
    ).toMatchObject({ keys: ["k5", "k6"] });
    expect(
      (await only(objects.RpbIndexResp, code.indexResp, query({ index: "$bucket", qtype: 0, key: "other" }))).keys,
    ).toHaveLength(7);
  });

  it("goes on where a page of results ended", async () => {
    const first = await said(query({ maxResults: 2, stream: true }));
    const [page, last] = first.map(({ body }) => decode(objects.RpbIndexResp, body));
    expect(page).toMatchObject({ keys: ["k1", "k2"], done: undefined, continuation: undefined });
    expect(last).toMatchObject({ keys: [], done: true, continuation: expect.any(String) as string });
    const next = await only(objects.RpbIndexResp, code.indexResp, query({ maxResults: 9, continuation: last?.continuation }));
    expect(next).toMatchObject({ keys: ["k3", "k4"], continuation: undefined });
  });

  it.each([
    ["Invalid equality query undefined", query({ qtype: 0 })],
    ['Invalid range query: <<"5">> -> undefined', query({ rangeMax: undefined })],
    ['{field_parsing_failed,{<<"age_int">>,<<"old">>}}', query({ rangeMax: "old" })],
    ['{unknown_field_type,<<"age">>}', query({ index: "age" })],
    ["Can not use term regular expression in integer query", query({ termRegex: "5" })],
  ])("refuses with %s", async (text, bytes) => {
    expect(await errorOf(bytes)).toBe(text);
  });

  it("says so where a stream fails", async () => {
    store.failNext({ type: "timeout" });
    expect(await errorOf(query({ stream: true }))).toBe("timeout");
  });
});

describe("properties and the rest", () => {
  const set = (props: object, type?: string): Buffer =>
    request(code.setBucketReq, buckets.RpbSetBucketReq, { bucket: "b", props, type });
  const get = (type?: string): Buffer => request(code.getBucketReq, buckets.RpbGetBucketReq, { bucket: "b", type });

  it("sets those given and resets all", async () => {
    expect((await only(buckets.RpbGetBucketResp, code.getBucketResp, get())).props).toMatchObject({
      nVal: 3,
      r: 4294967293,
      pr: 0,
      allowMult: true,
    });
    expect(await said(set({ nVal: 5, r: 4294967294, lastWriteWins: false }))).toMatchObject([{ code: code.setBucketResp }]);
    expect(store.asked.at(-1)).toMatchObject({ properties: { nVal: 5, r: "one", lastWriteWins: false } });
    expect((await only(buckets.RpbGetBucketResp, code.getBucketResp, get())).props).toMatchObject({ nVal: 5, r: 4294967294 });
    await said(request(code.resetBucketReq, buckets.RpbResetBucketReq, { bucket: "b" }));
    expect((await only(buckets.RpbGetBucketResp, code.getBucketResp, get())).props.nVal).toBe(3);
  });

  it("takes back what it gave", async () => {
    const { props } = await only(buckets.RpbGetBucketResp, code.getBucketResp, get("maps"));
    expect(props.datatype).toBe("map");
    expect(await said(set(props, "maps"))).toMatchObject([{ code: code.setBucketResp }]);
  });

  it.each([
    [
      "Invalid bucket properties: [{precommit,not_supported},{search_index,not_supported}]",
      set({ precommit: [{ name: "f" }], searchIndex: "i" }),
    ],
    ['Invalid bucket properties: [{datatype,<<"list">>,not_supported}]', set({ datatype: "list" })],
    ['Invalid bucket type: <<"none">>', get("none")],
    ['Invalid bucket type: <<"none">>', request(code.getBucketTypeReq, buckets.RpbGetBucketTypeReq, { type: "none" })],
  ])("refuses with %s", async (text, bytes) => {
    expect(await errorOf(bytes)).toBe(text);
  });

  it("has properties of types", async () => {
    await said(request(code.setBucketTypeReq, buckets.RpbSetBucketTypeReq, { type: "sets", props: { nVal: 2 } }));
    const { props } = await only(
      buckets.RpbGetBucketResp,
      code.getBucketResp,
      request(code.getBucketTypeReq, buckets.RpbGetBucketTypeReq, { type: "sets" }),
    );
    expect(props).toMatchObject({ nVal: 2, datatype: "set" });
  });

  it("knows its name, the client's id, and where a key is", async () => {
    expect(await only(buckets.RpbGetServerInfoResp, code.getServerInfoResp, frame(code.getServerInfoReq))).toMatchObject({
      node: "n1@127.0.0.1",
    });
    expect((await only(buckets.RpbGetClientIdResp, code.getClientIdResp, frame(code.getClientIdReq))).clientId).toEqual(
      Buffer.alloc(4),
    );
    await said(request(code.setClientIdReq, buckets.RpbSetClientIdReq, { clientId: Buffer.from("me") }));
    expect((await only(buckets.RpbGetClientIdResp, code.getClientIdResp, frame(code.getClientIdReq))).clientId).toEqual(
      Buffer.from("me"),
    );
    const where = request(code.getBucketKeyPreflistReq, objects.RpbGetBucketKeyPreflistReq, { bucket: "b", key: "k" });
    expect(await only(objects.RpbGetBucketKeyPreflistResp, code.getBucketKeyPreflistResp, where)).toEqual({
      preflist: [{ partition: 7, node: "n1@127.0.0.1", primary: true }],
    });
  });
});
