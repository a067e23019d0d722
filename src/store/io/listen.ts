import type { IncomingMessage } from "node:http";
import type { AddressInfo, Server } from "node:net";

/** Resolves with the port once connections are taken, rejects where the address cannot be had. Port 0: chosen by the system. */
export function listenOn(server: Server, host: string | undefined, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve(portOf(server));
    });
  });
}

/** Of a server that listens. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Calls `done` once with the request's body, as text; with undefined where it is longer than `bytesMax`. `bytes`: how long it is. */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
  done: (body: string | undefined, bytes: number) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= bytesMax) chunks.push(chunk);
  });
  request.on("end", () => {
    // nearly every body is one chunk, and need not be copied
    const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
    done(bytes > bytesMax ? undefined : body.toString(), bytes);
  });
}
