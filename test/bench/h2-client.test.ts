// Shows that the client for load speaks HTTP/2 as Node's own server understands it: headers, limits on streams and windows, pings, messages of any size, and every way to fail.
import { createServer } from "node:http2";
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream, Settings } from "node:http2";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { connectH2 } from "../../bench/h2-client.js";

type Serve = (stream: ServerHttp2Stream, request: Buffer, headers: IncomingHttpHeaders) => void;
type Client = Awaited<ReturnType<typeof connectH2>>;

let server: Http2Server | undefined;
let client: Client | undefined;
afterEach(() => {
  client?.close();
  server?.close();
});

/** A server of Node's that hands on what was asked, and a connection to it. */
async function connect(settings: Settings, serve: Serve): Promise<Client> {
  const started = createServer({ settings });
  server = started;
  started.on("stream", (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on("error", () => {});
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => serve(stream, Buffer.concat(chunks), headers));
  });
  await new Promise<void>((resolve) => {
    started.listen(0, "127.0.0.1", resolve);
  });
  client = await connectH2((started.address() as AddressInfo).port);
  return client;
}

interface Ended {
  readonly messages: Buffer[];
  readonly error: Error | undefined;
}

function call(by: Client, message: Buffer, path = "/test.Service/Method"): Promise<Ended> {
  const messages: Buffer[] = [];
  return new Promise((resolve) => {
    by.call(path, message, {
      onMessage: (bytes) => messages.push(Buffer.from(bytes)),
      onEnd: (error) => resolve({ messages, error }),
    });
  });
}

function prefixed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Answers as a gRPC server does. */
function answer(stream: ServerHttp2Stream, ...messages: Buffer[]): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.end(Buffer.concat(messages.map(prefixed)));
}

const echo: Serve = (stream, request) => answer(stream, request.subarray(5));

it("sends the headers of gRPC, on the first request as on the hundredth, whichever paths come between", async () => {
  const seen: string[] = [];
  const by = await connect({}, (stream, _, headers) => {
    seen.push([":method", ":path", "content-type", "te"].map((name) => String(headers[name])).join(" "));
    answer(stream, Buffer.alloc(0));
  });
  const paths = Array.from({ length: 100 }, (_, at) => `/s/${["A", "B", "A", "C", "A"][at % 5]}`);
  for (const path of paths) await call(by, Buffer.alloc(1), path);
  expect(seen).toEqual(paths.map((path) => `POST ${path} application/grpc trailers`));
});

it("tells everything anew to a server that remembers nothing", async () => {
  const seen: (string | undefined)[] = [];
  const by = await connect({ headerTableSize: 0 }, (stream, _, headers) => {
    seen.push(headers[":path"]);
    answer(stream, Buffer.alloc(0));
  });
  for (const path of ["/a", "/b", "/a"]) await call(by, Buffer.alloc(1), path);
  expect(seen).toEqual(["/a", "/b", "/a"]);
});

it("keeps to the server's limits: at most three streams, and no byte beyond a window", async () => {
  let open = 0;
  let openMax = 0;
  const by = await connect({ maxConcurrentStreams: 3, initialWindowSize: 20_000 }, (stream, request) => {
    openMax = Math.max(openMax, ++open);
    setImmediate(() => {
      open--;
      answer(stream, request.subarray(5));
    });
  });
  // 200 × 10 kB is 30 times what a connection may send at first.
  const requests = Array.from({ length: 200 }, (_, at) => Buffer.alloc(10_000, at));
  const answers = await Promise.all(requests.map((request) => call(by, request)));
  expect(openMax).toBe(3);
  expect(answers.every(({ messages, error }, at) => error === undefined && messages[0]?.equals(requests[at] as Buffer))).toBe(
    true,
  );
});

it("puts messages together that straddle frames, and takes several out of one", async () => {
  const long = Buffer.from(Array.from({ length: 200_000 }, (_, at) => at % 251));
  const by = await connect({}, (stream) => answer(stream, Buffer.from("a"), long, Buffer.alloc(0), Buffer.from("b")));
  const { messages } = await call(by, Buffer.alloc(0));
  expect(messages.map((message) => message.length)).toEqual([1, 200_000, 0, 1]);
  expect(messages[1]?.equals(long)).toBe(true);
});

it("answers pings", async () => {
  const by = await connect({}, (stream, request) => {
    stream.session?.ping(Buffer.from("are you?"), (error, _, payload) => {
      answer(stream, error === null ? payload : Buffer.concat([request, Buffer.from("no pong")]));
    });
  });
  expect((await call(by, Buffer.alloc(0))).messages.map(String)).toEqual(["are you?"]);
});

it("leaves a stream open where more may follow, and hears what comes meanwhile", async () => {
  const started = await connect({}, echo);
  server?.removeAllListeners("stream");
  server?.on("stream", (stream) => {
    stream.on("error", () => {});
    stream.respond({ ":status": 200 });
    stream.on("data", () => stream.write(prefixed(Buffer.from("event"))));
  });
  const first = await new Promise<string>((resolve, reject) => {
    const handlers = { onMessage: (bytes: Buffer) => resolve(bytes.toString()), onEnd: () => reject(new Error("it ended")) };
    started.call("/w", Buffer.from("watch"), handlers, { isOpen: true });
  });
  expect(first).toBe("event");
});

it("tells a call that failed from one that went well: no message came", async () => {
  const by = await connect({}, (stream) =>
    stream.respond({ ":status": 200, "grpc-status": "3", "grpc-message": "no" }, { endStream: true }),
  );
  expect(await call(by, Buffer.alloc(0))).toEqual({ messages: [], error: undefined });
});

it("says so when a stream is reset, a connection ends, or a server goes away", async () => {
  const by = await connect({}, (stream, request) => {
    if (request.subarray(5).toString() === "reset") stream.close(2);
    else stream.session?.destroy();
  });
  expect((await call(by, Buffer.from("reset"))).error?.message).toBe("the server reset the stream: error 2");
  expect((await call(by, Buffer.from("end"))).error?.message).toMatch(/closed|GOAWAY/);
  expect((await call(by, Buffer.alloc(0))).error).toBeInstanceOf(Error);
});

it("refuses a message that is longer than a frame", async () => {
  const by = await connect({}, echo);
  expect(() => by.call("/s/A", Buffer.alloc(16_380), { onMessage() {}, onEnd() {} })).toThrow("one frame");
});

it("rejects where nobody speaks HTTP/2", async () => {
  const other = createTcpServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await new Promise<void>((resolve) => {
    other.listen(0, "127.0.0.1", resolve);
  });
  await expect(connectH2((other.address() as AddressInfo).port)).rejects.toThrow("closed");
  other.close();
});
