import { GrpcError, grpcCode } from "../io/grpc.js";
import type { GrpcCode, GrpcStream, Method } from "../io/grpc.js";
import type { Family, Sample } from "../metrics/exposition.js";

/** gRPC's own words for its codes, by number. https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const codeNames =
  "OK Canceled Unknown InvalidArgument DeadlineExceeded NotFound AlreadyExists PermissionDenied ResourceExhausted FailedPrecondition Aborted OutOfRange Unimplemented Internal Unavailable DataLoss Unauthenticated".split(
    " ",
  );

interface MethodCount {
  readonly labels: Readonly<Record<string, string>>;
  started: number;
  /** By code. */
  readonly handled: number[];
}

/** How many calls of each method began, and how they ended. */
export class CallCounts {
  readonly #methods: MethodCount[] = [];

  /** The method, counted. `path` is as in {@link Methods}. */
  counted(path: string, method: Method): Method {
    const [, service = "", name = ""] = path.split("/");
    const type = method.kind === "unary" ? "unary" : name === "Snapshot" ? "server_stream" : "bidi_stream";
    const labels = { grpc_method: name, grpc_service: service, grpc_type: type };
    const count: MethodCount = { labels, started: 0, handled: codeNames.map(() => 0) };
    this.#methods.push(count);
    const ended = (code: GrpcCode): void => void (count.handled[code] = (count.handled[code] ?? 0) + 1);
    if (method.kind === "stream") {
      return {
        kind: "stream",
        open: (stream) => {
          count.started++;
          method.open(countedStream(stream, ended));
        },
      };
    }
    return {
      kind: "unary",
      answer: (message, call, reply) => {
        count.started++;
        method.answer(message, call, (answer) => {
          ended(answer instanceof GrpcError ? answer.code : grpcCode.ok);
          reply(answer);
        });
      },
    };
  }

  /** As interceptors of gRPC name them; of what was handled, only codes that there were. */
  families(): readonly Family[] {
    const started = this.#methods.map(({ labels, started: value }): Sample => ({ labels, value }));
    const handled = this.#methods.flatMap(({ labels, handled: counts }) =>
      counts.flatMap((value, code): Sample[] =>
        value === 0 ? [] : [{ labels: { grpc_code: codeNames[code] ?? String(code), ...labels }, value }],
      ),
    );
    return [
      {
        name: "grpc_server_handled_total",
        help: "Calls that have ended, by the code they ended with.",
        type: "counter",
        samples: handled,
      },
      { name: "grpc_server_started_total", help: "Calls that have begun.", type: "counter", samples: started },
    ];
  }
}

/** Tells once how the stream ended, by whichever side. */
function countedStream(stream: GrpcStream, ended: (code: GrpcCode) => void): GrpcStream {
  let isOpen = true;
  const end = (code: GrpcCode): void => {
    if (isOpen) ended(code);
    isOpen = false;
  };
  stream.call.onCancel(() => end(grpcCode.cancelled));
  return {
    call: stream.call,
    onMessage: (listener) => stream.onMessage(listener),
    onEnd: (listener) => stream.onEnd(listener),
    write: (parts) => stream.write(parts),
    get writable() {
      return stream.writable;
    },
    onDrain: (listener) => stream.onDrain(listener),
    end: (error) => {
      end(error?.code ?? grpcCode.ok);
      stream.end(error);
    },
  };
}
