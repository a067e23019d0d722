// Shows gRPC as a client that is not ours sees it: calls of each kind, every way to fail, time limits, cancelling, back-pressure, GOAWAY.
import { createServer } from "node:http";
import type { ClientHttp2Session } from "node:http2";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FrontDoor } from "../../../src/store/io/front-door.js";
import { GrpcServer } from "../../../src/store/io/grpc-server.js";
import { grpcCode } from "../../../src/store/io/grpc.js";
import { answerTo, call, dial, frameMessage, openCall } from "./h2/grpc-client.js";
import { echoMethods } from "./h2/echo-methods.js";

let seen: string[];
let door: FrontDoor;
let port: number;
let session: ClientHttp2Session;
const http = createServer((_request, response) => response.end("plain"));
const some = Buffer.from("some");

beforeEach(async () => {
  seen = [];
  door = new FrontDoor(new GrpcServer(echoMethods(seen)), http);
  port = await door.listen("127.0.0.1", 0);
  session = await dial(port);
  // what a test does to the connection on purpose
  session.on("error", () => {});
});
afterEach(() => {
  session.destroy();
  door.close();
});

it("answers a unary call with one message and a status", async () => {
  const { messages, status, headers } = await call(session, "/test.Echo/Unary", some);
  expect({ messages, status }).toEqual({ messages: [some], status: 0 });
  expect(headers).toMatchObject({ ":status": 200, "content-type": "application/grpc" });
});

it.each([0, 1, 16_000, 16_384, 100_000, 2 ** 20, 2 ** 21])("brings back a message of %i bytes", async (length) => {
  const message = Buffer.alloc(length, "devious");
  for (const path of ["/test.Echo/Unary", "/test.Echo/Later", "/test.Echo/Both"]) {
    const { messages, status } = await call(session, path, message);
    expect(status).toBe(0);
    expect(messages[0]?.equals(message)).toBe(true);
  }
});

it("answers many calls at once, each with its own", async () => {
  const texts = Array.from({ length: 2000 }, (_, index) => `call ${index}`);
  const answers = await Promise.all(texts.map((text) => call(session, "/test.Echo/Later", Buffer.from(text))));
  expect(answers.map(({ messages }) => String(messages[0]))).toEqual(texts);
});

it("carries messages both ways on one stream, in order, wherever they are cut", async () => {
  const stream = openCall(session, "/test.Echo/Both");
  const texts = Array.from({ length: 300 }, (_, index) => "x".repeat(index * 7));
  const bytes = Buffer.concat(texts.map((text) => frameMessage(Buffer.from(text))));
  for (let at = 0; at < bytes.length; at += 977) stream.write(bytes.subarray(at, at + 977));
  stream.end();
  const { messages, status } = await answerTo(stream);
  expect(status).toBe(0);
  expect(messages.map(String)).toEqual(texts);
});

it("answers on a stream before the client has ended it", async () => {
  const stream = openCall(session, "/test.Echo/Both");
  stream.write(frameMessage(some));
  const first = await new Promise<Buffer>((resolve) => stream.once("data", resolve));
  expect(first).toEqual(frameMessage(some));
  stream.end();
  expect(await answerTo(stream)).toMatchObject({ status: 0 });
});

it("tells metadata, joined where it is repeated, and the time limit", async () => {
  const headers = { token: "abc", "some-bin": "AAE=", "grpc-timeout": "1500m" };
  const { messages } = await call(session, "/test.Echo/Metadata", some, headers);
  const [metadata, timeoutMs] = JSON.parse(String(messages[0])) as [[string, string][], number];
  expect(metadata).toEqual(
    expect.arrayContaining([
      ["token", "abc"],
      ["some-bin", "AAE="],
    ]),
  );
  expect(metadata.map(([name]) => name)).not.toContain("te");
  expect(timeoutMs).toBe(1500);
});

it("carries an error's text and trailers, and leaves the connection as it was", async () => {
  const { status, text, trailers, headers } = await call(session, "/test.Echo/Fail", some);
  expect({ status, text }).toEqual({ status: grpcCode.notFound, text: "gone: 100% naïve\n" });
  expect({ ...trailers, ...headers }).toMatchObject({ "devious-definite": "1" });
  expect(await call(session, "/test.Echo/Unary", some)).toMatchObject({ status: 0 });
});

it.each([
  ["a method that throws", "/test.Echo/Throw", {}, grpcCode.internal, "out of it"],
  ["an unknown service", "/test.Other/Unary", {}, grpcCode.unimplemented, "unknown service test.Other"],
  ["an unknown method", "/test.Echo/Other", {}, grpcCode.unimplemented, "unknown method Other for service test.Echo"],
  ["a path that names no method", "/health", {}, grpcCode.unimplemented, "malformed method name: /health"],
  ["compression", "/test.Echo/Unary", { "grpc-encoding": "gzip" }, grpcCode.unimplemented, /gzip/],
  [
    "a time limit that is none",
    "/test.Echo/Unary",
    { "grpc-timeout": "soon" },
    grpcCode.internal,
    "malformed grpc-timeout: soon",
  ],
  ["a long header list", "/test.Echo/Unary", { long: "x".repeat(17_000) }, grpcCode.resourceExhausted, /16384/],
] as const)("refuses %s", async (_what, path, headers, code, text) => {
  const answered = await call(session, path, some, headers);
  expect(answered.status).toBe(code);
  expect(answered.text).toMatch(text);
});

