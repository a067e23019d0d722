import { InvariantViolation } from "../../../core/invariant.js";
import { messageOf } from "../../../core/errors.js";
import { grpcCode, GrpcError } from "../grpc.js";
import type { GrpcCall, GrpcStream, UnaryMethod } from "../grpc.js";
import { answerHead, failureBlock, wentWell } from "./grpc-words.js";
import type { HeaderField } from "./hpack.js";
import { MessageReader, writePrefix } from "./messages.js";
import type { Assembling, MessageSink } from "./messages.js";
import type { Stream, StreamListener } from "./stream.js";

/** What the calls of a connection share. */
export interface CallsContext {
  /** Of this connection. */
  readonly assembling: Assembling;
  /** Calls that have a time limit, of all connections, as long as they are under way. */
  readonly timed: Set<Call>;
  /** In ms, from any beginning. */
  readonly now: () => number;
}

/** Used again for each message: whatever keeps it copies it. */
const prefix = Buffer.alloc(5);

/** What all calls have in common: one HTTP/2 stream, messages in, an answer that ends once. */
export abstract class Call implements GrpcCall, StreamListener, MessageSink {
  readonly timeoutMs: number | undefined;
  /** By {@link CallsContext.now}. */
  readonly deadlineMs: number;
  protected readonly stream: Stream;
  protected readonly context: CallsContext;
  protected readonly reader: MessageReader;
  protected done = false;
  protected headSent = false;
  readonly #fields: readonly HeaderField[];
  #metadata: Map<string, string> | undefined;
  #cancelled: (() => void)[] | undefined;

  constructor(stream: Stream, fields: readonly HeaderField[], timeoutMs: number | undefined, context: CallsContext) {
    this.stream = stream;
    this.reader = new MessageReader(context.assembling);
    this.timeoutMs = timeoutMs;
    this.#fields = fields;
    this.context = context;
    this.deadlineMs = timeoutMs === undefined ? Infinity : context.now() + timeoutMs;
    if (timeoutMs !== undefined) context.timed.add(this);
  }

