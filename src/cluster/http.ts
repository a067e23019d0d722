import { request as requestPlain } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { RequestOptions } from "node:https";
import type { Endpoint } from "../engine/port.js";

export interface HttpAnswer {
  readonly status: number;
  /** Undefined where the answer is no JSON. */
  readonly body: unknown;
}

/** With which certificate to come over TLS, PEM; empty: with none. */
export interface TlsClient {
  readonly cert?: string;
  readonly key?: string;
}

/**
 * One JSON request to a published port, on a connection of its own, over TLS where `tls` is given. Rejects when nobody answers within
 * `timeoutMs`.
 */
export async function requestJson(
  endpoint: Endpoint,
  method: "GET" | "POST",
  path: string,
  body: unknown,
  timeoutMs: number,
  tls?: TlsClient,
): Promise<HttpAnswer> {
  const { status, text } = await requestText(endpoint, method, path, body, timeoutMs, tls);
  return { status, body: parse(text) };
}

/** As {@link requestJson}, with the answer's body as it came. */
export async function requestText(
  endpoint: Endpoint,
  method: "GET" | "POST",
  path: string,
  body: unknown,
  timeoutMs: number,
  tls?: TlsClient,
): Promise<{ readonly status: number; readonly text: string }> {
  const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const headers = payload === undefined ? {} : { "content-type": "application/json" };
  const answer = await requestBytes(endpoint, { method, path, headers, body: payload }, timeoutMs, tls);
  return { status: answer.status, text: answer.body.toString("utf8") };
}

export interface BytesRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

export interface BytesAnswer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** As {@link requestJson}, for servers that speak in headers and bytes. */
export async function requestBytes(
  { host, port }: Endpoint,
  { method, path, headers, body }: BytesRequest,
  timeoutMs: number,
  tls?: TlsClient,
): Promise<BytesAnswer> {
  // loaded by whoever needs it: most commands do not
  const request = tls === undefined ? requestPlain : (await import("node:https")).request;
  // who answers there the engine has said, and nobody else listens behind the port that it published: no name has to be proven
  const security: RequestOptions = tls === undefined ? {} : { ...tls, rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": body.byteLength };
    const outgoing = request(
      {
        host,
        port,
        method,
        path,
        headers: { ...headers, ...length },
        agent: false,
        // AbortSignal takes whole milliseconds only
        signal: AbortSignal.timeout(Math.ceil(timeoutMs)),
        ...security,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }));
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
