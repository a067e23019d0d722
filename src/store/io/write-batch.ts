import type { Writable } from "node:stream";
import type { Batch, Pages } from "./h2/output.js";

/** Hands what a connection has to say to its socket as one write, and gives the pages back once they are out. */
export function writeBatch(socket: Writable, { parts, pages }: Batch, source: Pages): void {
  if (parts.length === 0) return;
  const last = parts.length - 1;
  if (last > 0) socket.cork();
  for (let index = 0; index < last; index++) socket.write(parts[index]);
  socket.write(parts[last], () => source.giveBack(pages));
  if (last > 0) socket.uncork();
}
