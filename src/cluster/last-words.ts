import type { Containers, Streams } from "../engine/port.js";
import { lastLines } from "./last-lines.js";
import { isBundled } from "./observe.js";
import type { NodeContainer } from "./observe.js";

/** Why a node of the bundled store does not run any more. */
export interface LastWords {
  readonly node: string;
  readonly exitCode: number;
  /** One sentence: what happened, and mostly what to do. */
  readonly said: string;
}

/** Undefined for a node that runs, was stopped or killed, or is an image of the user's: only the store ends with a word about why. */
export async function lastWordsOf(
  engine: Pick<Containers & Streams, "inspectContainer" | "logs">,
  node: NodeContainer,
): Promise<LastWords | undefined> {
  if (!isBundled(node)) return undefined;
  const { exitCode } = (await engine.inspectContainer(node.id)) ?? {};
  if (exitCode === undefined || exitCode === 0) return undefined;
  const [line = ""] = await lastLines(engine, node.id, 1);
  const said = fatalIn(line);
  return said === undefined ? undefined : { node: node.node, exitCode, said };
}

/** What the line says, if it is a record of the level fatal. */
function fatalIn(line: string): string | undefined {
  try {
    const { level, msg } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    return level === "fatal" && typeof msg === "string" ? msg : undefined;
  } catch {
    return undefined;
  }
}
