import { createServer } from "node:http";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { connectionsMax, headersBytesMax, heldBytesMax } from "../riak/limits.js";
import { heldOfClients, type HeldOfClients } from "../riak/held.js";
import type { HttpSession } from "../riak/http/session.js";
import { listenOn } from "./listen.js";
import { RiakHttpLink } from "./riak-http-link.js";

/** How often connections are looked at that make no progress. */
const tickMs = 1000;

/** Riak's own: as long as a client may take for the headers of a request, and be idle between two. */
const headersTimeoutMs = 30_000;
const idleTimeoutMs = 300_000;
/** And for a whole request with its body. */
const requestTimeoutMs = 300_000;

/** Answers Riak's HTTP API. https://docs.riak.com/riak/kv/2.2.3/developing/api/http/ */
export class RiakHttpServer {
  readonly #server: Server;
  readonly #links = new Map<Socket, RiakHttpLink>();
  readonly #held: HeldOfClients;
  #ticking: NodeJS.Timeout | undefined;

  /** `bytesMax`: of bodies that are on their way, all together, and as much of answers. */
  constructor(session: HttpSession, bytesMax = heldBytesMax) {
    this.#held = heldOfClients(bytesMax);
    this.#server = createServer({
      maxHeaderSize: headersBytesMax,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: idleTimeoutMs,
      connectionsCheckingInterval: 5000,
      noDelay: true,
    });
    this.#server.maxConnections = connectionsMax;
    // their bytes are counted; Node would leave out silently those above a number of them
    this.#server.maxHeadersCount = 0;
    this.#server.on("connection", (socket: Socket) => {
      this.#links.set(socket, new RiakHttpLink(socket, session, this.#held));
      socket.on("close", () => this.#links.delete(socket));
    });
    this.#server.on("request", (request, response) => this.#links.get(request.socket)?.take(request, response, false));
    this.#server.on("checkContinue", (request, response) => this.#links.get(request.socket)?.take(request, response, true));
  }

  /** Connections that there are. */
  get active(): number {
    return this.#links.size;
  }

  /** Resolves with the port once connections are taken. */
  async listen(host: string | undefined, port: number): Promise<number> {
    const got = await listenOn(this.#server, host, port);
    this.#ticking = setInterval(() => this.#tick(performance.now()), tickMs).unref();
    return got;
  }

  close(): void {
    clearInterval(this.#ticking);
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #tick(nowMs: number): void {
    for (const link of this.#links.values()) link.tick(nowMs);
  }
}
