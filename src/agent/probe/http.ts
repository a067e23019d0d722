import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { HttpResult, HttpTask } from "./tasks.js";

/** A whole answer takes no longer, or there is none. */
const limitMs = 1500;
const againAfterMs = 50;

export async function askHttp(task: HttpTask): Promise<HttpResult> {
  const untilMs = performance.now() + task.patienceMs;
  for (;;) {
    const result = await askOnce(task);
    if (result.answer !== "refused" || performance.now() >= untilMs) return result;
    await sleep(againAfterMs);
  }
}

function askOnce({ method, port, path, body }: HttpTask): Promise<HttpResult> {
  return new Promise((resolve) => {
    const headers = body === null ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const options = { host: "127.0.0.1", port, method, path, headers, agent: false, signal: AbortSignal.timeout(limitMs) };
    const silent = (): void => resolve({ answer: "silent" });
    const outgoing = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", silent);
      response.on("end", () =>
        resolve({ answer: "answered", status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
      );
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "ECONNREFUSED" ? resolve({ answer: "refused" }) : silent(),
    );
    outgoing.end(body ?? undefined);
  });
}