it("refuses what is no gRPC by an HTTP status", async () => {
  const others = [{ "content-type": "application/json" }, { "content-type": "application/grpc-web" }, { ":method": "PUT" }];
  for (const headers of others) {
    expect((await call(session, "/test.Echo/Unary", some, headers as unknown as Record<string, string>)).headers[":status"]).toBe(
      415,
    );
  }
  expect(await call(session, "/test.Echo/Unary", some, { "content-type": "application/grpc+proto" })).toMatchObject({
    status: 0,
  });
});

it.each([
  ["nothing", Buffer.alloc(0), grpcCode.internal, /without a whole message/],
  ["half a message", frameMessage(some).subarray(0, 7), grpcCode.internal, /without a whole message/],
  ["two messages", Buffer.concat([frameMessage(some), frameMessage(some)]), grpcCode.internal, /more than one/],
  ["a compressed one", Buffer.from([1, 0, 0, 0, 0]), grpcCode.internal, /compressed/],
  [
    "one that is too large",
    Buffer.from([0, 0, 0x21, 0x91, 0xc0, 1, 2]),
    grpcCode.resourceExhausted,
    "grpc: received message larger than max (2200000 vs. 2097152)",
  ],
])("refuses a unary call of %s", async (_what, bytes, code, text) => {
  const stream = openCall(session, "/test.Echo/Unary");
  stream.end(bytes);
  const answered = await answerTo(stream);
  expect(answered.status).toBe(code);
  expect(answered.text).toMatch(text);
});

it("ends a call whose time is over, and tells who answers it", async () => {
  const answered = await call(session, "/test.Echo/Never", some, { "grpc-timeout": "150m" });
  expect(answered.status).toBe(grpcCode.deadlineExceeded);
  expect(seen).toEqual(["cancelled"]);
});

it("tells who answers that the client has gone, by a reset or with its connection", async () => {
  const reset = openCall(session, "/test.Echo/Never");
  reset.on("error", () => {});
  reset.end(frameMessage(some));
  await call(session, "/test.Echo/Unary", some);
  reset.close(8);
  await expect.poll(() => seen).toEqual(["cancelled"]);
  openCall(session, "/test.Echo/Never")
    .on("error", () => {})
    .end(frameMessage(some));
  await call(session, "/test.Echo/Unary", some);
  session.destroy();
  await expect.poll(() => seen).toEqual(["cancelled", "cancelled"]);
});

it("lets a writer wait for a client that does not read, and tells it when there is room", async () => {
  const slow = await dial(port, { settings: { initialWindowSize: 1000 } });
  const stream = openCall(slow, "/test.Echo/Many");
  const ask = Buffer.alloc(8);
  ask.writeUInt32BE(300, 0);
  ask.writeUInt32BE(10_000, 4);
  stream.end(frameMessage(ask));
  await expect.poll(() => seen).toEqual(["waits"]);
  const { messages, status } = await answerTo(stream);
  expect(status).toBe(0);
  expect(messages.length).toBe(300);
  expect(messages.every((message) => message.equals(Buffer.alloc(10_000, 7)))).toBe(true);
  expect(seen.length).toBeGreaterThan(1);
  slow.destroy();
});

it("serves a client whose windows are tiny and change", async () => {
  const tiny = await dial(port, { settings: { initialWindowSize: 1 } });
  const message = Buffer.alloc(5000, "tiny");
  const first = call(tiny, "/test.Echo/Later", message);
  tiny.settings({ initialWindowSize: 0 });
  tiny.settings({ initialWindowSize: 70_000 });
  tiny.settings({ initialWindowSize: 10 });
  const answers = await Promise.all([first, call(tiny, "/test.Echo/Both", message), call(tiny, "/test.Echo/Unary", message)]);
  expect(answers.map(({ messages, status }) => [messages[0]?.equals(message), status])).toEqual([
    [true, 0],
    [true, 0],
    [true, 0],
  ]);
  tiny.destroy();
});

it("on leaving, says GOAWAY, takes no new calls, and ends the connection with the last", async () => {
  const stream = openCall(session, "/test.Echo/Both");
  stream.write(frameMessage(some));
  await new Promise((resolve) => stream.once("data", resolve));
  const goneAway = new Promise((resolve) => session.once("goaway", resolve));
  door.stopAccepting();
  expect(await goneAway).toBe(0);
  const closed = new Promise((resolve) => session.once("close", resolve));
  stream.end();
  expect(await answerTo(stream)).toMatchObject({ status: 0 });
  await closed;
});
