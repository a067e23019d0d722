// Shows that no client breaks the server: every frame at the wrong place or of a wrong length, floods, bombs, slow readers, random bytes. What
// RFC 9113 calls a connection error closes the connection by the RFC's code, everything else goes on, and what is kept is bounded.
import fc from "fast-check";
import { beforeEach, expect, it, vi } from "vitest";
import { GrpcServer } from "../../../../src/store/io/grpc-server.js";
import { errorCode, flag, frameType, preface, setting } from "../../../../src/store/io/h2/frames.js";
import { encodeFields } from "../../../../src/store/io/h2/hpack.js";
import * as limits from "../../../../src/store/io/h2/limits.js";
import { Link } from "../../../../src/store/io/http2-link.js";
import { MessageReader } from "../../../../src/store/io/h2/messages.js";
import { Pages } from "../../../../src/store/io/h2/output.js";
import { readHead } from "../../../../src/store/io/h2/request.js";
import type { Stream } from "../../../../src/store/io/h2/stream.js";
import { echoMethods } from "./echo-methods.js";
import { frameMessage } from "./grpc-client.js";
import { frame, greeting, RawPeer, requestBlock, settingsOf, u32 } from "./raw-peer.js";

const { data, headers, priority, resetStream, settings, pushPromise, ping, goAway, windowUpdate, continuation } = frameType;
const { endStream, endHeaders, padded, priority: withPriority, ack } = flag;

const server = new GrpcServer(echoMethods());
let peer: RawPeer;
beforeEach(() => {
  peer = new RawPeer((socket) => server.accept(socket));
});

const ask = (id: number, path = "/test.Echo/Unary"): Buffer => frame(headers, endHeaders, id, requestBlock(path));
const message = (id: number, text = "some"): Buffer => frame(data, endStream, id, frameMessage(Buffer.from(text)));
const unary = (id: number, path?: string): Buffer => Buffer.concat([ask(id, path), message(id)]);

/** The connection still answers. */
async function checkAlive(id: number): Promise<void> {
  await peer.say(unary(id));
  expect(peer.goAway).toBeUndefined();
  expect(peer.statusOf(id)).toBe("0");
}

