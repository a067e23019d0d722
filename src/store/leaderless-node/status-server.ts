import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { bucketTypesPath } from "../../core/bucket-types-contract.js";
import { ringCopiesPath, ringPath } from "../../core/ring-contract.js";
import { listenOn } from "../io/listen.js";
import { expositionType } from "../metrics/exposition.js";
import { takeTypeCommand, tellTypes, type TypesDesk } from "./bucket-types-desk.js";
import { takeRingCommand, type RingDesk } from "./ring-desk.js";

export interface Tells {
  /** One sentence where it cannot serve. */
  readonly unhealthy: () => string | undefined;
  readonly status: () => unknown;
  /** In Prometheus' text format. */
  readonly metrics: () => string;
  readonly ring: RingDesk;
  readonly bucketTypes: TypesDesk;
}

const json = "application/json";

/**
 * Where a leaderless node tells how it is: `/health`, `/status`, `/metrics`, with the answers that a raft node's paths of the same names have; and
 * `/ring` and `/types`, where it also takes what an operator asks of the ring and of the bucket types, with `/ring/copies`, by which replicas are compared.
 */
export class StatusServer {
  readonly #tells: Tells;
  readonly #server: Server;

  constructor(tells: Tells) {
    this.#tells = tells;
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  /** Resolves with the port once it answers. */
  listen(host: string | undefined, port: number): Promise<number> {
    return listenOn(this.#server, host, port);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { ring, bucketTypes } = this.#tells;
    if (request.method === "POST" && request.url === ringPath) return takeRingCommand(request, response, ring);
    if (request.method === "POST" && request.url === bucketTypesPath) return takeTypeCommand(request, response, bucketTypes);
    request.resume();
    if (request.method === "GET" && request.url === bucketTypesPath) return tellTypes(response, bucketTypes);
    const { status, body, type } = this.#answer(request);
    response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
    response.end(body);
  }

  #answer({ method, url = "/" }: IncomingMessage): { readonly status: number; readonly body: string; readonly type: string } {
    const [path] = url.split("?", 1);
    const { unhealthy, status, metrics } = this.#tells;
    if (method !== "GET" && method !== "HEAD") return { status: 405, body: '{"error":"Only GET is answered here."}', type: json };
    switch (path) {
      case "/health": {
        const reason = unhealthy();
        if (reason === undefined) return { status: 200, body: '{"health":"true"}', type: json };
        return { status: 503, body: JSON.stringify({ health: "false", reason }), type: json };
      }
      case "/status":
        return { status: 200, body: JSON.stringify(status()), type: json };
      case ringPath:
        return { status: 200, body: JSON.stringify(this.#tells.ring.view()), type: json };
      case ringCopiesPath:
        return { status: 200, body: JSON.stringify(this.#tells.ring.copies()), type: json };
      case "/metrics":
        return { status: 200, body: metrics(), type: expositionType };
      default:
        return { status: 404, body: JSON.stringify({ error: `There is no ${path} here.` }), type: json };
    }
  }
}
