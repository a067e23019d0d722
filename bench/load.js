/** One client for both stores: puts through etcd's JSON gateway, on kept-alive connections, a fixed number in flight. */
import { Agent, request } from "node:http";
import { percentile } from "./figures.js";

const keys = 1000;
const value = Buffer.alloc(100, "v").toString("base64");

/**
 * Puts for `durationMs` against a published port and tells what was seen. A put that is not answered with 200 breaks the benchmark: a
 * store that refuses is not measured.
 * @returns {Promise<{perSecond: number, p50: number, p99: number}>} latencies in ms
 */
export async function putLoad(port, { inFlight, durationMs, signal }) {
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight, noDelay: true });
  const latencies = [];
  const startedAt = performance.now();
  const endsAt = startedAt + durationMs;
  const client = async (number) => {
    for (let count = number; performance.now() < endsAt; count += inFlight) {
      signal.throwIfAborted();
      const askedAt = performance.now();
      await put(agent, port, `key-${count % keys}`);
      latencies.push(performance.now() - askedAt);
    }
  };
  try {
    await Promise.all(Array.from({ length: inFlight }, (_, number) => client(number)));
  } finally {
    agent.destroy();
  }
  const tookMs = performance.now() - startedAt;
  return {
    perSecond: (latencies.length * 1000) / tookMs,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
  };
}

function put(agent, port, key) {
  const body = JSON.stringify({ key: Buffer.from(key).toString("base64"), value });
  return post(port, "/v3/kv/put", body, agent);
}

/** Resolves to the parsed answer. */
export function post(port, path, body, agent) {
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, method: "POST", headers, agent, timeout: 10_000 }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk) => (text += chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        if (answer.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`${path}: ${answer.statusCode} ${text}`));
      });
    });
    asked.on("timeout", () => asked.destroy(new Error(`${path}: no answer within 10 s`)));
    asked.on("error", reject);
    asked.end(body);
  });
}
