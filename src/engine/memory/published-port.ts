import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Endpoint } from "../port.js";

/**
 * A container's port on 127.0.0.1, open from the container's start to its end. As behind docker's proxy, a connection is accepted before anybody in the container listens and then broken, and is kept waiting while the container is paused.
 */
export class PublishedPort {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #waiting: Socket[] = [];
  #paused = false;
  /** What the program does with a connection; undefined while it does not listen. */
  onConnection: ((socket: Socket) => void) | undefined;

  constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      // whoever connected may break off at any time
      socket.on("error", () => undefined);
      if (this.#paused) this.#waiting.push(socket);
      else this.#connect(socket);
    });
  }

  /** `port` 0: the system chooses. Throws EADDRINUSE where somebody has it. */
  async open(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", resolve);
    });
  }

  get endpoint(): Endpoint {
    return { host: "127.0.0.1", port: (this.#server.address() as AddressInfo).port };
  }

  pause(): void {
    this.#paused = true;
  }

  unpause(): void {
    this.#paused = false;
    for (const socket of this.#waiting) this.#connect(socket);
    this.#waiting = [];
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #connect(socket: Socket): void {
    if (this.onConnection === undefined) socket.destroy();
    else this.onConnection(socket);
  }
}
