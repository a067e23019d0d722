import { messageOf } from "../../core/errors.js";
import { unreachable } from "../../core/invariant.js";
import { RequestFailed } from "../ask.js";
import { GrpcError, grpcCode } from "../io/grpc.js";
import type { UnaryMethod } from "../io/grpc.js";
import { decode, WireError } from "../wire/decode.js";
import { encode } from "../wire/encode.js";
import { etcdError } from "../wire/errors.js";
import type { Rpc } from "../wire/rpcs.js";
import type { Given } from "../wire/schema.js";

/** One call of the API, bytes in, bytes out. Its messages' types are known inside only. */
export interface Answering {
  readonly path: Rpc<unknown, unknown>["path"];
  readonly answer: UnaryMethod;
}

/**
 * `answer` gets the request decoded, and must take what it needs of it before it waits for anything: bytes in it are views of the connection's.
 * It fails with a {@link GrpcError}, or with {@link RequestFailed} as the node does.
 */
export function answering<I, O>(rpc: Rpc<I, O>, answer: (request: I) => Promise<Given<O>>): Answering {
  return {
    path: rpc.path,
    answer: (message, _call, reply) => {
      let answered: Promise<Given<O>>;
      try {
        answered = answer(decode(rpc.input, message));
      } catch (error) {
        reply(grpcErrorOf(error));
        return;
      }
      answered.then((response) => encode(rpc.output, response)).then(reply, (error: unknown) => reply(grpcErrorOf(error)));
    },
  };
}

function grpcErrorOf(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  if (error instanceof WireError)
    return new GrpcError(grpcCode.internal, `the request cannot be read: ${error.message}`, definite);
  if (!(error instanceof RequestFailed)) return new GrpcError(grpcCode.unknown, messageOf(error), { "devious-definite": "0" });
  if (error.error !== undefined) return etcdError(error.error, error.definite);
  switch (error.kind) {
    case "invalid":
      return new GrpcError(grpcCode.invalidArgument, error.message, definite);
    case "moved":
    case "unavailable":
    case "indefinite":
      return etcdError("timedOut", error.definite);
    default:
      return unreachable(error.kind);
  }
}

const definite = { "devious-definite": "1" } as const;

/** What this store cannot do as asked is refused, never done otherwise. `what`: a noun phrase. */
export function notSupported(what: string): GrpcError {
  return new GrpcError(grpcCode.unimplemented, `devious: ${what} is not supported by this store yet`, definite);
}
