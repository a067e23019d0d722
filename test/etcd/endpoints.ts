import { Agent, request } from "node:http";
import type { Endpoint } from "./differential.js";
import type { Answer } from "./masks.js";
import type { Json } from "./operation.js";

const patienceMs = 10_000;

/** Where a JSON gateway listens on this machine. */
export type Address = { readonly port: number } | { readonly socketPath: string };

export interface HttpEndpoint extends Endpoint {
  readonly close: () => void;
}

/** A JSON gateway; one connection, kept, so that operations arrive in their order. */
export function httpEndpoint(name: string, address: Address): HttpEndpoint {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, noDelay: true });
  return {
    name,
    post: (path, body, token) => post(agent, address, path, body, token),
    close: () => agent.destroy(),
  };
}

function post(agent: Agent, address: Address, path: string, body: string, token?: string): Promise<Answer> {
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    ...(token === undefined ? {} : { authorization: token }),
  };
  const options = { host: "127.0.0.1", ...address, path, method: "POST", headers, agent, timeout: patienceMs };
  return new Promise((resolve, reject) => {
    const asked = request(options, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => (text += chunk));
      answer.on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: parse(text) }));
    });
    asked.on("timeout", () => asked.destroy(new Error(`${path} ${body}: no answer within ${patienceMs / 1000} s`)));
    asked.on("error", reject);
    asked.end(body);
  });
}

/** Unknown paths are answered in plain text. */
function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
