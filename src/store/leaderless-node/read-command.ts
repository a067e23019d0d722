import type { IncomingMessage } from "node:http";

/** What operators ask is short: names, and a dozen of properties. */
const commandBytesMax = 4096;

/** Calls `done` once with the body; undefined: it is longer than any command. */
export function readCommand(request: IncomingMessage, done: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= commandBytesMax) chunks.push(chunk);
  });
  request.on("end", () => done(bytes > commandBytesMax ? undefined : Buffer.concat(chunks)));
}
