// Shows how a log is read over a connection of its own: refusals and breaks are errors as dockerode's, the reader's own end is none.
import { mkdtemp, rm } from "node:fs/promises";
import { type RequestListener, createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readLog } from "../../../src/engine/docker/log-stream.js";

let dir: string;
let close: () => void;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "log-stream-"));
});
afterEach(async () => {
  close();
  await rm(dir, { recursive: true });
});

/** An engine that answers so. */
async function engine(answer: RequestListener): Promise<{ socketPath: string }> {
  const server = createServer(answer);
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  const socketPath = join(dir, "engine.sock");
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return { socketPath };
}

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += Buffer.from(piece).toString("latin1");
  return text;
}

test("all of a log is given, however much it is and however slowly it is taken", async () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i} ${"x".repeat(i % 90)}\n`);
  const endpoint = await engine((request, response) => {
    expect(request.url).toBe("/containers/c/logs?follow=false");
    for (const line of lines) response.write(line);
    response.end();
  });
  const pieces: Uint8Array[] = [];
  for await (const piece of readLog(endpoint, "/containers/c/logs?follow=false")) {
    pieces.push(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  // also what came first is still as it came
  expect(Buffer.concat(pieces).toString("latin1")).toBe(lines.join(""));
});

test("a refusal is an error with the engine's status and words", async () => {
  const endpoint = await engine((_, response) => {
    response.writeHead(404);
    response.end(JSON.stringify({ message: "No such container: c" }));
  });
  await expect(textOf(readLog(endpoint, "/logs"))).rejects.toMatchObject({
    statusCode: 404,
    json: { message: "No such container: c" },
  });
});

test("an answer that breaks off is an error, after all that had come", async () => {
  const endpoint = await engine((_, response) => {
    response.write("first\n", () => response.destroy());
  });
  const pieces = readLog(endpoint, "/logs");
  expect(Buffer.from((await pieces.next()).value ?? []).toString()).toBe("first\n");
  await expect(pieces.next()).rejects.toMatchObject({ code: "ECONNRESET" });
});

test("nobody there is an error with the system's code", async () => {
  close = () => undefined;
  await expect(textOf(readLog({ socketPath: join(dir, "nobody.sock") }, "/logs"))).rejects.toMatchObject({ code: "ENOENT" });
});

test("the reader's end, by its signal or by going away, is quiet and closes the connection", async () => {
  let gone = 0;
  const endpoint = await engine((_, response) => {
    response.once("close", () => gone++);
    response.write("first\n");
  });
  const stop = new AbortController();
  const bySignal = readLog(endpoint, "/logs", { signal: stop.signal });
  await bySignal.next();
  const next = bySignal.next();
  stop.abort();
  expect((await next).done).toBe(true);

  for await (const piece of readLog(endpoint, "/logs")) {
    expect(piece.length).toBeGreaterThan(0);
    break;
  }
  for (let i = 0; i < 200 && gone < 2; i++) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(gone).toBe(2);
});
