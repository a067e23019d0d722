// Shows one JSON request to a node: its answer, an answer that is no JSON, and silence, whatever the time-out.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { requestJson } from "../../src/cluster/http.js";

/** A server that answers with what it was asked, or, at `/text`, no JSON, or, at `/silence`, nothing. */
async function serve(): Promise<{ readonly host: string; readonly port: number }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.url === "/text") response.writeHead(404).end("not here");
      if (request.url === "/echo") response.end(JSON.stringify([request.method, Buffer.concat(chunks).toString("utf8")]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

test("a body is sent as JSON, and the answer read as such", async () => {
  const endpoint = await serve();
  expect(await requestJson(endpoint, "POST", "/echo", { a: "ä" }, 5000)).toEqual({ status: 200, body: ["POST", '{"a":"ä"}'] });
  expect(await requestJson(endpoint, "GET", "/echo", undefined, 5000)).toEqual({ status: 200, body: ["GET", ""] });
});

test("an answer that is no JSON has a status and no body", async () => {
  expect(await requestJson(await serve(), "GET", "/text", undefined, 5000)).toEqual({ status: 404, body: undefined });
});

test("what is left of a time-out may be a fraction of a millisecond", async () => {
  expect(await requestJson(await serve(), "GET", "/echo", undefined, 4999.5)).toMatchObject({ status: 200 });
});

test("silence is over after the time-out", async () => {
  await expect(requestJson(await serve(), "GET", "/silence", undefined, 20)).rejects.toThrow(/abort/i);
});
