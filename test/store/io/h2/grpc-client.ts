import { connect, constants } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, SecureClientSessionOptions } from "node:http2";

/** One end of gRPC that is not ours: node:http2. */
export interface Answered {
  readonly messages: readonly Buffer[];
  /** Of the trailers, or of the headers where there are no others. */
  readonly status: number;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
}

export function dial(port: number, options: SecureClientSessionOptions = {}, scheme = "http"): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = connect(`${scheme}://127.0.0.1:${port}`, options);
    session.once("error", reject);
    session.once("connect", () => resolve(session));
  });
}

export function frameMessage(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** A call whose request the caller writes. */
export function openCall(session: ClientHttp2Session, path: string, headers: Record<string, string> = {}): ClientHttp2Stream {
  return session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers", ...headers });
}

/** Resolves when the answer is complete; rejects where the stream was reset by an error. */
export function answerTo(stream: ClientHttp2Stream): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    stream.on("response", (its) => (headers = its));
    stream.on("trailers", (its) => (trailers = its));
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("close", () => {
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) return reject(new Error(`reset with ${stream.rstCode}`));
      const said = "grpc-status" in trailers ? trailers : headers;
      resolve({
        messages: cut(Buffer.concat(chunks)),
        status: Number(said["grpc-status"]),
        text: decodeURIComponent(String(said["grpc-message"] ?? "")),
        headers,
        trailers,
      });
    });
  });
}

export function call(
  session: ClientHttp2Session,
  path: string,
  message: Uint8Array,
  headers?: Record<string, string>,
): Promise<Answered> {
  const stream = openCall(session, path, headers);
  stream.end(frameMessage(message));
  return answerTo(stream);
}

function cut(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    messages.push(bytes.subarray(at + 5, end));
    at = end;
  }
  return messages;
}
