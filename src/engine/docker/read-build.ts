import { jsonLines } from "./json-lines.js";

/** The build's JSON lines; one with `error` ends it. */
export async function readBuild(output: NodeJS.ReadableStream, onLine: (line: string) => void): Promise<void> {
  for await (const message of jsonLines(output)) {
    const { stream, error } = message as { stream?: string; error?: string };
    if (error !== undefined) throw new Error(error);
    if (stream !== undefined && stream.trim() !== "") onLine(stream.trimEnd());
  }
}
