import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { StoreHooks } from "../../core/store-hooks.js";
import { parseHooks } from "../hooks.js";
import { listenOn, readBody } from "./listen.js";

/** Hooks are a few hundred bytes. */
const bodyBytesMax = 64 * 1024;

/**
 * Where a node takes orders to hurt itself: `GET /hooks`, and `PUT /hooks` with a whole `StoreHooks`. Both answer with the hooks now in
 * force; what is refused is answered with `{"error": one sentence}` and changes nothing.
 */
export class Admin {
  readonly #hooks: { readonly current: StoreHooks; set(hooks: StoreHooks): void };
  readonly #server: Server;

  constructor(hooks: { readonly current: StoreHooks; set(hooks: StoreHooks): void }) {
    this.#hooks = hooks;
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  /** Resolves with the port once orders are taken. */
  listen(host: string | undefined, port: number): Promise<number> {
    return listenOn(this.#server, host, port);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    readBody(request, bodyBytesMax, (asked) => {
      const { status, body } = this.#answer(request, asked);
      const text = JSON.stringify(body);
      response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
      response.end(text);
    });
  }

  /** `body` is undefined where it was too large. */
  #answer({ url, method }: IncomingMessage, body: string | undefined): { status: number; body: unknown } {
    if (url !== "/hooks") return { status: 404, body: { error: `There is no ${url} here.` } };
    if (method === "GET") return { status: 200, body: this.#hooks.current };
    if (method !== "PUT") return { status: 405, body: { error: "/hooks takes GET and PUT." } };
    if (body === undefined) return { status: 413, body: { error: `The body is larger than ${bodyBytesMax} bytes.` } };
    const hooks = parseHooks(body);
    if (typeof hooks === "string") return { status: 400, body: { error: hooks } };
    this.#hooks.set(hooks);
    return { status: 200, body: this.#hooks.current };
  }
}
