/** Connections of those who mean no good, or speak something else: raw bytes to a port. */
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface Stranger {
  readonly socket: Socket;
  /** All that was answered. */
  heard(): Buffer;
  /** Whether the other end has closed it. */
  isClosed(): boolean;
}

/** Connected, and `bytes` are on their way. Without `reads` nothing of what is answered is taken. */
export function speak(address: string, bytes: Uint8Array, { reads = true } = {}): Promise<Stranger> {
  const [host, port] = address.split(":");
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    const socket = connect({ host: host ?? "", port: Number(port) }, () => {
      socket.off("error", reject);
      socket.on("error", () => undefined);
      if (reads) socket.on("data", (chunk: Buffer) => chunks.push(chunk));
      socket.write(bytes);
      resolve({ socket, heard: () => Buffer.concat(chunks), isClosed: () => socket.readableEnded || socket.destroyed });
    });
    socket.once("error", reject);
  });
}

/** What is answered to `bytes`, until the other end closes or `isEnough` says so. Throws when neither happens. */
export async function ask(address: string, bytes: Uint8Array, isEnough: (heard: Buffer) => boolean): Promise<Buffer> {
  const stranger = await speak(address, bytes);
  const endsAtMs = performance.now() + 20_000;
  while (!stranger.isClosed() && !isEnough(stranger.heard())) {
    if (performance.now() > endsAtMs) throw new Error(`no end of ${stranger.heard().subarray(0, 200).toString("latin1")}`);
    await sleep(10);
  }
  stranger.socket.destroy();
  return stranger.heard();
}

/** A message of Riak's protocol buffers: length, code, body. */
export function frame(code: number, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length + 1);
  head[4] = code;
  return Buffer.concat([head, body]);
}

/** The beginning of a message that says it is so long. */
export function begun(length: number, code: number): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(length);
  head[4] = code;
  return head;
}

/** The codes of whole messages. */
export function codesOf(heard: Buffer): readonly number[] {
  const codes: number[] = [];
  for (let at = 0; at + 5 <= heard.length; at += 4 + heard.readUInt32BE(at)) codes.push(heard[at + 4] as number);
  return codes;
}