it.each<[string, keyof typeof errorCode, readonly Buffer[]]>([
  ["another protocol", "protocolError", [Buffer.from("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n")]],
  ["no SETTINGS", "protocolError", [preface, ask(1)]],
  ["an acknowledgement of nothing", "protocolError", [preface, frame(settings, ack, 0)]],
  ["SETTINGS of 5 bytes", "frameSizeError", [greeting, frame(settings, 0, 0, [0, 1, 0, 0, 0])]],
  ["SETTINGS on a stream", "protocolError", [greeting, frame(settings, 0, 1)]],
  ["an acknowledgement with values", "frameSizeError", [greeting, frame(settings, ack, 0, settingsOf(1, 1))]],
  ["ENABLE_PUSH 2", "protocolError", [greeting, frame(settings, 0, 0, settingsOf(setting.enablePush, 2))]],
  [
    "an initial window of 2^31",
    "flowControlError",
    [greeting, frame(settings, 0, 0, settingsOf(setting.initialWindowSize, 2 ** 31))],
  ],
  ["a maximum frame size of 100", "protocolError", [greeting, frame(settings, 0, 0, settingsOf(setting.maxFrameSize, 100))]],
  ["DATA on no stream", "protocolError", [greeting, frame(data, 0, 0, [0])]],
  ["DATA on an idle stream", "protocolError", [greeting, frame(data, 0, 1, [0])]],
  ["DATA on a stream that has ended", "streamClosed", [greeting, unary(1), frame(data, 0, 1, [0])]],
  ["more padding than DATA", "protocolError", [greeting, ask(1), frame(data, padded, 1, [2, 0])]],
  ["padded DATA of no bytes", "frameSizeError", [greeting, ask(1), frame(data, padded, 1)]],
  ["HEADERS on no stream", "protocolError", [greeting, ask(0)]],
  ["HEADERS on an even stream", "protocolError", [greeting, ask(2)]],
  ["HEADERS on a stream that has ended", "streamClosed", [greeting, unary(1), ask(1)]],
  ["HEADERS on a stream passed over", "streamClosed", [greeting, unary(3), ask(1)]],
  ["more padding than HEADERS", "protocolError", [greeting, frame(headers, endHeaders | padded, 1, [9, 0x82])]],
  ["half a priority", "frameSizeError", [greeting, frame(headers, endHeaders | withPriority, 1, [0, 0, 0])]],
  ["a header block that is none", "compressionError", [greeting, frame(headers, endHeaders, 1, [0x80])]],
  [
    "a header string of 10 GiB",
    "compressionError",
    [greeting, frame(headers, endHeaders, 1, [0, 0x7f, 0x81, 0xff, 0xff, 0xff, 0x27])],
  ],
  ["PRIORITY of no stream", "protocolError", [greeting, frame(priority, 0, 0, [0, 0, 0, 0, 0])]],
  ["PRIORITY of 4 bytes", "frameSizeError", [greeting, frame(priority, 0, 1, [0, 0, 0, 0])]],
  ["RST_STREAM of no stream", "protocolError", [greeting, frame(resetStream, 0, 0, u32(8))]],
  ["RST_STREAM of an idle stream", "protocolError", [greeting, frame(resetStream, 0, 1, u32(8))]],
  ["RST_STREAM of 3 bytes", "frameSizeError", [greeting, ask(1), frame(resetStream, 0, 1, [0, 0, 0])]],
  ["PUSH_PROMISE", "protocolError", [greeting, ask(1), frame(pushPromise, endHeaders, 1, u32(2))]],
  ["PING of 7 bytes", "frameSizeError", [greeting, frame(ping, 0, 0, [1, 2, 3, 4, 5, 6, 7])]],
  ["PING on a stream", "protocolError", [greeting, frame(ping, 0, 1, u32(1, 2))]],
  ["GOAWAY on a stream", "protocolError", [greeting, frame(goAway, 0, 1, u32(0, 0))]],
  ["GOAWAY of 7 bytes", "frameSizeError", [greeting, frame(goAway, 0, 0, [0, 0, 0, 0, 0, 0, 0])]],
  ["WINDOW_UPDATE of 3 bytes", "frameSizeError", [greeting, frame(windowUpdate, 0, 0, [0, 0, 1])]],
  ["WINDOW_UPDATE by nothing", "protocolError", [greeting, frame(windowUpdate, 0, 0, u32(0))]],
  ["WINDOW_UPDATE of an idle stream", "protocolError", [greeting, frame(windowUpdate, 0, 1, u32(1))]],
  ["a window beyond 2^31-1", "flowControlError", [greeting, frame(windowUpdate, 0, 0, u32(2 ** 31 - 1))]],
  ["CONTINUATION of nothing", "protocolError", [greeting, frame(continuation, endHeaders, 1)]],
  ["a PING within a header block", "protocolError", [greeting, frame(headers, 0, 1, [0x83]), frame(ping, 0, 0, u32(1, 2))]],
  [
    "CONTINUATION of another stream",
    "protocolError",
    [greeting, frame(headers, 0, 1, [0x83]), frame(continuation, endHeaders, 3)],
  ],
  [
    "a header block without end",
    "enhanceYourCalm",
    [greeting, frame(headers, 0, 1), ...Array<Buffer>(4).fill(frame(continuation, 0, 1, Buffer.alloc(16_000)))],
  ],
  ["a frame of 16385 bytes", "frameSizeError", [greeting, frame(ping, 0, 0, Buffer.alloc(16_385))]],
  [
    "more DATA than the connection's window",
    "flowControlError",
    [greeting, ask(1, "/test.Echo/Both"), Buffer.concat(Array<Buffer>(65).fill(frame(data, 0, 1, Buffer.alloc(16_384))))],
  ],
])("closes the connection over %s: %s", async (_what, code, bytes) => {
  await peer.say(...bytes);
  expect(peer.goAway).toBe(errorCode[code]);
  expect(peer.closed).toBe(true);
  const said = peer.frames.length;
  await peer.say(unary(5), frame(ping, 0, 0, u32(1, 2)));
  expect(peer.frames.length).toBe(said);
});

const wrong = (...fields: (readonly [string, string])[]): Buffer =>
  frame(headers, endHeaders | endStream, 1, encodeFields([[":method", "POST"], [":scheme", "http"], ...fields]));

