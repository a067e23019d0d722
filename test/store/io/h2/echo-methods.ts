import { grpcCode, GrpcError } from "../../../../src/store/io/grpc.js";
import type { GrpcStream, Method } from "../../../../src/store/io/grpc.js";

/** Methods that say back what they are told, and what they were told of: what happened is in `seen`. */
export function echoMethods(seen: string[] = []): Map<string, Method> {
  return new Map<string, Method>([
    ["/test.Echo/Unary", { kind: "unary", answer: (message, _call, reply) => reply(Buffer.from(message)) }],
    [
      "/test.Echo/Later",
      {
        kind: "unary",
        answer: (message, _call, reply) => {
          const kept = Buffer.from(message);
          setImmediate(() => reply(kept));
        },
      },
    ],
    ["/test.Echo/Never", { kind: "unary", answer: (_message, call) => call.onCancel(() => seen.push("cancelled")) }],
    [
      "/test.Echo/Metadata",
      {
        kind: "unary",
        answer: (_message, { metadata, timeoutMs }, reply) =>
          reply(Buffer.from(JSON.stringify([[...metadata], timeoutMs ?? null]))),
      },
    ],
    [
      "/test.Echo/Fail",
      {
        kind: "unary",
        answer: (_message, _call, reply) =>
          reply(new GrpcError(grpcCode.notFound, "gone: 100% naïve\n", { "devious-definite": "1" })),
      },
    ],
    [
      "/test.Echo/Throw",
      {
        kind: "unary",
        answer: () => {
          throw new RangeError("out of it");
        },
      },
    ],
    ["/test.Echo/Both", { kind: "stream", open: echo }],
    ["/test.Echo/Many", { kind: "stream", open: (stream) => sendMany(stream, seen) }],
  ]);
}

function echo(stream: GrpcStream): void {
  stream.onMessage((message) => stream.write([Buffer.from(message)]));
  stream.onEnd(() => stream.end());
}

/** Asked by two numbers, how many messages of how many bytes; writes as long as it may, and waits then. */
function sendMany(stream: GrpcStream, seen: string[]): void {
  stream.onMessage((message) => {
    let left = message.readUInt32BE(0);
    const payload = Buffer.alloc(message.readUInt32BE(4), 7);
    const fill = (): void => {
      while (left > 0) {
        left--;
        if (!stream.write([payload])) break;
      }
      if (left === 0) stream.end();
      else seen.push("waits");
    };
    stream.onDrain(fill);
    fill();
  });
}
