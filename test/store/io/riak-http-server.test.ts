// Shows that the HTTP server of the leaderless store answers over real sockets, in order, and survives what hostile clients send, do not send and do not read.
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RiakHttpServer } from "../../../src/store/io/riak-http-server.js";
import { messageBytesMax, pipelinedMax } from "../../../src/store/riak/limits.js";
import type { LeaderlessStore, Page } from "../../../src/store/leaderless/api.js";
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

/** What is written on this machine's own network has been read when the event loop has gone round a few times. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
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

describe("with clocks of their own", () => {
  // before the server begins to look at its connections; sockets keep the true time
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    server.close();
    server = new RiakHttpServer({ store, newKey: () => "made", stats: () => ({}) });
    port = await server.listen("127.0.0.1", 0);
  });
  afterEach(() => vi.useRealTimers());

  it("cuts off a client that sends no more of a body it has begun", async () => {
    const socket = await raw();
    const end = heard(socket);
    socket.write("PUT /buckets/b/keys/k HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\nContent-Length: 100\r\n\r\nhalf");
    await expect.poll(() => server.active).toBe(1);
    for (let sent = 0; sent < 5; sent++) {
      vi.advanceTimersByTime(20_000);
      socket.write(".");
      await turns();
    }
    expect(server.active).toBe(1);
    vi.advanceTimersByTime(32_000);
    await end;
    await expect.poll(() => server.active).toBe(0);
    expect(store.asked).toEqual([]);
  });

  it("cuts off a client that takes nothing of its answer", async () => {
    const url = `http://127.0.0.1:${port}/buckets/b/keys/k`;
    await fetch(url, {
      method: "PUT",
      headers: { "content-type": "a/b", connection: "close" },
      body: Buffer.alloc(messageBytesMax),
    });
    await expect.poll(() => server.active).toBe(0);
    const socket = await raw();
    socket.pause();
    socket.write("GET /buckets/b/keys/k HTTP/1.1\r\nHost: x\r\n\r\n");
    await expect.poll(() => store.asked.length).toBe(2);
    // the kernel takes its share
    await new Promise((resolve) => setTimeout(resolve, 100));
    vi.advanceTimersByTime(35_000);
    await expect.poll(() => server.active).toBe(0);
    socket.destroy();
  });
});

it("refuses bodies while others fill the room that there is for all, and takes them again afterwards", async () => {
  server.close();
  server = new RiakHttpServer({ store, newKey: () => "made", stats: () => ({}) }, 100_000);
  port = await server.listen("127.0.0.1", 0);
  const greedy = await raw();
  greedy.write(
    `PUT /buckets/b/keys/k HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\nContent-Length: 90001\r\n\r\n${"x".repeat(90_000)}`,
  );
  const put = async (): Promise<number> => {
    const init = { method: "PUT", headers: { "content-type": "a/b" }, body: "y".repeat(20_000) };
    return (await fetch(`http://127.0.0.1:${port}/buckets/b/keys/other`, init)).status;
  };
  await expect.poll(put).toBe(503);
  greedy.destroy();
  await expect.poll(put).toBe(204);
});

it("asks the store for no more pages than the client takes", async () => {
  server.close();
  let pages = 0;
  let isAbandoned = false;
  const key = "k".repeat(1000);
  const endless: LeaderlessStore = {
    nodeName: "n1",
    ask: (_request, answer) => {
      const give = (): void => {
        pages++;
        const value: Page<string> = { items: Array.from({ length: 100 }, () => key), more: () => setImmediate(give) };
        if (!isAbandoned) answer({ ok: true, value } as never);
      };
      setImmediate(give);
      return () => {
        isAbandoned = true;
      };
    },
  };
  server = new RiakHttpServer({ store: endless, newKey: () => "made", stats: () => ({}) });
  port = await server.listen("127.0.0.1", 0);
  const socket = await raw();
  socket.pause();
  socket.write("GET /buckets/b/keys?keys=stream HTTP/1.1\r\nHost: x\r\n\r\n");
  // goes on until the kernel takes no more, which is some megabytes
  let before = -1;
  await expect
    .poll(
      () => {
        const isStill = before === pages && pages > 0;
        before = pages;
        return isStill;
      },
      { interval: 100, timeout: 10_000 },
    )
    .toBe(true);
  expect(pages).toBeLessThan(1000);
  socket.resume();
  const stopped = pages;
  await expect.poll(() => pages).toBeGreaterThan(stopped + 100);
  socket.destroy();
  await expect.poll(() => isAbandoned).toBe(true);
});