it.each<[string, keyof typeof errorCode, readonly Buffer[]]>([
  ["DATA after the client's end", "streamClosed", [unary(1, "/test.Echo/Never"), frame(data, 0, 1, [0])]],
  ["HEADERS after the client's end", "streamClosed", [unary(1, "/test.Echo/Never"), ask(1)]],
  ["HEADERS in the middle", "protocolError", [ask(1), ask(1)]],
  ["pseudo-fields as trailers", "protocolError", [ask(1), frame(headers, endHeaders | endStream, 1, requestBlock("/"))]],
  ["WINDOW_UPDATE by nothing", "protocolError", [ask(1), frame(windowUpdate, 0, 1, u32(0))]],
  ["a window beyond 2^31-1", "flowControlError", [ask(1), frame(windowUpdate, 0, 1, u32(2 ** 31 - 1))]],
  ["PRIORITY of 4 bytes", "frameSizeError", [ask(1), frame(priority, 0, 1, [0, 0, 0, 0])]],
  ["upper case", "protocolError", [wrong([":path", "/"], ["Te", "trailers"])]],
  ["no path", "protocolError", [wrong()]],
  ["an empty path", "protocolError", [wrong([":path", ""])]],
  ["two paths", "protocolError", [wrong([":path", "/"], [":path", "/"])]],
  ["a pseudo-field that there is not", "protocolError", [wrong([":path", "/"], [":status", "200"])]],
  ["a pseudo-field after others", "protocolError", [wrong(["a", "b"], [":path", "/"])]],
  ["a field of HTTP/1.1", "protocolError", [wrong([":path", "/"], ["connection", "close"])]],
  ["te: gzip", "protocolError", [wrong([":path", "/"], ["te", "gzip"])]],
])("resets the stream over %s: %s", async (_what, code, bytes) => {
  await peer.say(greeting, ...bytes);
  expect(peer.resets.get(1)).toBe(errorCode[code]);
  await checkAlive(3);
});

it.each<[string, readonly Buffer[]]>([
  ["frames of unknown types", [frame(99, 255, 7, [1, 2, 3]), frame(99, 0, 0)]],
  ["settings that nobody knows", [frame(settings, 0, 0, settingsOf(0x99, 1))]],
  ["PRIORITY of an idle stream", [frame(priority, 0, 77, [0, 0, 0, 0, 0])]],
  ["GOAWAY", [frame(goAway, 0, 0, u32(0, 0))]],
  ["RST_STREAM and WINDOW_UPDATE after the end", [unary(1), frame(resetStream, 0, 1, u32(8)), frame(windowUpdate, 0, 1, u32(9))]],
  ["DATA on its way while its stream was refused", [ask(1, "/nowhere"), message(1)]],
])("passes over %s", async (_what, bytes) => {
  await peer.say(greeting, ...bytes);
  await checkAlive(5);
});

it("reads a request wherever its bytes are cut, with padding, priority and continuations", async () => {
  const block = requestBlock("/test.Echo/Unary");
  const head = Buffer.concat([Buffer.from([3, 0x80, 0, 0, 7, 16]), block.subarray(0, 5), Buffer.alloc(3)]);
  const rest = [...block.subarray(5)].map((byte, index, all) =>
    frame(continuation, index === all.length - 1 ? endHeaders : 0, 1, [byte]),
  );
  const body = Buffer.concat([Buffer.of(2), frameMessage(Buffer.from("cut")), Buffer.alloc(2)]);
  const bytes = Buffer.concat([
    greeting,
    frame(headers, padded | withPriority, 1, head),
    ...rest,
    frame(data, padded | endStream, 1, body),
  ]);
  for (const byte of bytes) await peer.say(Buffer.of(byte));
  expect(peer.statusOf(1)).toBe("0");
  expect(peer.frames.find(({ type }) => type === data)?.payload).toEqual(frameMessage(Buffer.from("cut")));
});

it("says all of one turn in one write", async () => {
  await peer.say(greeting);
  const before = peer.writes.length;
  await peer.say(Buffer.concat(Array.from({ length: 50 }, (_, index) => unary(2 * index + 1))));
  expect(peer.writes.length - before).toBe(1);
  expect(peer.statusOf(99)).toBe("0");
});

it("answers a message whose prefix announces 4 GiB at once, and keeps nothing of it", async () => {
  await peer.say(greeting, ask(1), frame(data, 0, 1, [0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]));
  expect(peer.statusOf(1)).toBe("8");
  await checkAlive(3);
});

/** A connection that no clock ticks for, and that takes what is a request at all. */
function timeless(): { readonly calm: RawPeer; readonly link: Link } {
  let link: Link | undefined;
  const calm = new RawPeer((socket) => {
    link = new Link(
      socket,
      new Pages(),
      (_stream, fields = []) => readHead(fields) !== undefined,
      0,
      () => {},
    );
  });
  return { calm, link: link as Link };
}

