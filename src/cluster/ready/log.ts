import type { ContainerDetail, Streams } from "../../engine/port.js";
import { bounded } from "../../logs/bounded-pattern.js";
import { createDemuxer } from "../../logs/demux.js";
import { LineJoiner, toPieces } from "../../logs/lines.js";
import type { ProbeBy, Refusal } from "./index.js";

type Run = Pick<ContainerDetail, "id" | "tty" | "startedAt" | "endedAt">;

/** Ready where the expression is found in a line of this run of the container. What was read before is not read again. */
export function inLog(
  engine: Pick<Streams, "logs">,
  { pattern }: ProbeBy<"log">,
): (run: Run, timeoutMs: number) => Promise<Refusal | undefined> {
  const regex = bounded(new RegExp(pattern));
  let of: string | undefined;
  let since: string | undefined;
  return async (run, timeoutMs) => {
    if (of !== run.startedAt) {
      of = run.startedAt;
      // a program may say something before the engine has noted that it runs
      since = run.endedAt;
    }
    const joiner = new LineJoiner();
    const demuxer = createDemuxer(run.tty);
    const signal = AbortSignal.timeout(Math.ceil(timeoutMs));
    try {
      for await (const chunk of engine.logs(run.id, { follow: false, since, signal })) {
        for (const piece of demuxer.push(chunk).flatMap(toPieces)) {
          const line = joiner.push(piece);
          if (line === undefined) continue;
          if (regex.test(line.text)) return undefined;
          since = line.stamp;
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return { what: `no line of its log has /${pattern}/ in it` };
  };
}
