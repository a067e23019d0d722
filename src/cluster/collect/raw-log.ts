import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Containers, Streams } from "../../engine/port.js";
import { createDemuxer, payloadOf } from "../../logs/demux.js";

/** What one container has said, byte for byte as the engine has it, each line after the engine's stamp: what `docker logs -t` prints. */
export async function writeRawLog(
  engine: Pick<Streams, "logs"> & Pick<Containers, "inspectContainer">,
  id: string,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const detail = await engine.inspectContainer(id);
  if (detail === undefined) throw new Error("the container is gone");
  const demuxer = createDemuxer(detail.tty);
  async function* said(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of engine.logs(id, { follow: false, signal })) {
      yield Buffer.concat(demuxer.push(chunk).map(payloadOf));
    }
    signal.throwIfAborted();
    yield Buffer.concat(demuxer.end().map(payloadOf));
  }
  await pipeline(said, createWriteStream(file), { signal });
}
