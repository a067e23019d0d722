import type { Duplex } from "node:stream";
import { grpcCode, GrpcError } from "./grpc.js";
import type { Method, Methods } from "./grpc.js";
import { StreamCall, UnaryCall } from "./h2/calls.js";
import type { Call, CallsContext } from "./h2/calls.js";
import { failureBlock, parseTimeout, unsupportedMediaType } from "./h2/grpc-words.js";
import type { HeaderField } from "./h2/hpack.js";
import { assemblingBytesMax, headerListBytesMax } from "./h2/limits.js";
import { Pages } from "./h2/output.js";
import { readHead } from "./h2/request.js";
import type { Stream } from "./h2/stream.js";
import { Link } from "./http2-link.js";

/** How often time limits are looked at: one timer for all calls and connections, as long as there are any. */
const tickMs = 100;
/** With what may follow: `+proto`, or parameters. `application/grpc-web` is another protocol. */
const contentType = /^application\/grpc(?:[+;]|$)/;

/** Answers gRPC calls on connections that speak HTTP/2 from their first byte on. */
export class GrpcServer {
  readonly #methods: Methods;
  /** The services there are, for telling an unknown one from an unknown method. */
  readonly #services: ReadonlySet<string>;
  readonly #pages = new Pages();
  readonly #links = new Set<Link>();
  readonly #timed = new Set<Call>();
  #ticking: NodeJS.Timeout | undefined;

  constructor(methods: Methods) {
    this.#methods = methods;
    this.#services = new Set([...methods.keys()].map((path) => path.slice(1, path.lastIndexOf("/"))));
  }

  /** Serves the connection from here on. What was read of it already is put back before. */
  accept(socket: Duplex): void {
    const assembling = { bytes: 0, bytesMax: assemblingBytesMax };
    const context: CallsContext = { assembling, timed: this.#timed, now: () => performance.now() };
    const link = new Link(
      socket,
      this.#pages,
      (stream, fields) => this.#open(stream, fields, context),
      performance.now(),
      () => {
        this.#links.delete(link);
        if (this.#links.size > 0) return;
        clearInterval(this.#ticking);
        this.#ticking = undefined;
      },
    );
    this.#links.add(link);
    this.#ticking ??= setInterval(() => this.#tick(performance.now()), tickMs).unref();
  }

  /** No new calls; those under way go on, and each connection ends with its last. */
  drain(): void {
    for (const link of this.#links) link.drain();
  }

  close(): void {
    for (const link of this.#links) link.destroy();
  }

  #tick(nowMs: number): void {
    for (const call of this.#timed) if (call.deadlineMs <= nowMs) call.expire();
    for (const link of this.#links) link.tick(nowMs);
  }

  /** False: no legal request. */
  #open(stream: Stream, fields: readonly HeaderField[] | undefined, context: CallsContext): boolean {
    if (fields === undefined) {
      refuse(stream, grpcCode.resourceExhausted, `the header list is longer than ${headerListBytesMax} bytes`);
      return true;
    }
    const head = readHead(fields);
    if (head === undefined) return false;
    if (head.method !== "POST" || !contentType.test(head.contentType)) {
      stream.end(unsupportedMediaType);
      return true;
    }
    const method = this.#methods.get(head.path);
    const timeoutMs = head.grpcTimeout === undefined ? undefined : parseTimeout(head.grpcTimeout);
    if (method === undefined) {
      refuse(stream, grpcCode.unimplemented, this.#whatIsUnknown(head.path));
    } else if (head.grpcEncoding !== undefined && head.grpcEncoding !== "identity") {
      refuse(stream, grpcCode.unimplemented, `no messages are read that are compressed by ${head.grpcEncoding}`);
    } else if (head.grpcTimeout !== undefined && timeoutMs === undefined) {
      refuse(stream, grpcCode.internal, `malformed grpc-timeout: ${head.grpcTimeout}`);
    } else {
      this.#begin(method, stream, fields, timeoutMs, context);
    }
    return true;
  }

  #begin(
    method: Method,
    stream: Stream,
    fields: readonly HeaderField[],
    timeoutMs: number | undefined,
    context: CallsContext,
  ): void {
    if (method.kind === "unary") {
      stream.listener = new UnaryCall(stream, fields, timeoutMs, context, method.answer);
      return;
    }
    const call = new StreamCall(stream, fields, timeoutMs, context);
    stream.listener = call;
    call.open(method.open);
  }

  #whatIsUnknown(path: string): string {
    const slash = path.lastIndexOf("/");
    if (!path.startsWith("/") || slash === 0) return `malformed method name: ${path}`;
    const service = path.slice(1, slash);
    return this.#services.has(service)
      ? `unknown method ${path.slice(slash + 1)} for service ${service}`
      : `unknown service ${service}`;
  }
}

function refuse(stream: Stream, code: GrpcError["code"], why: string): void {
  stream.end(failureBlock(new GrpcError(code, why), true));
}
