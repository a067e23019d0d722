/** A log as a stream of large pieces: one GET on a connection of its own. */
import { type ConnectOpts, connect as connectPlain, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import type { LogOptions } from "../port.js";
import type { EngineEndpoint } from "./connect.js";
import { HttpBody } from "./http-body.js";
import { readAhead } from "./read-ahead.js";

/** The engine hands out line by line: whoever reads a little later reads many at once, and leaves the processor to the engine. */
const breathMs = 1;
/** A read of fewer bytes than this was too early. */
const worthReading = 16 * 1024;

const readBytes = 256 * 1024;

/**
 * How far all logs together are read ahead of whoever asks for them. The merge takes from one log while others wait for their turn; the
 * engine, which stops where nobody reads, would have nothing to do but that one.
 */
const aheadBytes = { once: 72 * 1024 * 1024, live: 24 * 1024 * 1024 };

/** How many logs are being read, which share what may be read ahead. */
let reading = 0;

/**
 * The body of the answer to `GET path`. Throws what dockerode would: an error with `statusCode` and `json` where the engine refuses, with `code`
 * where it does not answer or breaks off. Ends quietly with the signal.
 */
export async function* readLog(
  endpoint: EngineEndpoint,
  path: string,
  { once = false, signal }: Pick<LogOptions, "once" | "signal"> = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const most = once ? aheadBytes.once : aheadBytes.live;
  const stop = new AbortController();
  const ended = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  reading++;
  try {
    yield* readAhead(bodyOf(endpoint, path, ended), () => most / reading);
  } finally {
    reading--;
    stop.abort();
  }
}

async function* bodyOf(endpoint: EngineEndpoint, path: string, signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
  const body = new HttpBody();
  let refusal = "";
  const request = `GET ${path} HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n`;
  for await (const bytes of exchange(endpoint, request, signal)) {
    const piece = body.push(bytes);
    if (body.status !== 200) refusal += piece.toString();
    // a copy: the next read overwrites what was read
    else if (piece.length > 0) yield Buffer.from(piece);
    if (body.isWhole) break;
    if (bytes.length < worthReading) await sleep(breathMs);
  }
  if (signal.aborted) return;
  if (body.status !== 200) throw refused(body.status, refusal);
  if (!body.isWhole) throw Object.assign(new Error("the connection broke off"), { code: "ECONNRESET" });
}

/** Says something and gives what comes back, read only when it is asked for: the system keeps what comes meanwhile, and reads it at once. */
async function* exchange(
  endpoint: EngineEndpoint,
  request: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const buffer = Buffer.allocUnsafeSlow(readBytes);
  let length = 0;
  let failure: Error | undefined;
  let isOver = false;
  let wake = (): void => undefined;
  const socket = connect(endpoint, {
    buffer,
    callback: (bytesRead) => {
      length = bytesRead;
      wake();
      return false;
    },
  });
  const isStopped = (): boolean => signal?.aborted === true;
  const stop = (): void => void socket.destroy();
  signal?.addEventListener("abort", stop, { once: true });
  socket.once("error", (error) => (failure = error));
  for (const event of ["end", "close"]) {
    socket.once(event, () => {
      isOver = true;
      wake();
    });
  }
  try {
    socket.write(request);
    if (isStopped()) return;
    for (;;) {
      if (length === 0 && !isOver) await new Promise<void>((resolve) => (wake = resolve));
      if (length === 0) break;
      yield buffer.subarray(0, length);
      length = 0;
      socket.resume();
    }
    if (failure !== undefined && !isStopped()) throw failure;
  } finally {
    signal?.removeEventListener("abort", stop);
    socket.destroy();
  }
}

type OnRead = NonNullable<ConnectOpts["onread"]>;

function connect(endpoint: EngineEndpoint, onread: OnRead): Socket {
  if ("socketPath" in endpoint) return connectPlain({ path: endpoint.socketPath, onread });
  const { protocol, host, port, ...keys } = endpoint;
  const where = { host, port: Number(port), onread };
  return protocol === "https" ? connectTls({ ...where, ...keys }) : connectPlain(where);
}

function refused(statusCode: number | undefined, text: string): Error {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return Object.assign(new Error(`(HTTP code ${statusCode ?? "none"}) ${text.trim()}`), { statusCode, json });
}
