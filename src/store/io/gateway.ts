import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { messageOf } from "../../core/errors.js";
import { expositionType } from "../metrics/exposition.js";
import type { Store } from "../rpc/store.js";
import { apiVersion } from "../wire/rpcs.js";
import { GrpcError, grpcCode } from "./grpc.js";
import type { GrpcCall, Methods } from "./grpc.js";
import { messageBytesMax } from "./h2/limits.js";
import { failureJson, jsonCalls, tooLarge } from "./json-calls.js";
import type { JsonCall } from "./json-calls.js";
import { jsonStreams } from "./json-streams.js";
import type { JsonStreamCall } from "./json-streams.js";
import { readBody } from "./listen.js";

/** In base64, a message takes a third more; the rest is for fields that are passed over. */
const bodyBytesMax = 2 * messageBytesMax;
/** Longer than clients usually keep idle connections, so that they, not we, close them. */
const keepAliveTimeoutMs = 65_000;
/** What a client may take for a request's head, and then for its body. */
const headersTimeoutMs = 60_000;
const bodyTimeoutMs = 300_000;

const json = "application/json";
const plain = "text/plain; charset=utf-8";

interface Reply {
  readonly status: number;
  readonly body: string;
  /** Of the body; JSON where it is not given. */
  readonly type?: string;
}

/** Go's words, with which etcd answers. */
const notFound: Reply = { status: 404, body: "Not Found\n", type: plain };
const methodNotAllowed: Reply = { status: 405, body: "Method Not Allowed\n", type: plain };

type Health = Pick<Store, "unhealthy" | "status">;

/** The HTTP/1.1 side of a node: etcd's JSON gateway, `/health`, `/status`, `/version`, `/metrics`. */
export class Gateway {
  readonly #store: Health;
  readonly #metrics: () => string;
  readonly #calls: ReadonlyMap<string, JsonCall>;
  readonly #streams: ReadonlyMap<string, JsonStreamCall>;
  /** Does not listen: the front door brings it connections. */
  readonly server: Server;

  /** `methods`: those that the gRPC server has. `metrics`: as of now, in Prometheus' text format. */
  constructor(store: Health, methods: Methods, metrics: () => string) {
    this.#store = store;
    this.#metrics = metrics;
    this.#calls = jsonCalls(methods);
    this.#streams = jsonStreams(methods);
    // requests of streams may take for ever; those of other calls are timed here
    const options = { keepAliveTimeout: keepAliveTimeoutMs, requestTimeout: 0, headersTimeout: headersTimeoutMs, noDelay: true };
    this.server = createServer(options, (request, response) => this.#serve(request, response));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const stream = this.#streams.get(pathOf(request));
    if (stream !== undefined && request.method === "POST") return stream(request, response, callOf(request, response));
    const silence = setTimeout(() => request.destroy(), bodyTimeoutMs);
    request.once("close", () => clearTimeout(silence));
    readBody(request, bodyBytesMax, (body, bytes) => {
      clearTimeout(silence);
      void this.#answer(request, response, body ?? tooLarge(bytes)).then((reply) => send(response, reply));
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse, body: string | GrpcError): Promise<Reply> {
    const path = pathOf(request);
    try {
      if (this.#streams.has(path)) return methodNotAllowed;
      const call = this.#calls.get(path);
      if (call !== undefined) {
        if (request.method !== "POST") return methodNotAllowed;
        if (body instanceof GrpcError) throw body;
        return { status: 200, body: await call(body, callOf(request, response)) };
      }
      if (path === "/health") return this.#health();
      if (path === "/status")
        return { status: 200, body: JSON.stringify(await this.#store.status(/[?&]hash=1(&|$)/.test(request.url ?? ""))) };
      if (path === "/metrics") return { status: 200, body: this.#metrics(), type: expositionType };
      if (path === "/version") return request.method === "GET" ? version : methodNotAllowed;
      return notFound;
    } catch (error) {
      return failureJson(error instanceof GrpcError ? error : new GrpcError(grpcCode.unknown, messageOf(error)));
    }
  }

  #health(): Reply {
    const reason = this.#store.unhealthy();
    if (reason === undefined) return { status: 200, body: `{"health":"true"}` };
    return { status: 503, body: JSON.stringify({ health: "false", reason }) };
  }
}

/** Of the API, not of this store, as `Status` has it. */
const version: Reply = { status: 200, body: JSON.stringify({ etcdserver: apiVersion, etcdcluster: apiVersion }) };

function pathOf({ url = "/" }: IncomingMessage): string {
  const queryAt = url.indexOf("?");
  return queryAt < 0 ? url : url.slice(0, queryAt);
}

const metadataPrefix = "grpc-metadata-";

/** The request as a call of gRPC's. etcd's gateway passes on the header that its clients show their tokens in, and whatever is marked as metadata. */
function callOf({ headers }: IncomingMessage, response: ServerResponse): GrpcCall {
  const metadata = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== "string") continue;
    if (name === "authorization") metadata.set(name, value);
    else if (name.startsWith(metadataPrefix)) metadata.set(name.slice(metadataPrefix.length), value);
  }
  return {
    metadata,
    timeoutMs: undefined,
    onCancel: (listener) => {
      response.once("close", () => {
        if (!response.writableFinished) listener();
      });
    },
  };
}

function send(response: ServerResponse, { status, body, type = json }: Reply): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}
