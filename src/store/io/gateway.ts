import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Done, MemberChange } from "../ask.js";
import { RequestFailed } from "../ask.js";
import { messageOf } from "../../core/errors.js";
import type { RangeRequest, RangeResult } from "../kv.js";
import type { MemberId } from "../raft/types.js";
import type { Answering } from "../rpc/answering.js";
import * as etcd from "./etcd-json.js";
import { GrpcError, grpcCode } from "./grpc.js";
import type { GrpcCode } from "./grpc.js";
import { readBody } from "./listen.js";

/** What the gateway needs of a node. Promises reject with {@link RequestFailed}, within the node's time limit. */
export interface Store {
  write(command: Uint8Array, wantPrevious: boolean): Promise<Extract<Done, { type: "written" }>>;
  range(request: RangeRequest, serializable: boolean): Promise<RangeResult>;
  changeMembers(change: MemberChange): Promise<MemberId>;
  members(): readonly etcd.MemberView[];
  header(): etcd.Header;
  /** Undefined: a leader is known; else why not. */
  unhealthy(): string | undefined;
  status(withHash: boolean): unknown;
  raftStatus(): RaftView;
}

/** What a member knows of its log and its leader. */
export interface RaftView {
  /** 0: none is known. */
  readonly leader: MemberId;
  readonly committed: number;
  readonly applied: number;
  readonly isLearner: boolean;
  /** Of all keys and values. */
  readonly bytes: number;
}

/** As etcd: the largest request body taken. */
const bodyBytesMax = 1.5 * 2 ** 20;
/** Longer than clients usually keep idle connections, so that they, not we, close them. */
const keepAliveTimeoutMs = 65_000;

/** As etcd's gateway maps gRPC's codes; any other is a fault of ours. */
const httpStatus: Readonly<Partial<Record<GrpcCode, number>>> = {
  [grpcCode.invalidArgument]: 400,
  [grpcCode.outOfRange]: 400,
  [grpcCode.unauthenticated]: 401,
  [grpcCode.permissionDenied]: 403,
  [grpcCode.notFound]: 404,
  [grpcCode.failedPrecondition]: 412,
  [grpcCode.resourceExhausted]: 429,
  [grpcCode.unimplemented]: 501,
  [grpcCode.unavailable]: 503,
  [grpcCode.deadlineExceeded]: 504,
};

interface Reply {
  readonly status: number;
  readonly body: string;
}

type Handler = (store: Store, body: string) => Promise<string>;

/**
 * etcd's paths that have a way of their own, without messages in between: the ones that bear load, and those whose requests and failures say more than
 * etcd's. Each takes a JSON body by POST.
 */
const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  [
    "/v3/kv/put",
    async (store, body) => {
      const { command, wantPrevious } = etcd.parsePut(body);
      const { revision, term, previous } = await store.write(command, wantPrevious);
      return etcd.renderPut({ ...store.header(), revision, term }, previous);
    },
  ],
  [
    "/v3/kv/deleterange",
    async (store, body) => {
      const { command, wantPrevious } = etcd.parseDeleteRange(body);
      const { revision, term, changed, previous } = await store.write(command, wantPrevious);
      return etcd.renderDeleteRange({ ...store.header(), revision, term }, changed, previous);
    },
  ],
  [
    "/v3/kv/range",
    async (store, body) => {
      const request = etcd.parseRange(body);
      const range = await store.range(request, request.serializable);
      return etcd.renderRange({ ...store.header(), revision: range.revision }, range, request.keysOnly);
    },
  ],
  [
    "/v3/cluster/member/list",
    (store, body) => {
      etcd.parseMemberList(body);
      return Promise.resolve(etcd.renderMembers(store.header(), store.members(), undefined));
    },
  ],
  ["/v3/cluster/member/add", (store, body) => changeMembers(store, etcd.parseMemberAdd(body))],
  ["/v3/cluster/member/promote", (store, body) => changeMembers(store, etcd.parseMemberId(body, "promote"))],
  ["/v3/cluster/member/remove", (store, body) => changeMembers(store, etcd.parseMemberId(body, "remove"))],
]);

async function changeMembers(store: Store, change: MemberChange): Promise<string> {
  const id = await store.changeMembers(change);
  const members = store.members();
  const added =
    change.kind === "add"
      ? { id, name: change.name, peerUrl: `http://${change.host}:${change.peerPort}`, isLearner: change.isLearner }
      : undefined;
  return etcd.renderMembers(store.header(), members, added);
}

/** The HTTP/1.1 side of a node: etcd's JSON gateway, `/health`, `/status`. */
export class Gateway {
  readonly #store: Store;
  readonly #handlers: ReadonlyMap<string, Handler>;
  /** Does not listen: the front door brings it connections. */
  readonly server: Server;

  /** `services` by the paths that they give to the JSON gateway. */
  constructor(store: Store, services: readonly Answering[]) {
    this.#store = store;
    const generic = services.flatMap(({ http, json }) => http.map((path): [string, Handler] => [path, (_, body) => json(body)]));
    this.#handlers = new Map([...generic, ...handlers]);
    this.server = createServer({ keepAliveTimeout: keepAliveTimeoutMs, noDelay: true }, (request, response) =>
      this.#serve(request, response),
    );
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    readBody(request, bodyBytesMax, (body) => {
      void this.#answer(request, body).then((reply) => send(response, reply));
    });
  }

  async #answer(request: IncomingMessage, body: string | undefined): Promise<Reply> {
    const url = request.url ?? "/";
    const queryAt = url.indexOf("?");
    const path = queryAt < 0 ? url : url.slice(0, queryAt);
    const handler = this.#handlers.get(path);
    try {
      if (handler !== undefined) {
        if (request.method !== "POST") return failure(405, grpcCode.unimplemented, `${path} takes POST`, true);
        if (body === undefined) return failure(413, grpcCode.invalidArgument, "the request is larger than 1.5 MiB", true);
        return { status: 200, body: await handler(this.#store, body) };
      }
      if (path === "/health") return this.#health();
      if (path === "/status") return { status: 200, body: JSON.stringify(this.#store.status(/[?&]hash=1(&|$)/.test(url))) };
      return failure(404, grpcCode.unimplemented, `there is no ${path} here`, true);
    } catch (error) {
      return failureOf(error);
    }
  }

  #health(): Reply {
    const reason = this.#store.unhealthy();
    if (reason === undefined) return { status: 200, body: `{"health":"true"}` };
    return { status: 503, body: JSON.stringify({ health: "false", reason }) };
  }
}

function failureOf(error: unknown): Reply {
  if (error instanceof GrpcError) {
    return failure(httpStatus[error.code] ?? 500, error.code, error.message, error.trailers["devious-definite"] === "1");
  }
  if (error instanceof etcd.BadRequest) return failure(400, grpcCode.invalidArgument, error.message, true);
  if (!(error instanceof RequestFailed)) return failure(500, grpcCode.internal, messageOf(error), false);
  switch (error.kind) {
    case "invalid":
      return failure(400, grpcCode.invalidArgument, error.message, true);
    case "indefinite":
      return failure(504, grpcCode.deadlineExceeded, error.message, false);
    case "moved":
    case "unavailable":
      return failure(503, grpcCode.unavailable, error.message, true);
  }
}

function failure(status: number, code: number, error: string, definite: boolean): Reply {
  return { status, body: JSON.stringify({ error, code, definite }) };
}

function send(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}
