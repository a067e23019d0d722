// Shows the one port that speaks HTTP/1.1 and HTTP/2, plain and over TLS: who gets which connection, however slowly it begins.
import { createServer, request } from "node:http";
import type { Server } from "node:http";
import { connect, createServer as createTcp } from "node:net";
import type { Socket } from "node:net";
import { request as requestTls } from "node:https";
import { connect as connectTls } from "node:tls";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeAuthority, makeCertificate } from "../../../src/cluster/tls/certificate.js";
import { FrontDoor } from "../../../src/store/io/front-door.js";
import { GrpcServer } from "../../../src/store/io/grpc-server.js";
import { prefaceTimeoutMs } from "../../../src/store/io/h2/limits.js";
import { listenOn } from "../../../src/store/io/listen.js";
import type { TlsKeys } from "../../../src/store/io/tls-keys.js";
import type { KeyPair } from "../../../src/workspace/tls-folder.js";
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

describe("over TLS", () => {
  const nowMs = Date.now();
  const authority = makeAuthority("the shop", nowMs);
  const issued = (purpose: "server" | "client", by = authority): KeyPair =>
    makeCertificate({ subject: "shop", purpose, names: ["127.0.0.1"] }, by, "the shop", nowMs);
  const own = issued("server");

  async function open(keys: TlsKeys): Promise<void> {
    door.close();
    door = new FrontDoor(new GrpcServer(echoMethods()), http, keys);
    port = await door.listen("127.0.0.1", 0);
  }

  /** Text, or why there was none. */
  function get(options: { cert?: string; key?: string; maxVersion?: "TLSv1.1" | "TLSv1.2" } = {}): Promise<string> {
    return new Promise((resolve) => {
      requestTls({ host: "127.0.0.1", port, ca: authority.cert, agent: false, minVersion: "TLSv1", ...options }, (response) =>
        response.on("data", (chunk: Buffer) => resolve(chunk.toString())),
      )
        .on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
        .end();
    });
  }

  it("serves both protocols, by what was agreed on and by what is said", async () => {
    await open(own);
    const session = await dial(port, { ca: authority.cert }, "https");
    expect(session.alpnProtocol).toBe("h2");
    const message = Buffer.alloc(300_000, "tls");
    const { messages, status } = await call(session, "/test.Echo/Later", message);
    expect(status).toBe(0);
    expect(messages[0]?.equals(message)).toBe(true);
    session.destroy();
    expect(await get()).toBe("GET /");
    const agreed = connectTls({ host: "127.0.0.1", port, ca: authority.cert, ALPNProtocols: ["http/1.1"] });
    await new Promise((resolve) => agreed.once("secureConnect", resolve));
    expect(agreed.alpnProtocol).toBe("http/1.1");
    agreed.destroy();
  });

  it("hears a hello byte by byte", async () => {
    await open(own);
    const behind = port;
    const slow = createTcp((near) => {
      const far = connect(behind, "127.0.0.1");
      near.on("data", (chunk: Buffer) => {
        for (const byte of chunk) far.write(Buffer.of(byte));
      });
      far.setNoDelay(true).pipe(near);
      near.on("error", () => far.destroy()).on("close", () => far.destroy());
    });
    port = await listenOn(slow, "127.0.0.1", 0);
    expect(await get()).toBe("GET /");
    slow.close();
  });

  it("speaks no TLS that is older than 1.2", async () => {
    await open(own);
    expect(await get({ maxVersion: "TLSv1.2" })).toBe("GET /");
    expect(await get({ maxVersion: "TLSv1.1" })).toMatch(/^ERR_SSL|ECONNRESET|EPROTO/);
  });

  it("lets in clients with a certificate of the right authority only, where it asks for one", async () => {
    await open({ ...own, clientCa: authority.cert });
    expect(await get(issued("client"))).toBe("GET /");
    expect(await get()).toMatch(/^ERR_SSL|ECONNRESET|EPROTO/);
    expect(await get(issued("client", makeAuthority("the shop", nowMs)))).toMatch(/^ERR_SSL|ECONNRESET|EPROTO/);
    const session = await dial(port, { ca: authority.cert, ...issued("client") }, "https");
    expect(await call(session, "/test.Echo/Unary", Buffer.from("x"))).toMatchObject({ status: 0 });
    session.destroy();
  });

  it.each([
    ["GET /health HTTP/1.1", /200 OK[^]*GET \/health/],
    ["GET /status?hash=1 HTTP/1.1", /200 OK[^]*GET \/status/],
    ["GET /healthy HTTP/1.1", /400 Bad Request[^]*Client sent an HTTP request to an HTTPS server\.\n/],
    ["POST /health HTTP/1.1", /400 Bad Request/],
    ["POST /v3/kv/range HTTP/1.1", /400 Bad Request/],
  ])("tells in plain text how it is, and nothing else: %s", async (line, answer) => {
    await open(own);
    const socket = await dialRaw();
    const heard = hear(socket, /never/);
    socket.write(`${line}\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(await heard).toMatch(answer);
  });

  it("closes what speaks HTTP/2 in plain text, or TLS that is none", async () => {
    await open(own);
    const plain = await dialRaw();
    const nothing = hear(plain, /never/);
    plain.write(Buffer.concat([greeting, frame(1, 5, 1, requestBlock("/test.Echo/Unary"))]));
    expect(await nothing).toBe("");
    for (const garbage of ["\x16\x03\x01\xff\xff", "\x16\x16\x16\x16\x16\x16", "\x16".padEnd(70_000, "\x03\x00\xff")]) {
      const socket = await dialRaw();
      const heard = hear(socket, /never/);
      socket.end(Buffer.from(garbage, "latin1"));
      expect(await heard).not.toMatch(/HTTP/);
    }
    expect(await get()).toBe("GET /");
  });

  it("closes a connection that says nothing after its handshake, after its time", async () => {
    await open(own);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const silent = connectTls({ host: "127.0.0.1", port, ca: authority.cert });
    silent.on("error", () => {});
    const silentGone = new Promise((resolve) => silent.on("close", resolve));
    await new Promise((resolve) => silent.once("secureConnect", resolve));
    // an answer on another one: the end of this one's handshake was heard before
    expect(await get()).toBe("GET /");
    vi.advanceTimersByTime(prefaceTimeoutMs);
    silent.resume();
    await silentGone;
  });

  it("on leaving ends what is idle, and closing ends what is not", async () => {
    await open(own);
    const session = await dial(port, { ca: authority.cert }, "https");
    const sessionGone = new Promise((resolve) => session.on("close", resolve));
    await call(session, "/test.Echo/Unary", Buffer.from("x"));
    const halfHello = await dialRaw();
    const gone = hear(halfHello, /never/);
    halfHello.write(Buffer.from([0x16, 3, 1, 1, 0]));
    expect(await get()).toBe("GET /");
    door.stopAccepting();
    await sessionGone;
    door.close();
    await gone;
  });
});
