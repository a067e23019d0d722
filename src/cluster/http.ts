import { request } from "node:http";
import type { Endpoint } from "../engine/port.js";

export interface HttpAnswer {
  readonly status: number;
  /** Undefined where the answer is no JSON. */
  readonly body: unknown;
}

/** One JSON request to a published port, on a connection of its own. Rejects when nobody answers within `timeoutMs`. */
export async function requestJson(
  endpoint: Endpoint,
  method: "GET" | "POST",
  path: string,
  body: unknown,
  timeoutMs: number,
): Promise<HttpAnswer> {
  const { status, text } = await requestText(endpoint, method, path, body, timeoutMs);
  return { status, body: parse(text) };
}

/** As {@link requestJson}, with the answer's body as it came. */
export function requestText(
  { host, port }: Endpoint,
  method: "GET" | "POST",
  path: string,
  body: unknown,
  timeoutMs: number,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      payload === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(payload) };
    const outgoing = request(
      // AbortSignal takes whole milliseconds only
      { host, port, method, path, headers, agent: false, signal: AbortSignal.timeout(Math.ceil(timeoutMs)) },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }));
      },
    );
    outgoing.on("error", reject);
    outgoing.end(payload);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