it.each<[string, (index: number) => Buffer, number]>([
  [
    "resets",
    (index) => Buffer.concat([ask(2 * index + 1, "/test.Echo/Never"), frame(resetStream, 0, 2 * index + 1, u32(8))]),
    limits.resetsPerSecondMax,
  ],
  [
    "streams that we must reset",
    (index) => frame(headers, endHeaders | endStream, 2 * index + 1, [0x83]),
    limits.resetsPerSecondMax,
  ],
  ["pings", (index) => frame(ping, 0, 0, u32(index, index)), limits.pingsPerSecondMax],
  ["settings", () => frame(settings, 0, 0), limits.pingsPerSecondMax],
  ["priorities", (index) => frame(priority, 0, 2 * index + 1, [0, 0, 0, 0, 0]), limits.emptyFramesPerSecondMax],
])("asks who sends %s without end to calm down", async (_what, of, most) => {
  const { calm } = timeless();
  await calm.say(greeting, ...Array.from({ length: most }, (_, index) => of(index)));
  expect(calm.goAway).toBeUndefined();
  await calm.say(of(most));
  expect(calm.goAway).toBe(errorCode.enhanceYourCalm);
  expect(calm.closed).toBe(true);
});

it.each([
  ["DATA", ask(1), frame(data, 0, 1)],
  ["CONTINUATION", frame(headers, 0, 1, [0x83]), frame(continuation, 0, 1)],
])("asks who sends empty %s without end to calm down", async (_what, first, empty) => {
  const { calm } = timeless();
  await calm.say(greeting, first, ...Array<Buffer>(limits.emptyFramesPerSecondMax).fill(empty));
  expect(calm.goAway).toBeUndefined();
  await calm.say(empty);
  expect(calm.goAway).toBe(errorCode.enhanceYourCalm);
});

it("lets a client give up any number of calls that took seconds, and ping again a second later", async () => {
  const { calm, link } = timeless();
  const ids = Array.from({ length: 2 * limits.resetsPerSecondMax }, (_, index) => 2 * index + 1);
  await calm.say(greeting, ...ids.map((id) => ask(id, "/test.Echo/Never")));
  for (let sec = 1; sec <= 4; sec++) {
    link.tick(sec * 1000);
    await calm.say(...Array<Buffer>(limits.pingsPerSecondMax).fill(frame(ping, 0, 0, u32(0, sec))));
  }
  await calm.say(...ids.map((id) => frame(resetStream, 0, id, u32(8))));
  expect(calm.goAway).toBeUndefined();
});

it("lets a client ping after each answer, as clients do that measure their round trip", async () => {
  await peer.say(greeting);
  for (let index = 0; index < 2 * limits.pingsPerSecondMax; index++)
    await peer.say(unary(2 * index + 1), frame(ping, 0, 0, u32(0, 1)));
  expect(peer.goAway).toBeUndefined();
});

it("lets a client ping after each message of a long stream, and counts what it pings beyond that", async () => {
  await peer.say(greeting, ask(1, "/test.Echo/Both"));
  const [said, onePing] = [frame(data, 0, 1, frameMessage(Buffer.from("?"))), frame(ping, 0, 0, u32(0, 1))];
  for (let index = 0; index < 2 * limits.pingsPerSecondMax; index++) {
    await peer.say(said);
    await peer.say(onePing);
  }
  expect(peer.goAway).toBeUndefined();
  await peer.say(...Array<Buffer>(limits.pingsPerSecondMax + 1).fill(onePing));
  expect(peer.goAway).toBe(errorCode.enhanceYourCalm);
});

it("refuses more streams than it offers, and takes them again when there is room", async () => {
  await peer.say(greeting, ...Array.from({ length: limits.streamsMax }, (_, index) => ask(2 * index + 1, "/test.Echo/Never")));
  const next = 2 * limits.streamsMax + 1;
  await peer.say(ask(next));
  expect([...peer.resets]).toEqual([[next, errorCode.refusedStream]]);
  await peer.say(frame(resetStream, 0, 1, u32(8)));
  await checkAlive(next + 2);
});

it("credits what it reads, so that a client may send more than a window", async () => {
  await peer.say(greeting, ask(1));
  const announced = Buffer.concat([Buffer.of(0), u32(limits.messageBytesMax)]);
  let sent = 0;
  const credit = (id: number): number =>
    peer.frames
      .filter((its) => its.type === windowUpdate && its.id === id)
      .reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 65_535);
  for (; sent < 1.9 * limits.connectionWindow; sent += 16_384) {
    expect(credit(0) - sent).toBeGreaterThanOrEqual(16_384);
    expect(credit(1) - 65_535 + limits.streamWindow - sent).toBeGreaterThanOrEqual(16_384);
    await peer.say(frame(data, 0, 1, sent === 0 ? Buffer.concat([announced, Buffer.alloc(16_379)]) : Buffer.alloc(16_384)));
  }
  expect(peer.goAway).toBeUndefined();
});

