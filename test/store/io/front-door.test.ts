// Shows the one port that speaks HTTP/1.1 and HTTP/2, plain and over TLS: who gets which connection, however slowly it begins.
import { createServer, request } from "node:http";
import type { Server } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { request as requestTls } from "node:https";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FrontDoor } from "../../../src/store/io/front-door.js";
import { GrpcServer } from "../../../src/store/io/grpc-server.js";
import { prefaceTimeoutMs } from "../../../src/store/io/h2/limits.js";
import { call, dial } from "./h2/grpc-client.js";
import { echoMethods } from "./h2/echo-methods.js";
import { frame, greeting, requestBlock } from "./h2/raw-peer.js";

let http: Server;
let door: FrontDoor;
let port: number;

beforeEach(async () => {
  http = createServer((asked, response) => {
    asked.resume();
    asked.on("end", () => response.end(`${asked.method} ${asked.url}`));
  });
  door = new FrontDoor(new GrpcServer(echoMethods()), http);
  port = await door.listen("127.0.0.1", 0);
});
afterEach(() => {
  vi.useRealTimers();
  door.close();
});

function dialRaw(): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () => resolve(socket));
    socket.on("error", () => {});
  });
}

/** All that is said until the other side closes, or until it matches. */
function hear(socket: Socket, until: RegExp): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (until.test(text)) resolve(text);
    });
    socket.on("end", () => socket.end());
    socket.on("close", () => resolve(text));
  });
}

it("serves both protocols on one port, on connections side by side", async () => {
  const session = await dial(port);
  expect(await (await fetch(`http://127.0.0.1:${port}/health`)).text()).toBe("GET /health");
  expect(await call(session, "/test.Echo/Unary", Buffer.from("x"))).toMatchObject({ status: 0 });
  expect(await (await fetch(`http://127.0.0.1:${port}/v3/kv/put`, { method: "POST", body: "y".repeat(200_000) })).text()).toBe(
    "POST /v3/kv/put",
  );
  session.destroy();
});

it.each(["GET", "POST", "PUT", "PATCH", "PROPFIND", "DELETE"])(
  "hands %s to the HTTP/1.1 server, byte by byte",
  async (method) => {
    const socket = await dialRaw();
    const heard = hear(socket, /\/x/);
    for (const byte of Buffer.from(`${method} /x HTTP/1.1\r\nHost: a\r\n\r\n`)) {
      socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await heard).toContain(`${method} /x`);
    socket.destroy();
  },
);

it("hears HTTP/2 byte by byte", async () => {
  const socket = await dialRaw();
  const heard = hear(socket, /grpc-status/);
  const asked = frame(1, 5, 1, requestBlock("/no.Such/Method"));
  for (const byte of Buffer.concat([greeting, asked])) {
    socket.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await heard).toContain("unknown service no.Such");
  socket.destroy();
});

it("answers an HTTP/1.1 client that closes its direction after its request", async () => {
  const socket = await dialRaw();
  const heard = hear(socket, /never/);
  socket.end("GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  expect(await heard).toContain("GET /last");
});

it("closes a connection that says nothing, or only half of what it speaks, after its time", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const accepted = vi.fn<() => void>();
  const [silent, stammering] = await Promise.all([dialRaw(), dialRaw()]);
  const gone = [silent, stammering].map((socket) => hear(socket, /never/).then(accepted));
  stammering.write("PRI * HT");
  // an answer on a third one: what the others said was heard before
  expect(
    await new Promise((resolve) => request({ port }, (response) => response.resume().on("end", () => resolve(1))).end()),
  ).toBe(1);
  vi.advanceTimersByTime(prefaceTimeoutMs - 1);
  expect(accepted).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  await Promise.all(gone);
});

it("on leaving ends what is idle at once, and takes nobody in", async () => {
  const silent = await dialRaw();
  const silentGone = hear(silent, /never/);
  const kept = await dialRaw();
  const heard = hear(kept, /GET/);
  kept.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await heard;
  const keptGone = new Promise((resolve) => kept.on("close", resolve));
  const session = await dial(port);
  const sessionGone = new Promise((resolve) => session.on("close", resolve));
  await call(session, "/test.Echo/Unary", Buffer.from("x"));
  door.stopAccepting();
  await Promise.all([silentGone, keptGone, sessionGone]);
  const refused = await new Promise((resolve) => connect(port, "127.0.0.1").on("error", resolve));
  expect(refused).toMatchObject({ code: "ECONNREFUSED" });
});

/** Of nobody, for a hundred years. */
const cert = `-----BEGIN CERTIFICATE-----
MIIBfjCCASWgAwIBAgIUUzywW1m/B0T1M51IE2uHlmObQMwwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTE1NDU1OVoYDzIxMjYxMDI4
MTU0NTU5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQCbBO1dPFI/pYvCwtzIBFW/aW1yXJh1LV7MrkPsFcbErxZEsR0l19c
uQUvP9eq8c431mrMkfJdH+OOTNQN3hbTo1MwUTAdBgNVHQ4EFgQULNHVfMi8D4Se
Rr/2lzOp7NCoThwwHwYDVR0jBBgwFoAULNHVfMi8D4SeRr/2lzOp7NCoThwwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBn0WBbIbIUI4jHSZH7dKAP
nOAvKJfVAx/eFMCQnizBxgIgIsQE8v+8uSaFBw35gwO5tgx0rG9TDhNZ/ZTYyJa2
O/Q=
-----END CERTIFICATE-----
`;
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgUgJ7L5tPaQ631V/l
lZ4E3t/fsBPjCyboQY4bBqIY2syhRANCAAQCbBO1dPFI/pYvCwtzIBFW/aW1yXJh
1LV7MrkPsFcbErxZEsR0l19cuQUvP9eq8c431mrMkfJdH+OOTNQN3hbT
-----END PRIVATE KEY-----
`;

it("serves both protocols over TLS", async () => {
  door.close();
  door = new FrontDoor(new GrpcServer(echoMethods()), http, { cert, key });
  port = await door.listen("127.0.0.1", 0);
  const session = await dial(port, { rejectUnauthorized: false }, "https");
  expect(session.alpnProtocol).toBe("h2");
  const message = Buffer.alloc(300_000, "tls");
  const { messages, status } = await call(session, "/test.Echo/Later", message);
  expect(status).toBe(0);
  expect(messages[0]?.equals(message)).toBe(true);
  session.destroy();
  const text = await new Promise((resolve) => {
    requestTls({ port, rejectUnauthorized: false, agent: false }, (response) =>
      response.on("data", (chunk) => resolve(String(chunk))),
    ).end();
  });
  expect(text).toBe("GET /");
  // plain text where TLS is spoken
  const plain = await dialRaw();
  plain.write("GET / HTTP/1.1\r\n\r\n");
  await hear(plain, /never/);
});