  get metadata(): ReadonlyMap<string, string> {
    return (this.#metadata ??= metadataOf(this.#fields));
  }

  onCancel(listener: () => void): void {
    (this.#cancelled ??= []).push(listener);
  }

  abstract message(message: Buffer): void;
  abstract ended(): void;
  abstract drained(): void;

  data(bytes: Buffer, start: number, end: number, _isLast: boolean): void {
    if (this.done) return;
    try {
      this.reader.read(bytes, start, end, this);
    } catch (error) {
      this.failed(error);
    }
  }

  reset(): void {
    this.#cancel();
  }

  /** The call's time is over. */
  expire(): void {
    this.fail(new GrpcError(grpcCode.deadlineExceeded, "the call's time is over"));
  }

  /** Ends the call from our side, before whoever answers it did. */
  protected fail(error: GrpcError): void {
    if (this.done) return;
    this.#cancel();
    this.stream.end(failureBlock(error, !this.headSent));
  }

  /** Whoever answers has no more to say. */
  protected finish(error: GrpcError | undefined): void {
    this.release();
    if (error !== undefined) return this.stream.end(failureBlock(error, !this.headSent));
    this.sendHead();
    this.stream.end(wentWell);
  }

  protected sendHead(): void {
    if (this.headSent) return;
    this.headSent = true;
    this.stream.headers(answerHead);
  }

  /** One message of the answer. False: writers should wait. */
  protected send(parts: readonly Buffer[], bytes: number): boolean {
    if (!this.stream.fits(bytes)) {
      this.fail(new GrpcError(grpcCode.resourceExhausted, "too much waits to be sent on this connection"));
      return false;
    }
    this.sendHead();
    return this.stream.data(writePrefix(prefix, bytes), parts, prefix.length + bytes);
  }

  /** What those who answer throw, and those who read a peer's bytes, ends this call only. */
  protected failed(error: unknown): void {
    if (error instanceof InvariantViolation) throw error;
    this.fail(error instanceof GrpcError ? error : new GrpcError(grpcCode.internal, messageOf(error)));
  }

  protected release(): void {
    this.done = true;
    this.reader.release();
    if (this.timeoutMs !== undefined) this.context.timed.delete(this);
  }

  #cancel(): void {
    if (this.done) return;
    this.release();
    for (const listener of this.#cancelled ?? []) listener();
  }
}

/** One message, answered when the client has said all. */
export class UnaryCall extends Call {
  readonly #method: UnaryMethod;
  #message: Buffer | undefined;
  /** Of the message, where it has to wait for the stream's end in memory of its own. */
  #heldBytes = 0;

  constructor(
    stream: Stream,
    fields: readonly HeaderField[],
    timeoutMs: number | undefined,
    context: CallsContext,
    method: UnaryMethod,
  ) {
    super(stream, fields, timeoutMs, context);
    this.#method = method;
  }

  override data(bytes: Buffer, start: number, end: number, isLast: boolean): void {
    super.data(bytes, start, end, isLast);
    if (!isLast && this.#heldBytes === 0 && this.#message !== undefined) this.#hold(this.#message);
  }

  override message(message: Buffer): void {
    if (this.#message !== undefined) throw new GrpcError(grpcCode.internal, "more than one message in a unary call");
    this.#message = message;
  }

  override ended(): void {
    if (this.done) return;
    const message = this.#message;
    if (message === undefined || this.reader.isWithin) {
      return this.fail(new GrpcError(grpcCode.internal, "a unary call without a whole message"));
    }
    this.#message = undefined;
    try {
      this.#method(message, this, (answer) => this.#reply(answer));
    } catch (error) {
      this.failed(error);
    }
  }

  override drained(): void {}

  protected override release(): void {
    super.release();
    this.#message = undefined;
    this.context.assembling.bytes -= this.#heldBytes;
    this.#heldBytes = 0;
  }

  #reply(answer: Buffer | GrpcError): void {
    if (this.done) return;
    if (answer instanceof GrpcError) return this.finish(answer);
    this.send([answer], answer.length);
    if (!this.done) this.finish(undefined);
  }

  #hold(message: Buffer): void {
    if (this.context.assembling.bytes + message.length > this.context.assembling.bytesMax) {
      return this.fail(new GrpcError(grpcCode.resourceExhausted, "too many large requests at once on one connection"));
    }
    this.#message = Buffer.from(message);
    this.#heldBytes = message.length;
    this.context.assembling.bytes += message.length;
  }
}

/** Messages both ways, until both sides have ended. */
export class StreamCall extends Call implements GrpcStream {
  #message: ((message: Buffer) => void) | undefined;
  #end: (() => void) | undefined;
  #drain: (() => void) | undefined;

  get call(): GrpcCall {
    return this;
  }

  get writable(): boolean {
    return !this.done && this.stream.writable;
  }

  open(method: (stream: GrpcStream) => void): void {
    try {
      method(this);
    } catch (error) {
      this.failed(error);
    }
  }

  onMessage(listener: (message: Buffer) => void): void {
    this.#message = listener;
  }

  onEnd(listener: () => void): void {
    this.#end = listener;
  }

  onDrain(listener: () => void): void {
    this.#drain = listener;
  }

  write(parts: readonly Buffer[]): boolean {
    if (this.done) return false;
    let bytes = 0;
    for (const part of parts) bytes += part.length;
    return this.send(parts, bytes);
  }

  override message(message: Buffer): void {
    if (!this.done) this.#message?.(message);
  }

  end(error?: GrpcError): void {
    if (!this.done) this.finish(error);
  }

  override ended(): void {
    if (this.done) return;
    if (this.reader.isWithin) return this.fail(new GrpcError(grpcCode.internal, "the call ends within a message"));
    this.#tell(this.#end);
  }

  override drained(): void {
    if (!this.done) this.#tell(this.#drain);
  }

  #tell(listener: (() => void) | undefined): void {
    try {
      listener?.();
    } catch (error) {
      this.failed(error);
    }
  }
}

function metadataOf(fields: readonly HeaderField[]): Map<string, string> {
  const metadata = new Map<string, string>();
  for (const { name, value } of fields) {
    if (name.startsWith(":") || name.startsWith("grpc-") || name === "te" || name === "content-type") continue;
    const before = metadata.get(name);
    metadata.set(name, before === undefined ? value : `${before},${value}`);
  }
  return metadata;
}
