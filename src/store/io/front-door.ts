import type { Server as HttpServer } from "node:http";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { GrpcServer } from "./grpc-server.js";
import { preface } from "./h2/frames.js";
import { prefaceTimeoutMs } from "./h2/limits.js";
import { listenOn } from "./listen.js";

/** PEM texts. With `clientCa`, clients must show a certificate of that authority. */
export interface TlsKeys {
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string;
}

/** So that connections whose other end vanished without a word are noticed. */
const keepAliveMs = 30_000;

/**
 * The one port that clients know: connections that begin as HTTP/2 does go to the gRPC server, all others to the HTTP/1.1 server, which need
 * not listen itself.
 */
export class FrontDoor {
  readonly #grpc: GrpcServer;
  readonly #http: HttpServer;
  readonly #server: Server;
  /** Connections that have not said what they speak. */
  readonly #undecided = new Set<Socket>();

  constructor(grpc: GrpcServer, http: HttpServer, tls?: TlsKeys) {
    this.#grpc = grpc;
    this.#http = http;
    // as node:http's own server: who sends one request and closes that direction still gets an answer
    const options = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs };
    const greet = (socket: Socket): void => this.#greet(socket);
    this.#server =
      tls === undefined
        ? createServer(options, greet)
        : createTlsServer(
            {
              ...options,
              cert: tls.cert,
              key: tls.key,
              ALPNProtocols: ["h2", "http/1.1"],
              handshakeTimeout: prefaceTimeoutMs,
              ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
            },
            greet,
          );
    // a TLS handshake that failed: the connection is closed, and nobody has asked anything yet
    this.#server.on("tlsClientError", () => {});
  }

  /** Resolves with the port once connections are taken. */
  async listen(host: string | undefined, port: number): Promise<number> {
    const got = await listenOn(this.#server, host, port);
    // the HTTP server begins to watch over its connections, their time limits and idleness, when it hears this
    this.#http.emit("listening");
    return got;
  }

  /** No new connections and no new calls from here on; idle connections end. */
  stopAccepting(): void {
    this.#server.close();
    for (const socket of this.#undecided) socket.destroy();
    this.#http.closeIdleConnections();
    this.#grpc.drain();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#undecided) socket.destroy();
    this.#http.closeAllConnections();
    this.#http.close();
    this.#grpc.close();
  }

  /** Reads until it is clear what the connection speaks. HTTP/1.1's methods part from the preface in their first three bytes. */
  #greet(socket: Socket): void {
    this.#undecided.add(socket);
    let said: Buffer = Buffer.alloc(0);
    const silence = setTimeout(() => socket.destroy(), prefaceTimeoutMs);
    const onData = (chunk: Buffer): void => {
      said = said.length === 0 ? chunk : Buffer.concat([said, chunk]);
      const isHttp2 = speaksHttp2(said);
      if (isHttp2 === undefined) return;
      forget();
      // paused, so that what is put back waits for the next one's listeners
      socket.pause();
      socket.unshift(said);
      if (isHttp2) this.#grpc.accept(socket);
      else this.#http.emit("connection", socket);
      socket.resume();
    };
    const onEnd = (): unknown => socket.destroy();
    const onError = (): void => {};
    const onClose = (): void => forget();
    const forget = (): void => {
      clearTimeout(silence);
      this.#undecided.delete(socket);
      socket.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose);
    };
    // an error is followed by `close`, which does what is to be done
    socket.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
  }
}

/** Undefined: too little was said. */
function speaksHttp2(said: Buffer): boolean | undefined {
  const length = Math.min(said.length, preface.length);
  if (said.compare(preface, 0, length, 0, length) !== 0) return false;
  return length === preface.length ? true : undefined;
}
