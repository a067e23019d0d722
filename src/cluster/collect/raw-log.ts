import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Containers, Streams } from "../../engine/port.js";
import { createDemuxer, payloadOf } from "../../logs/demux.js";

/** What one container has said, byte for byte as the engine has it, each line after the engine's stamp: what `docker logs -t` prints; but for secrets. */
export async function writeRawLog(
  engine: Pick<Streams, "logs"> & Pick<Containers, "inspectContainer">,
  id: string,
  file: string,
  mask: (text: string) => string,
  signal: AbortSignal,
): Promise<void> {
  const detail = await engine.inspectContainer(id);
  if (detail === undefined) throw new Error("the container is gone");
  const demuxer = createDemuxer(detail.tty);
  async function* said(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of engine.logs(id, { follow: false, signal })) {
      yield masked(Buffer.concat(demuxer.push(chunk).map(payloadOf)), mask);
    }
    signal.throwIfAborted();
    yield masked(Buffer.concat(demuxer.end().map(payloadOf)), mask);
  }
  await pipeline(said, createWriteStream(file), { signal });
}

/** Bytes that are no text stay as they are where nothing has to be masked. */
function masked(bytes: Buffer, mask: (text: string) => string): Buffer {
  const text = bytes.toString("utf8");
  const shown = mask(text);
  return shown === text ? bytes : Buffer.from(shown);
}
