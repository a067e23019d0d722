/**
 * What a gRPC method is to the server (grpc-server.ts) and to who answers it (rpc/): messages as bytes, so that neither knows the other's
 * business. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */

/** gRPC's status codes that we use. https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
export const grpcCode = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const;

export type GrpcCode = (typeof grpcCode)[keyof typeof grpcCode];

/** How a call fails: status and message go to the client. `trailers`: more of its trailing metadata, lower-case names. */
export class GrpcError extends Error {
  override readonly name = "GrpcError";
  readonly code: GrpcCode;
  readonly trailers: Readonly<Record<string, string>>;

  constructor(code: GrpcCode, message: string, trailers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.trailers = trailers;
  }
}

/** One call, from its headers to its end. */
export interface GrpcCall {
  /** Custom metadata, lower-case names; `-bin` values as they came. */
  readonly metadata: ReadonlyMap<string, string>;
  /** `grpc-timeout`, in ms from the call's beginning; undefined: none. */
  readonly timeoutMs: number | undefined;
  /** The client reset the stream, its connection is gone, or its time is over: nobody waits for an answer any more. */
  onCancel(listener: () => void): void;
}

/** One message in, one message or an error out, once; the answer must stay as it is from then on. The message is the caller's only until `reply` or the end of this turn, whichever is first: copy what stays. */
export type UnaryMethod = (message: Buffer, call: GrpcCall, reply: (answer: Buffer | GrpcError) => void) => void;

/** The server's side of a call in which more than one message goes one way. */
export interface GrpcStream {
  readonly call: GrpcCall;
  onMessage(listener: (message: Buffer) => void): void;
  /** The client has said all it will. */
  onEnd(listener: () => void): void;
  /** Sends one message, given in parts. False: enough is waiting already; {@link onDrain} tells when there is room again. */
  write(parts: readonly Buffer[]): boolean;
  readonly writable: boolean;
  onDrain(listener: () => void): void;
  end(error?: GrpcError): void;
}

export type Method =
  | { readonly kind: "unary"; readonly answer: UnaryMethod }
  | { readonly kind: "stream"; readonly open: (stream: GrpcStream) => void };

/** By path, e.g. `/etcdserverpb.KV/Range`. */
export type Methods = ReadonlyMap<string, Method>;
