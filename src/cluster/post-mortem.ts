/** What is found out of a node that is not as it was to be: all of it at once, and nobody waits long for any of it. */
import type { ContainerDetail, Containers, Streams } from "../engine/port.js";
import { deathOf } from "./death.js";
import type { Death } from "./death.js";
import { lastLines } from "./last-lines.js";
import { NodePast } from "./node-past.js";
import { soon } from "./soon.js";

type PostMortemEngine = Pick<Containers & Streams, "inspectContainer" | "logs" | "pastEvents">;

/** `known`: the container as it was last seen. `now`: as it is by now, where that may be another. `past`: as kept up by whoever has waited. */
export async function postMortem(
  engine: PostMortemEngine,
  known: ContainerDetail,
  now: Promise<ContainerDetail> = Promise.resolve(known),
  past: NodePast = new NodePast(engine, known),
): Promise<Death> {
  const [detail, events, lines] = await Promise.all([now, past.events(), lastLinesSoon(engine, known.id)]);
  return deathOf(detail, events, lines);
}

/** Less than for any answer, so that what has come until then counts. */
const readingMs = 1200;

/** As far as they come in time: what a log lacks keeps no sentence from being told. */
export async function lastLinesSoon(engine: PostMortemEngine, id: string): Promise<readonly string[]> {
  const lines = lastLines(engine, id, undefined, AbortSignal.timeout(readingMs));
  return soon(
    lines.catch(() => []),
    [],
  );
}
