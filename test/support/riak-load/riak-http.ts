/** Riak's HTTP at whichever address a node has now, each request sent once: what nobody answers may have happened, and is not asked again. */
import { Agent, request } from "node:http";
import type { IncomingHttpHeaders } from "node:http";

/** done: answered · refused: it certainly had no effect · unknown: nobody can tell. */
export type Outcome =
  | { readonly type: "done"; readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string }
  | { readonly type: "refused" | "unknown"; readonly why: string };

export interface Sent {
  readonly method: "GET" | "PUT" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const patienceMs = 10_000;
const answers: ReadonlySet<number> = new Set([200, 201, 204, 300]);

/** One client's connections to all nodes. */
export class RiakHttp {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2 });
  readonly #addresses: ReadonlyMap<string, string>;

  /** @param addresses of HTTP, `host:port` by node; read at each call. */
  constructor(addresses: ReadonlyMap<string, string>) {
    this.#addresses = addresses;
  }

  ask(node: string, sent: Sent): Promise<Outcome> {
    const [host, port] = (this.#addresses.get(node) ?? "").split(":");
    const { method, path, body = "", headers = {} } = sent;
    const length = method === "GET" ? {} : { "content-length": Buffer.byteLength(body) };
    return new Promise((resolve) => {
      const fail = (error: NodeJS.ErrnoException): void =>
        resolve({
          type: error.code === "ECONNREFUSED" ? "refused" : "unknown",
          why: `${node} ${method} ${path}: ${String(error)}`,
        });
      const asked = request({ host, port, path, method, headers: { ...headers, ...length }, agent: this.#agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", fail);
        response.on("end", () => {
          const [status, text] = [response.statusCode ?? 0, Buffer.concat(chunks).toString()];
          if (answers.has(status) || (status === 404 && method === "GET"))
            return resolve({ type: "done", status, headers: response.headers, text });
          const isDefinite = response.headers["x-devious-definite"] === "true";
          return resolve({
            type: isDefinite ? "refused" : "unknown",
            why: `${node} ${method} ${path}: ${status} ${text.trim()}`,
          });
        });
      });
      asked.setTimeout(patienceMs, () => asked.destroy(new Error(`nothing for ${patienceMs} ms`)));
      asked.on("error", fail);
      asked.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
