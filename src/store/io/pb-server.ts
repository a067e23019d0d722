import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import type { LeaderlessStore } from "../leaderless/api.js";
import { heldOfClients } from "../riak/held.js";
import { connectionsMax, heldBytesMax } from "../riak/limits.js";
import { Pages } from "./h2/output.js";
import { listenOn } from "./listen.js";
import { PbLink } from "./pb-link.js";

/** So that connections whose other end vanished without a word are noticed. */
const keepAliveMs = 30_000;
const tickMs = 100;

/** Takes connections that speak Riak's protocol buffers. */
export class PbServer {
  readonly #store: LeaderlessStore;
  readonly #newKey: () => string;
  readonly #server: Server;
  readonly #pages = new Pages();
  readonly #held = heldOfClients(heldBytesMax);
  readonly #links = new Set<PbLink>();
  #ticking: NodeJS.Timeout | undefined;

  /** `newKey`: for who puts without one. */
  constructor(store: LeaderlessStore, newKey: () => string) {
    this.#store = store;
    this.#newKey = newKey;
    const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs };
    this.#server = createServer(options, (socket) => this.#accept(socket));
    this.#server.maxConnections = connectionsMax;
  }

  /** Resolves with the port once connections are taken. */
  listen(host: string | undefined, port: number): Promise<number> {
    return listenOn(this.#server, host, port);
  }

  /** Connections that there are. */
  get active(): number {
    return this.#links.size;
  }

  close(): void {
    this.#server.close();
    for (const link of this.#links) link.destroy();
  }

  #accept(socket: Socket): void {
    const from = { held: this.#held, store: this.#store, newKey: this.#newKey, nowMs: performance.now() };
    const link = new PbLink(socket, this.#pages, from, () => {
      this.#links.delete(link);
      if (this.#links.size > 0) return;
      clearInterval(this.#ticking);
      this.#ticking = undefined;
    });
    this.#links.add(link);
    this.#ticking ??= setInterval(() => this.#tick(), tickMs).unref();
  }

  #tick(): void {
    for (const link of this.#links) link.tick(performance.now());
  }
}
