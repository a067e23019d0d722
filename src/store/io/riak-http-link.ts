import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Held, HeldOfClients } from "../riak/held.js";
import type { Header, HttpReply, HttpRequest } from "../riak/http/message.js";
import { textResponse } from "../riak/http/message.js";
import { serveHttp } from "../riak/http/serve.js";
import type { HttpSession } from "../riak/http/session.js";
import { messageBytesMax, pipelinedMax, unsentBytesMax } from "../riak/limits.js";
import { lingerMs, stallTimeoutMs } from "./h2/limits.js";

interface Waiting {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client waits to be told that it may send its body. */
  readonly wantsContinue: boolean;
}

/**
 * One connection of an HTTP client. Requests are answered one after the other, in the order in which they came, so that a client finds what it has
 * written just before; a body is read once its request's turn has come.
 */
export class RiakHttpLink {
  readonly #socket: Socket;
  readonly #session: HttpSession;
  readonly #held: HeldOfClients;
  readonly #waiting: Waiting[] = [];
  #isBusy = false;
  #isReading = false;
  /** When bytes last went the way that they are waited for. */
  #movedMs = performance.now();
  #leftBytes = 0;
  #readBytes = 0;

  constructor(socket: Socket, session: HttpSession, held: HeldOfClients) {
    this.#socket = socket;
    this.#session = session;
    this.#held = held;
  }

  take(request: IncomingMessage, response: ServerResponse, wantsContinue: boolean): void {
    // a broken connection is no trouble of ours: `close` follows
    request.on("error", () => {});
    response.on("error", () => {});
    if (this.#waiting.length >= pipelinedMax) {
      this.#socket.destroy();
      return;
    }
    this.#waiting.push({ request, response, wantsContinue });
    this.#next();
  }

  /** To be called about once a second: cuts off a client that takes nothing of what waits for it, or sends nothing of a body it has begun. */
  tick(nowMs: number): void {
    const left = this.#socket.writableLength;
    const read = this.#socket.bytesRead;
    const isStuck = left > 0 ? left === this.#leftBytes : this.#isReading && read === this.#readBytes;
    if (!isStuck) this.#movedMs = nowMs;
    this.#leftBytes = left;
    this.#readBytes = read;
    if (nowMs - this.#movedMs >= stallTimeoutMs) this.#socket.destroy();
  }

  #next(): void {
    if (this.#isBusy) return;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return;
    this.#isBusy = true;
    const { request, response } = waiting;
    response.on("close", () => {
      this.#isBusy = false;
      this.#next();
    });
    const reply = new SocketReply(response, this.#held.outgoing);
    this.#readBody(waiting, (body) => {
      if (typeof body !== "string") {
        const cancel = serveHttp(requestOf(request, body), this.#session, reply);
        response.on("close", cancel);
        return;
      }
      reply.respond(body === "tooLong" ? tooLong : overload);
      // read on, and let go, for as long as the client may take to see why
      request.resume();
      setTimeout(() => {
        if (!request.complete) this.#socket.destroy();
      }, lingerMs).unref();
    });
  }

  #readBody({ request, response, wantsContinue }: Waiting, done: (body: Buffer | "tooLong" | "overload") => void): void {
    if (Number(request.headers["content-length"] ?? 0) > messageBytesMax) return done("tooLong");
    if (this.#held.outgoing.isFull) return done("overload");
    if (wantsContinue) response.writeContinue();
    const chunks: Buffer[] = [];
    let bytes = 0;
    let isOver = false;
    response.on("close", () => this.#held.incoming.giveBack(bytes));
    this.#isReading = true;
    const end = (body: Buffer | "tooLong" | "overload"): void => {
      if (isOver) return;
      isOver = true;
      this.#isReading = false;
      done(body);
    };
    request.on("data", (chunk: Buffer) => {
      if (isOver) return;
      if (bytes + chunk.length > messageBytesMax) return end("tooLong");
      if (!this.#held.incoming.take(chunk.length)) return end("overload");
      bytes += chunk.length;
      chunks.push(chunk);
    });
    request.on("end", () => end(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes)));
    request.on("close", () => {
      this.#isReading = false;
      isOver = true;
    });
  }
}

const tooLong = withLength(413, `A body has ${messageBytesMax} bytes at most\n`);
const overload = withLength(503, "overload\n");

function withLength(status: number, text: string): ReturnType<typeof textResponse> {
  return textResponse(status, text, [["Content-Length", String(text.length)]]);
}

function requestOf({ method = "", url = "", rawHeaders }: IncomingMessage, body: Buffer): HttpRequest {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase();
    const value = rawHeaders[index + 1] as string;
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { method, target: url, headers, body };
}

class SocketReply implements HttpReply {
  readonly #response: ServerResponse;
  readonly #held: Held;

  constructor(response: ServerResponse, held: Held) {
    this.#response = response;
    this.#held = held;
  }

  respond({ status, headers, body }: Parameters<HttpReply["respond"]>[0]): void {
    const bytes = body.length;
    this.#held.add(bytes);
    this.#response.on("close", () => this.#held.giveBack(bytes));
    this.begin({ status, headers });
    this.#response.end(body);
  }

  begin({ status, headers }: { readonly status: number; readonly headers: readonly Header[] }): void {
    this.#response.writeHead(status, headers.flat());
  }

  piece(bytes: Uint8Array): void {
    this.#response.write(bytes);
  }

  end(): void {
    this.#response.end();
  }

  whenRoom(next: () => void): void {
    if (this.#response.writableLength < unsentBytesMax) next();
    else this.#response.once("drain", next);
  }
}
