import type { Containers, Streams } from "../engine/port.js";
import { createDemuxer } from "../logs/demux.js";

/** Enough for a stack trace. */
const traceLines = 15;

/** What a container said last, read no further than the signal lets; nothing where the engine has nothing. */
export async function lastLines(
  engine: Pick<Containers & Streams, "inspectContainer" | "logs">,
  id: string,
  count = traceLines,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const detail = await engine.inspectContainer(id);
  if (detail === undefined) return [];
  const demuxer = createDemuxer(detail.tty);
  const frames = [];
  for await (const chunk of engine.logs(id, { follow: false, tail: count, signal })) frames.push(...demuxer.push(chunk));
  frames.push(...demuxer.end());
  // each line carries the engine's stamp first
  const lines = frames.map(({ bytes, start, end }) => bytes.toString("utf8", start, end).replace(/^\S+ /, "").trimEnd());
  return lines.filter((line) => line !== "");
}