it("keeps of incomplete messages what came of them, up to a bound", () => {
  const assembling = { bytes: 0, bytesMax: 1_000_000 };
  const sink = { message: () => {} };
  const announced = Buffer.concat([Buffer.of(0), u32(2_000_000)]);
  const readers = Array.from({ length: 1000 }, () => new MessageReader(assembling));
  for (const reader of readers) reader.read(announced, 0, announced.length, sink);
  expect(assembling.bytes).toBe(5000);
  const piece = Buffer.alloc(3000);
  expect(() => readers.forEach((reader) => reader.read(piece, 0, piece.length, sink))).toThrow("too many large requests");
  expect(assembling.bytes).toBeLessThanOrEqual(assembling.bytesMax);
  for (const reader of readers) reader.release();
  expect(assembling.bytes).toBe(0);
});

it("keeps whole messages of calls that are not ended up to the same bound", async () => {
  const bytes = 900 * 1024;
  const framed = frameMessage(Buffer.alloc(bytes));
  const pieces = Array.from({ length: Math.ceil(framed.length / 16_384) }, (_, index) =>
    framed.subarray(index * 16_384, (index + 1) * 16_384),
  );
  const most = Math.floor(limits.assemblingBytesMax / bytes);
  await peer.say(greeting);
  for (let index = 0; index <= most; index++) {
    const id = 2 * index + 1;
    await peer.say(ask(id), Buffer.concat(pieces.map((piece) => frame(data, 0, id, piece))));
    expect(peer.statusOf(id)).toBe(index < most ? undefined : "8");
  }
  // one that ends makes room for another
  await peer.say(frame(data, endStream, 1));
  const next = 2 * most + 3;
  await peer.say(ask(next), Buffer.concat(pieces.map((piece) => frame(data, 0, next, piece))));
  expect(peer.statusOf(next)).toBeUndefined();
  expect(peer.goAway).toBeUndefined();
});

it("reads the messages that were sent, wherever they are cut, as a twin that waits for all of them does", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 9000 }), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }),
      (messages, cuts) => {
        const bytes = Buffer.concat(messages.map(frameMessage));
        const read: Buffer[] = [];
        const assembling = { bytes: 0, bytesMax: 100_000 };
        const reader = new MessageReader(assembling);
        for (let at = 0, piece = 0; at < bytes.length; piece++) {
          const end = Math.min(bytes.length, at + (cuts[piece % cuts.length] as number));
          reader.read(bytes, at, end, { message: (its) => read.push(Buffer.from(its)) });
          at = end;
        }
        expect(read.map((its) => its.toString("hex"))).toEqual(messages.map((its) => Buffer.from(its).toString("hex")));
        expect(assembling.bytes).toBe(0);
      },
    ),
  );
});

it("keeps at most so much for a client that does not read, fails what does not fit, and cuts it off in the end", async () => {
  const answer = Buffer.alloc(2 ** 20);
  const streams: Stream[] = [];
  let link: Link | undefined;
  const gone = vi.fn<() => void>();
  const slow = new RawPeer((socket) => {
    link = new Link(socket, new Pages(), (stream) => Boolean(streams.push(stream)), 0, gone);
  });
  await slow.say(
    greeting,
    frame(settings, 0, 0, settingsOf(setting.initialWindowSize, 2 ** 30)),
    frame(windowUpdate, 0, 0, u32(2 ** 30)),
  );
  slow.reads = false;
  await slow.say(...Array.from({ length: 80 }, (_, index) => unary(2 * index + 1)));
  const answered = streams.filter((stream) => {
    if (!stream.fits(answer.length)) return false;
    stream.headers(Buffer.of(0x88));
    stream.data(Buffer.alloc(0), [answer], answer.length);
    return true;
  });
  expect(answered.length).toBe(limits.answersQueueBytesMax / answer.length);
  expect(answered.some((stream) => stream.writable)).toBe(false);
  await slow.say(unary(161));
  expect(slow.resets.get(161)).toBe(errorCode.refusedStream);
  expect(streams.length).toBe(80);
  // it reads some: what moves is not cut off
  link?.tick(20_000);
  slow.resume();
  slow.reads = false;
  await slow.say();
  link?.tick(40_000);
  link?.tick(69_000);
  expect(slow.closed).toBe(false);
  link?.tick(70_000);
  await slow.say();
  slow.resume();
  await slow.say();
  expect(slow.goAway).toBe(errorCode.enhanceYourCalm);
  expect(slow.closed).toBe(true);
  link?.tick(70_100);
  link?.tick(71_100);
  await slow.say();
  expect(gone).toHaveBeenCalledOnce();
});

