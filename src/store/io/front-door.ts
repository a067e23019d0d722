import type { Server as HttpServer } from "node:http";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Server as TlsServer } from "node:tls";
import type { GrpcServer } from "./grpc-server.js";
import { preface } from "./h2/frames.js";
import { prefaceTimeoutMs } from "./h2/limits.js";
import { listenOn, portOf } from "./listen.js";
import { plainText } from "./plain-text.js";
import type { TlsKeys } from "./tls-keys.js";

/** So that connections whose other end vanished without a word are noticed. */
const keepAliveMs = 30_000;

/** What a TLS connection begins with: a record of the type handshake (RFC 8446, 5.1). No method of HTTP does. */
const tlsHandshake = 0x16;

/**
 * The one port that clients know: connections that begin as HTTP/2 does go to the gRPC server, all others to the HTTP/1.1 server, which need
 * not listen itself. With keys, both take what comes over TLS, and plain text gets no further than {@link plainText} lets it.
 */
export class FrontDoor {
  readonly #keys: TlsKeys | undefined;
  #grpc: GrpcServer;
  #http: HttpServer;
  #plainHttp: HttpServer;
  readonly #server: Server;
  readonly #tls: TlsServer | undefined;
  /** Connections that have not said what they speak. */
  readonly #undecided = new Set<Socket>();
  /** What TLS runs over; not all have ended their handshake. */
  readonly #underTls = new Set<Socket>();
  #accepting = true;

  constructor(grpc: GrpcServer, http: HttpServer, keys?: TlsKeys) {
    this.#keys = keys;
    this.#grpc = grpc;
    this.#http = http;
    this.#plainHttp = keys === undefined ? http : plainText(http);
    this.#tls = keys === undefined ? undefined : this.#createTls(keys);
    // as node:http's own server: who sends one request and closes that direction still gets an answer
    const options = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs };
    this.#server = createServer(options, (socket) => this.#greet(socket));
  }

  /** Never listens: it is given connections that have begun as TLS does. */
  #createTls({ cert, key, clientCa }: TlsKeys): TlsServer {
    const server = createTlsServer(
      {
        cert,
        key,
        minVersion: "TLSv1.2",
        ALPNProtocols: ["h2", "http/1.1"],
        handshakeTimeout: prefaceTimeoutMs,
        ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
      },
      (socket) => {
        if (this.#accepting) this.#hear(socket, (said) => this.#servantOf(socket, said, this.#http));
        else socket.destroy();
      },
    );
    // a handshake that failed: the connection is closed, and nobody has asked anything yet
    server.on("tlsClientError", (_, socket) => socket.destroy());
    return server;
  }

  /** Resolves with the port once connections are taken; where they are already, with the port that there is. */
  async listen(host: string | undefined, port: number): Promise<number> {
    if (this.#server.listening) return portOf(this.#server);
    const got = await listenOn(this.#server, host, port);
    this.#wake();
    return got;
  }

  /**
   * From here on these two serve whoever comes, and whoever has not said yet what it speaks. Those before them answer what they were asked, and
   * end their connections.
   */
  passOn(grpc: GrpcServer, http: HttpServer): void {
    const before = new Set([this.#http, this.#plainHttp]);
    this.#grpc.drain();
    this.#grpc = grpc;
    this.#http = http;
    this.#plainHttp = this.#keys === undefined ? http : plainText(http);
    if (this.#server.listening) this.#wake();
    // neither listens: this ends their idle connections
    for (const server of before) server.close();
  }

  /** An HTTP server begins to watch over its connections, their time limits and idleness, when it hears that it listens. */
  #wake(): void {
    for (const http of new Set([this.#http, this.#plainHttp])) http.emit("listening");
  }

  /** No new connections and no new calls from here on; idle connections end. */
  stopAccepting(): void {
    this.#accepting = false;
    this.#server.close();
    for (const socket of this.#undecided) socket.destroy();
    this.#http.closeIdleConnections();
    this.#plainHttp.closeIdleConnections();
    this.#grpc.drain();
  }

  close(): void {
    this.#accepting = false;
    this.#server.close();
    for (const socket of this.#undecided) socket.destroy();
    for (const server of [this.#http, this.#plainHttp]) {
      server.closeAllConnections();
      server.close();
    }
    this.#grpc.close();
    for (const socket of this.#underTls) socket.destroy();
  }

  #greet(socket: Socket): void {
    const tls = this.#tls;
    this.#hear(socket, (said) => {
      if (tls === undefined || said[0] !== tlsHandshake) return this.#servantOf(socket, said, this.#plainHttp);
      return () => {
        this.#underTls.add(socket);
        socket.on("close", () => this.#underTls.delete(socket));
        socket.unshift(said);
        tls.emit("connection", socket);
      };
    });
  }

  /** HTTP/1.1's methods part from the preface in their first three bytes. */
  #servantOf(socket: Socket, said: Buffer, http: HttpServer): (() => void) | undefined {
    const isHttp2 = speaksHttp2(said);
    if (isHttp2 === undefined) return undefined;
    return () => {
      // plain text where there is TLS: etcd closes the connection, too
      if (isHttp2 && http !== this.#http) return void socket.destroy();
      socket.unshift(said);
      if (isHttp2) this.#grpc.accept(socket);
      else http.emit("connection", socket);
      socket.resume();
    };
  }

  /** Reads until `decide`, which is given all that was said, knows who serves the connection. */
  #hear(socket: Socket, decide: (said: Buffer) => (() => void) | undefined): void {
    this.#undecided.add(socket);
    let said: Buffer = Buffer.alloc(0);
    const silence = setTimeout(() => socket.destroy(), prefaceTimeoutMs);
    const onData = (chunk: Buffer): void => {
      said = said.length === 0 ? chunk : Buffer.concat([said, chunk]);
      const handOver = decide(said);
      if (handOver === undefined) return;
      forget();
      // paused, so that what is put back waits for the next one's listeners
      socket.pause();
      handOver();
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
