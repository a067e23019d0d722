import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { messageOf } from "../../core/errors.js";
import type { Store } from "../rpc/store.js";
import { apiVersion } from "../wire/rpcs.js";
import { GrpcError, grpcCode } from "./grpc.js";
import type { GrpcCall, Methods } from "./grpc.js";
import { messageBytesMax } from "./h2/limits.js";
import { failureJson, jsonCalls, tooLarge } from "./json-calls.js";
import type { JsonCall } from "./json-calls.js";
import { readBody } from "./listen.js";

/** In base64, a message takes a third more; the rest is for fields that are passed over. */
const bodyBytesMax = 2 * messageBytesMax;
/** Longer than clients usually keep idle connections, so that they, not we, close them. */
const keepAliveTimeoutMs = 65_000;

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

/** The HTTP/1.1 side of a node: etcd's JSON gateway, `/health`, `/status`, `/version`. */
export class Gateway {
  readonly #store: Store;
  readonly #calls: ReadonlyMap<string, JsonCall>;
  /** Does not listen: the front door brings it connections. */
  readonly server: Server;

  /** `methods`: those that the gRPC server has. */
  constructor(store: Store, methods: Methods) {
    this.#store = store;
    this.#calls = jsonCalls(methods);
    this.server = createServer({ keepAliveTimeout: keepAliveTimeoutMs, noDelay: true }, (request, response) =>
      this.#serve(request, response),
    );
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    readBody(request, bodyBytesMax, (body, bytes) => {
      void this.#answer(request, response, body ?? tooLarge(bytes)).then((reply) => send(response, reply));
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse, body: string | GrpcError): Promise<Reply> {
    const url = request.url ?? "/";
    const queryAt = url.indexOf("?");
    const path = queryAt < 0 ? url : url.slice(0, queryAt);
    try {
      const call = this.#calls.get(path);
      if (call !== undefined) {
        if (request.method !== "POST") return methodNotAllowed;
        if (body instanceof GrpcError) throw body;
        return { status: 200, body: await call(body, callOf(request, response)) };
      }
      if (path === "/health") return this.#health();
      if (path === "/status") return { status: 200, body: JSON.stringify(this.#store.status(/[?&]hash=1(&|$)/.test(url))) };
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

/** The request as a call of gRPC's. etcd's gateway passes on the one header that its clients show their tokens in. */
function callOf({ headers: { authorization } }: IncomingMessage, response: ServerResponse): GrpcCall {
  return {
    metadata: new Map(authorization === undefined ? [] : [["authorization", authorization]]),
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
