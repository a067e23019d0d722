/** etcd's JSON gateway, asked at whichever address a node has now: it is published at another port whenever it starts. */
import { Agent, request } from "node:http";
import type { IncomingMessage } from "node:http";

export type Json = Readonly<Record<string, unknown>>;

/** done: answered · refused: it certainly had no effect · unknown: nobody can tell. */
export type Outcome =
  { readonly type: "done"; readonly body: Json } | { readonly type: "refused" | "unknown"; readonly why: string };

const patienceMs = 5000;

/** One client's connections to all nodes. */
export class GatewayClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });
  readonly #ports: ReadonlyMap<string, number>;

  /** @param ports by node; read at each call. */
  constructor(ports: ReadonlyMap<string, number>) {
    this.#ports = ports;
  }

  async call(node: string, path: string, body: Json): Promise<Outcome> {
    let answer: { readonly status: number; readonly text: string };
    try {
      const response = await this.#open(node, path, body, patienceMs);
      answer = { status: response.statusCode ?? 0, text: await textOf(response) };
    } catch (error) {
      return { type: "unknown", why: String(error) };
    }
    const { status, text } = answer;
    const parsed = JSON.parse(text) as Json;
    if (status === 200) return { type: "done", body: parsed };
    return { type: parsed["definite"] === true ? "refused" : "unknown", why: text };
  }

  /** The answer of a stream's call as it comes. `timeoutMs`: of silence. Rejects where there is none. */
  async *stream(node: string, path: string, body: Json, timeoutMs: number): AsyncGenerator<Json, void, undefined> {
    const response = await this.#open(node, path, body, timeoutMs);
    let rest = "";
    response.setEncoding("utf8");
    for await (const chunk of response as AsyncIterable<string>) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") yield JSON.parse(line) as Json;
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #open(node: string, path: string, body: Json, timeoutMs: number): Promise<IncomingMessage> {
    const text = JSON.stringify(body);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const port = this.#ports.get(node);
    return new Promise((resolve, reject) => {
      const asked = request({ host: "127.0.0.1", port, path, method: "POST", headers, agent: this.#agent }, resolve);
      asked.setTimeout(timeoutMs, () => asked.destroy(new Error(`${node} says nothing for ${timeoutMs} ms`)));
      asked.on("error", reject);
      asked.end(text);
    });
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  for await (const chunk of response as AsyncIterable<string>) text += chunk;
  return text;
}

export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

export function fromBase64(text: unknown): string {
  return Buffer.from(typeof text === "string" ? text : "", "base64").toString();
}

export function revisionOf(body: Json): number {
  return Number((body["header"] as Json | undefined)?.["revision"] ?? 0);
}
