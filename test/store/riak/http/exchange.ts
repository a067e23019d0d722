import type { HttpReply } from "../../../../src/store/riak/http/message.js";
import { serveHttp } from "../../../../src/store/riak/http/serve.js";
import type { Stats } from "../../../../src/store/riak/http/session.js";
import type { MemoryStore } from "../memory-store.js";

export interface Shown {
  readonly status: number;
  /** As they were spelt. */
  readonly headers: Readonly<Record<string, string>>;
  /** Latin1. */
  readonly body: string;
}

export interface Sent {
  readonly method?: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly stats?: Stats;
}

/** What the store answers, without a server; pieces are put together, each as soon as it is there. Names that are made up are made1, made2 … */
export async function exchange(
  store: MemoryStore,
  { method = "GET", target, headers = {}, body = "", stats = {} }: Sent,
): Promise<Shown> {
  let made = 0;
  return new Promise((resolve) => {
    let head = { status: 0, headers: {} };
    const pieces: Uint8Array[] = [];
    const reply: HttpReply = {
      respond: (response) => {
        reply.begin(response);
        reply.piece(response.body);
        reply.end();
      },
      begin: ({ status, headers: said }) => {
        head = { status, headers: Object.fromEntries(said) };
      },
      piece: (bytes) => pieces.push(bytes),
      end: () => resolve({ ...head, body: Buffer.concat(pieces).toString("latin1") }),
      whenRoom: (next) => next(),
    };
    const request = { method, target, headers: new Map(Object.entries(headers)), body: Buffer.from(body) };
    serveHttp(request, { store, newKey: () => `made${++made}`, stats: () => stats }, reply);
  });
}
