import { decode } from "../wire/decode.js";
import { encode } from "../wire/encode.js";
import { fromJson, JsonError, toJson } from "../wire/json.js";
import { rpcs } from "../wire/rpcs.js";
import type { Rpc } from "../wire/rpcs.js";
import { GrpcError, grpcCode } from "./grpc.js";
import type { GrpcCall, GrpcCode, Methods, UnaryMethod } from "./grpc.js";
import { messageBytesMax } from "./h2/limits.js";

/**
 * etcd's JSON gateway: every call by HTTP, in front of the methods that gRPC's clients reach, as etcd's own is. What a method answers or refuses is
 * the same by either way. https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/
 */

/** JSON in, JSON out. Rejects with {@link GrpcError}. */
export type JsonCall = (body: string, call: GrpcCall) => Promise<string>;

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

const definite = { "devious-definite": "1" } as const;

export function httpStatusOf(code: GrpcCode): number {
  return httpStatus[code] ?? 500;
}

/** Each also below `/v3beta`, which clients of etcd 3.3 ask. */
export function pathsOf({ http }: Pick<Rpc<unknown, unknown>, "http">): readonly string[] {
  return http.flatMap((path) => [path, path.replace("/v3/", "/v3beta/")]);
}

/** The calls of one question and one answer, by their paths. */
export function jsonCalls(methods: Methods): ReadonlyMap<string, JsonCall> {
  const calls = new Map<string, JsonCall>();
  for (const rpc of Object.values(rpcs).flatMap((service) => Object.values(service) as Rpc<object, object>[])) {
    const method = methods.get(rpc.path);
    if (method?.kind !== "unary") continue;
    for (const path of pathsOf(rpc)) calls.set(path, (body, context) => ask(rpc, method.answer, body, context));
  }
  return calls;
}

async function ask(rpc: Rpc<object, object>, answer: UnaryMethod, body: string, call: GrpcCall): Promise<string> {
  const request = encode(rpc.input, requestOf(rpc, body));
  if (request.length > messageBytesMax) throw tooLarge(request.length);
  const response = await new Promise<Buffer | GrpcError>((resolve) => answer(request, call, resolve));
  if (response instanceof GrpcError) throw response;
  return toJson(rpc.output, decode(rpc.output, response));
}

function requestOf({ input }: Rpc<object, object>, body: string): object {
  try {
    return fromJson(input, body);
  } catch (error) {
    throw error instanceof JsonError ? new GrpcError(grpcCode.invalidArgument, error.message, definite) : error;
  }
}

/** As gRPC refuses it. `bytes`: of the message, or of the JSON where that alone is too much. */
export function tooLarge(bytes: number): GrpcError {
  const why = `grpc: received message larger than max (${bytes} vs. ${messageBytesMax})`;
  return new GrpcError(grpcCode.resourceExhausted, why, definite);
}

/** What a call that failed is answered with. `definite`: whether it certainly had no effect and never will have. */
export function failureJson({ code, message, trailers }: GrpcError): { readonly status: number; readonly body: string } {
  const isDefinite = trailers["devious-definite"] === "1";
  return { status: httpStatusOf(code), body: JSON.stringify({ error: message, message, code, definite: isDefinite }) };
}
