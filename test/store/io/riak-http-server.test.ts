// Shows that the HTTP server of the leaderless store answers over real sockets, in order, and survives what hostile clients send, do not send and do not read.
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { RiakHttpServer } from "../../../src/store/io/riak-http-server.js";
import { messageBytesMax, pipelinedMax } from "../../../src/store/riak/limits.js";
import { memoryStore } from "../riak/memory-store.js";
import type { MemoryStore } from "../riak/memory-store.js";

let store: MemoryStore;
let server: RiakHttpServer;
let port: number;
let made = 0;

beforeEach(async () => {
  store = memoryStore();
  server = new RiakHttpServer({ store, newKey: () => `made${++made}`, stats: () => ({}) });
  port = await server.listen("127.0.0.1", 0);
});
afterEach(() => server.close());

async function raw(): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  // closed by the server in the middle of our writing: that is what some of these tests want
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** All that comes until `done` says that it is enough, or the connection ends. */
async function heard(socket: Socket, done: (text: string) => boolean = () => false): Promise<string> {
  let text = "";
  return new Promise((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (done(text)) resolve(text);
    });
    socket.on("close", () => resolve(text));
  });
}

async function isAlive(): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/ping`);
  expect(await response.text()).toBe("OK");
}

it("stores a value and gives it back", async () => {
  const url = `http://127.0.0.1:${port}/buckets/b/keys/k`;
  const put = await fetch(url, { method: "PUT", headers: { "content-type": "text/plain", "x-riak-meta-a": "b" }, body: "value" });
  expect(put.status).toBe(204);
  const got = await fetch(url);
  expect([got.status, got.headers.get("x-riak-meta-a"), got.headers.get("content-length")]).toEqual([200, "b", "5"]);
  expect(await got.text()).toBe("value");
  const head = await fetch(url, { method: "HEAD" });
  expect([head.headers.get("content-length"), await head.text()]).toEqual(["5", ""]);
});

it("answers requests that come at once in their order, each after what the one before it wrote", async () => {
  const socket = await raw();
  const answers = heard(socket, (text) => text.endsWith("three"));
  const put = (body: string): string =>
    `POST /buckets/b/keys/${body} HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const get = (key: string): string => `GET /buckets/b/keys/${key} HTTP/1.1\r\nHost: x\r\n\r\n`;
  socket.write(put("one") + get("one") + put("two") + get("two") + put("three") + get("three"));
  const statuses = [...(await answers).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
  expect(statuses).toEqual(["204", "200", "204", "200", "204", "200"]);
  socket.destroy();
});

it("takes a body that the client asks for leave to send", async () => {
  const socket = await raw();
  const answers = heard(socket, (text) => text.includes("204"));
  socket.write(
    "PUT /buckets/b/keys/k HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
  );
  await once(socket, "data");
  socket.write("ok");
  expect(await answers).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 204/);
  socket.destroy();
});

it.each([
  ["what is no HTTP", "\0\x01\x02\r\n\r\n", "400"],
  ["protocol buffers", "\0\0\0\x01\x01", "400"],
  ["two lengths", "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"],
  ["a length and chunks", "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"],
  ["chunks without end", "PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"],
  ["headers without end", `GET /a HTTP/1.1\r\nHost: x\r\nX-A: ${"a".repeat(100_000)}`, "431"],
  ["a path without end", `GET /${"a".repeat(100_000)}`, "431"],
  [
    "a body announced too long",
    `PUT /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${messageBytesMax + 1}\r\n\r\n`,
    "413",
  ],
])("refuses %s, and goes on with others", async (_what, bytes, status) => {
  const socket = await raw();
  const answer = heard(socket, (text) => text.includes("\r\n\r\n"));
  socket.write(bytes, "latin1");
  expect((await answer).slice("HTTP/1.1 ".length).split(" ")[0]).toBe(status);
  socket.destroy();
  await isAlive();
});

it("refuses a body in chunks once it is too long, without keeping it", async () => {
  const socket = await raw();
  const answer = heard(socket, (text) => text.includes("\r\n\r\n"));
  socket.write("PUT /buckets/b/keys/k HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n");
  const chunk = Buffer.concat([Buffer.from("100000\r\n"), Buffer.alloc(2 ** 20), Buffer.from("\r\n")]);
  for (let sent = 0; sent <= messageBytesMax; sent += 2 ** 20) socket.write(chunk);
  expect(await answer).toContain("HTTP/1.1 413");
  expect(store.asked).toEqual([]);
  socket.destroy();
  await isAlive();
});

it("ends a connection with more requests than it takes ahead of their turn", async () => {
  const socket = await raw();
  const answers = heard(socket);
  store.hold();
  socket.write("GET /buckets/b/keys/k HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2 * pipelinedMax));
  expect(await answers).toBe("");
  await isAlive();
});

it("stops asking the store for a client that is gone", async () => {
  store.hold();
  const socket = await raw();
  socket.write("GET /buckets/b/keys/k HTTP/1.1\r\nHost: x\r\n\r\n");
  await expect.poll(() => store.asked.length).toBe(1);
  socket.destroy();
  await expect.poll(() => store.abandoned).toBe(1);
  await expect.poll(() => server.active).toBe(0);
  await isAlive();
});
