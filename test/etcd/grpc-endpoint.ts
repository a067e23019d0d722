/** A store asked over gRPC, through our codec, by a client that is not ours; it answers as its own JSON gateway would. */
import type { ClientHttp2Session } from "node:http2";
import { decode } from "../../src/store/wire/decode.js";
import { encode } from "../../src/store/wire/encode.js";
import { JsonError, fromJson, toJson } from "../../src/store/wire/json.js";
import { rpcs } from "../../src/store/wire/rpcs.js";
import type { Rpc } from "../../src/store/wire/rpcs.js";
import { call, dial } from "../store/io/h2/grpc-client.js";
import type { HttpEndpoint } from "./endpoints.js";
import type { Answer } from "./masks.js";
import type { Json } from "./operation.js";

type AnyRpc = Rpc<Record<string, object>, Record<string, object>>;

const unaryRpcs: ReadonlyMap<string, AnyRpc> = new Map(
  Object.values(rpcs)
    .flatMap((service) => Object.values(service) as AnyRpc[])
    .filter(({ kind }) => kind === "unary")
    .flatMap((rpc) => rpc.http.map((path) => [path, rpc] as const)),
);

/** Of HTTP, by gRPC's code: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto, as etcd 3.4's gateway has them. */
const httpStatus: Readonly<Record<number, number>> = {
  2: 500,
  3: 400,
  5: 404,
  7: 403,
  8: 429,
  9: 412,
  11: 400,
  12: 501,
  14: 503,
  16: 401,
};

export async function grpcEndpoint(name: string, port: number): Promise<HttpEndpoint> {
  const session = await dial(port);
  return {
    name: `${name} over gRPC`,
    post: (path, body, token) => ask(session, path, body, token),
    close: () => session.destroy(),
  };
}

async function ask(session: ClientHttp2Session, path: string, body: string, token?: string): Promise<Answer> {
  const rpc = unaryRpcs.get(path);
  if (rpc === undefined) throw new Error(`no call has the path ${path}`);
  let request: Buffer;
  try {
    request = encode(rpc.input, fromJson(rpc.input, body));
  } catch (error) {
    if (error instanceof JsonError) return failure(3, error.message);
    throw error;
  }
  const { messages, status, text } = await call(session, rpc.path, request, token === undefined ? {} : { token });
  if (status !== 0) return failure(status, text);
  const [message] = messages;
  if (message === undefined) throw new Error(`${rpc.path} was answered with nothing`);
  return { status: 200, body: JSON.parse(toJson(rpc.output, decode(rpc.output, message))) as Json };
}

function failure(code: number, text: string): Answer {
  return { status: httpStatus[code] ?? 0, body: { error: text, message: text, code } };
}
