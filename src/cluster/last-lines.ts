import type { Containers, Streams } from "../engine/port.js";
import { createDemuxer } from "../logs/demux.js";

const linesShown = 5;

/** What a container said last, for an error's details; nothing where the engine has nothing. */
export async function lastLines(
  engine: Pick<Containers & Streams, "inspectContainer" | "logs">,
  id: string,
): Promise<readonly string[]> {
  const detail = await engine.inspectContainer(id);
  if (detail === undefined) return [];
  const demuxer = createDemuxer(detail.tty);
  const frames = [];
  for await (const chunk of engine.logs(id, { follow: false, tail: linesShown })) frames.push(...demuxer.push(chunk));
  frames.push(...demuxer.end());
  // each line carries the engine's stamp first
  return frames.map(({ payload }) => new TextDecoder().decode(payload).trimEnd().replace(/^\S+ /, ""));
}