it("cuts off who greets and says no more, and who asks without reading", async () => {
  let link: Link | undefined;
  const dumb = new RawPeer((socket) => {
    link = new Link(
      socket,
      new Pages(),
      () => true,
      0,
      () => {},
    );
  });
  await dumb.say(preface);
  link?.tick(limits.prefaceTimeoutMs - 1);
  expect(dumb.closed).toBe(false);
  link?.tick(limits.prefaceTimeoutMs);
  await dumb.say();
  expect(dumb.goAway).toBe(errorCode.settingsTimeout);

  await peer.say(greeting);
  peer.reads = false;
  // each is answered by a block of 15 KiB, which no window holds back
  const long = "x".repeat(15_000);
  for (let index = 0; index < 1000 && !peer.closed; index++) await peer.say(ask(2 * index + 1, `/${long}/y`));
  expect(peer.closed).toBe(true);
});

it("forgets a connection that hangs up, or closes its direction, in the middle of anything", async () => {
  const seen: string[] = [];
  const own = new GrpcServer(echoMethods(seen));
  for (const leave of [(its: RawPeer) => its.hangUp(), (its: RawPeer) => its.halfClose()]) {
    const leaver = new RawPeer((socket) => own.accept(socket));
    await leaver.say(greeting, unary(1, "/test.Echo/Never"), ask(3).subarray(0, 20));
    leave(leaver);
    await leaver.say();
    expect(leaver.closed).toBe(true);
  }
  expect(seen).toEqual(["cancelled", "cancelled"]);
});

const conversation = Buffer.concat([
  greeting,
  frame(settings, ack, 0),
  unary(1),
  frame(windowUpdate, 0, 0, u32(1000)),
  ask(3, "/test.Echo/Both"),
  frame(data, 0, 3, frameMessage(Buffer.from("one"))),
  frame(ping, 0, 0, u32(1, 2)),
  unary(5, "/test.Echo/Later"),
  message(3, "two"),
  ask(7, "/test.Echo/Never"),
  frame(resetStream, 0, 7, u32(8)),
  frame(settings, 0, 0, settingsOf(setting.initialWindowSize, 10)),
  unary(9, "/test.Echo/Fail"),
]);

/** Bytes replaced, cut out or put in. */
const mutation = fc.record({
  at: fc.nat({ max: conversation.length }),
  cut: fc.nat({ max: 12 }),
  put: fc.uint8Array({ maxLength: 12 }),
});
const mutated = fc
  .array(mutation, { minLength: 1, maxLength: 4 })
  .map((mutations) =>
    mutations.reduce(
      (bytes, { at, cut, put }) => Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]),
      conversation,
    ),
  );
const anyFrame = fc
  .tuple(fc.nat({ max: 10 }), fc.nat({ max: 255 }), fc.nat({ max: 9 }), fc.uint8Array({ maxLength: 30 }))
  .map(([type, flags, id, payload]) => frame(type, flags, id, payload));

it.each([
  ["random bytes", fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)), 500],
  ["random bytes after a greeting", fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.concat([greeting, bytes])), 500],
  [
    "frames of any type, flags, stream and payload",
    fc.array(anyFrame, { maxLength: 20 }).map((all) => Buffer.concat([greeting, ...all])),
    1500,
  ],
  ["a conversation with mutated bytes", mutated, 3000],
])("bears %s", { timeout: 60_000 }, async (_what, input, numRuns) => {
  await fc.assert(
    fc.asyncProperty(input, async (bytes) => {
      const odd = new RawPeer((socket) => server.accept(socket));
      await odd.say(bytes);
      // whole frames, and nothing after a GOAWAY that says what was wrong
      const { frames } = odd;
      const gone = frames.findIndex(({ type }) => type === goAway);
      expect(gone === -1 || gone === frames.length - 1).toBe(true);
      expect(odd.closed).toBe(gone >= 0);
      odd.hangUp();
    }),
    { numRuns },
  );
  await peer.say(greeting);
  await checkAlive(1);
});
