import { messageOf } from "../../core/errors.js";
import { InvariantViolation, unreachable } from "../../core/invariant.js";
import { RequestFailed } from "../ask.js";
import { GrpcError, grpcCode } from "../io/grpc.js";
import type { GrpcCall, GrpcStream, Method } from "../io/grpc.js";
import { decode, WireError } from "../wire/decode.js";
import { encode } from "../wire/encode.js";
import { etcdError } from "../wire/errors.js";
import type { Rpc } from "../wire/rpcs.js";
import type { Given } from "../wire/schema.js";

/** One call of the API, bytes in, bytes out. Its messages' types are known inside only. */
export interface Answering {
  readonly path: Rpc<unknown, unknown>["path"];
  readonly method: Method;
}

/**
 * `answer` gets the request decoded, and as it came. It must take what it needs before it waits for anything: both are views of the connection's bytes.
 * What it resolves with may be encoded already. It fails with a {@link GrpcError}, or with {@link RequestFailed} as the node does.
 */
export function answering<I, O>(
  rpc: Rpc<I, O>,
  answer: (request: I, message: Buffer, call: GrpcCall) => Promise<Given<O> | Buffer>,
): Answering {
  return {
    path: rpc.path,
    method: {
      kind: "unary",
      answer: (message, call, reply) => {
        let answered: Promise<Given<O> | Buffer>;
        try {
          answered = answer(decode(rpc.input, message), message, call);
        } catch (error) {
          reply(grpcErrorOf(error));
          return;
        }
        answered
          .then((response) => (Buffer.isBuffer(response) ? response : encode(rpc.output, response)))
          .then(reply, (error: unknown) => reply(grpcErrorOf(error)));
      },
    },
  };
}

/** A stream's requests come in decoded; what is answered may also be written to the {@link GrpcStream} as bytes. */
export interface Answers<O> {
  readonly stream: Omit<GrpcStream, "end" | "onMessage">;
  /** False: enough is waiting already, as {@link GrpcStream.write} says. */
  write(response: Given<O>): boolean;
  /** Ends the stream: all was answered. */
  end(): void;
  /** Ends the stream with an error, which may be whatever a promise rejected with. */
  fail(error: unknown): void;
  /** Calls `listener` once the stream has ended, by whichever side: at once, if it has already. */
  onGone(listener: () => void): void;
}

/**
 * A call in which more than one message goes one way. `open` begins it and returns who takes the requests; bytes in them are views of the
 * connection's, and no longer valid after it has returned. Whatever either throws ends the stream.
 */
export function streaming<I, O>(rpc: Rpc<I, O>, open: (answers: Answers<O>) => (request: I) => void): Answering {
  return {
    path: rpc.path,
    method: {
      kind: "stream",
      open: (stream) => {
        const goneListeners: (() => void)[] = [];
        let isGone = false;
        const gone = (): void => {
          isGone = true;
          goneListeners.splice(0).forEach((listener) => listener());
        };
        const end = (error?: GrpcError): void => {
          stream.end(error);
          gone();
        };
        const fail = (error: unknown): void => end(grpcErrorOf(error));
        const guarded = <A>(act: () => A): A | undefined => {
          try {
            return act();
          } catch (error) {
            // a fault of ours, which must not look like a peer's
            if (error instanceof InvariantViolation) throw error;
            fail(error);
            return undefined;
          }
        };
        const write = (response: Given<O>): boolean => stream.write([encode(rpc.output, response)]);
        const onGone = (listener: () => void): void => {
          if (isGone) listener();
          else goneListeners.push(listener);
        };
        stream.call.onCancel(gone);
        const take = guarded(() => open({ stream, write, fail, onGone, end: () => end() }));
        if (take !== undefined) stream.onMessage((message) => guarded(() => take(decode(rpc.input, message))));
      },
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
