import { STATUS_CODES } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { StringDecoder } from "node:string_decoder";
import { InvariantViolation } from "../../core/invariant.js";
import { messageOf } from "../../core/errors.js";
import { decode } from "../wire/decode.js";
import { encode } from "../wire/encode.js";
import { fromJson, JsonError, toJson } from "../wire/json.js";
import { JsonTexts } from "../wire/json-texts.js";
import { rpcs } from "../wire/rpcs.js";
import type { Rpc } from "../wire/rpcs.js";
import { GrpcError, grpcCode } from "./grpc.js";
import type { GrpcCall, GrpcStream, Methods } from "./grpc.js";
import { messageBytesMax } from "./h2/limits.js";
import { failureJson, httpStatusOf, pathsOf, tooLarge } from "./json-calls.js";

/**
 * The streams of etcd's API by HTTP, as its gateway has them: requests are the JSON objects of the body, as they come; each message of the answer is
 * a line `{"result":…}`, and what goes wrong after the first the last one, `{"error":…}`. A body that ends does not end the stream.
 */
export type JsonStreamCall = (request: IncomingMessage, response: ServerResponse, call: GrpcCall) => void;

/** As with unary calls: base64 takes a third more than bytes. */
const textLengthMax = 2 * messageBytesMax;

export function jsonStreams(methods: Methods): ReadonlyMap<string, JsonStreamCall> {
  const calls = new Map<string, JsonStreamCall>();
  for (const rpc of Object.values(rpcs).flatMap((service) => Object.values(service) as Rpc<object, object>[])) {
    const method = methods.get(rpc.path);
    if (method?.kind !== "stream") continue;
    for (const path of pathsOf(rpc))
      calls.set(path, (request, response, call) => {
        const stream = new JsonStream(rpc, response, call);
        stream.listen(request, method.open);
      });
  }
  return calls;
}

/** One call, in the place of an HTTP/2 stream. */
class JsonStream implements GrpcStream {
  readonly call: GrpcCall;
  readonly #rpc: Rpc<object, object>;
  readonly #response: ServerResponse;
  readonly #texts = new JsonTexts();
  #request: IncomingMessage | undefined;
  #message: (message: Buffer) => void = () => {};
  #end: () => void = () => {};
  readonly #gone: (() => void)[] = [];
  #done = false;
  /** Something of the body could be read. */
  #understood = false;
  /** Something could not: the rest is passed over. */
  #deaf = false;

  constructor(rpc: Rpc<object, object>, response: ServerResponse, call: GrpcCall) {
    this.#rpc = rpc;
    this.#response = response;
    call.onCancel(() => this.#cancel());
    this.call = { ...call, onCancel: (listener) => void this.#gone.push(listener) };
  }

  get writable(): boolean {
    return !this.#done && !this.#response.writableNeedDrain;
  }

  listen(request: IncomingMessage, open: (stream: GrpcStream) => void): void {
    this.#request = request;
    this.#guard(() => open(this));
    const decoder = new StringDecoder();
    request.on("data", (chunk: Buffer) => this.#read(decoder.write(chunk)));
    request.on("end", () => {
      const rest = this.#texts.rest();
      if (rest !== "") this.#take(rest);
      if (!this.#done) this.#guard(this.#end);
    });
    this.#response.on("drain", () => request.resume());
  }

  onMessage(listener: (message: Buffer) => void): void {
    this.#message = listener;
  }

  onEnd(listener: () => void): void {
    this.#end = listener;
  }

  onDrain(listener: () => void): void {
    this.#response.on("drain", () => {
      if (!this.#done) this.#guard(listener);
    });
  }

  write(parts: readonly Buffer[]): boolean {
    if (this.#done) return false;
    const { output } = this.#rpc;
    if (!this.#response.headersSent) this.#response.writeHead(200, { "content-type": "application/json" });
    const hasRoom = this.#response.write(`{"result":${toJson(output, decode(output, Buffer.concat(parts)))}}\n`);
    // who does not read the answers is not asked for more questions
    if (!hasRoom) this.#request?.pause();
    return hasRoom;
  }

  end(error?: GrpcError): void {
    if (this.#done) return;
    this.#done = true;
    if (error === undefined) {
      this.#response.end();
      return;
    }
    const status = httpStatusOf(error.code);
    if (!this.#response.headersSent) this.#response.writeHead(status, { "content-type": "application/json" });
    const { code, message } = error;
    const said = { grpc_code: code, http_code: status, message, http_status: STATUS_CODES[status] };
    this.#response.end(JSON.stringify({ error: said }));
  }

  #read(text: string): void {
    if (this.#done || this.#deaf) return;
    for (const whole of this.#texts.push(text)) this.#take(whole);
    if (this.#texts.length > textLengthMax) this.#fail(tooLarge(this.#texts.length));
  }

  #take(text: string): void {
    if (this.#done || this.#deaf) return;
    let message: Buffer;
    try {
      message = encode(this.#rpc.input, fromJson(this.#rpc.input, text));
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      this.#misunderstood(error);
      return;
    }
    this.#understood = true;
    if (message.length > messageBytesMax) this.#fail(tooLarge(message.length));
    else this.#guard(() => this.#message(message));
  }

  /** As in etcd, only a call that begins so is refused: later on, it is as if the body had ended. */
  #misunderstood({ message }: JsonError): void {
    this.#deaf = true;
    if (this.#understood) return;
    this.#cancel();
    const { status, body } = failureJson(new GrpcError(grpcCode.unknown, message, { "devious-definite": "1" }));
    this.#response.writeHead(status, { "content-type": "application/json" }).end(body);
  }

  /** What those who answer throw ends this call only. */
  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (error instanceof InvariantViolation) throw error;
      this.#fail(error instanceof GrpcError ? error : new GrpcError(grpcCode.internal, messageOf(error)));
    }
  }

  #fail(error: GrpcError): void {
    this.end(error);
    this.#tellGone();
  }

  #cancel(): void {
    if (this.#done) return;
    this.#done = true;
    this.#tellGone();
  }

  #tellGone(): void {
    for (const listener of this.#gone.splice(0)) listener();
  }
}
