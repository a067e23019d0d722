import { rm, writeFile } from "node:fs/promises";
import { messageOf } from "../../core/errors.js";
import type { ReportFolder } from "../../workspace/report-folder.js";
import type { Installation } from "../doctor/examine.js";
import type { Observed } from "../observe.js";
import { type Report, step } from "../steps.js";
import { maskOfNodes } from "../secrecy.js";
import { type Piece, piecesOf } from "./pieces.js";

/** What is in a folder that was collected; it lies in there as `manifest.json`. */
export interface Manifest {
  readonly version: 1;
  /** Version of devious. */
  readonly madeBy: string;
  readonly cluster: string;
  /** RFC 3339. */
  readonly at: string;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly what: string }[];
  /** What could not be had, one sentence each; also in `problems.txt`. */
  readonly problems: readonly string[];
}

/** So many pieces at a time: most wait for the engine or the agent. */
const width = 8;

/** Fills a folder with all that is known of a cluster. What cannot be had is a problem in the manifest, and the rest is there all the same. */
export async function collect(
  installation: Installation,
  found: Observed,
  folder: ReportFolder,
  { at, signal, report }: { readonly at: Date; readonly signal: AbortSignal; readonly report: Report },
): Promise<Manifest> {
  const mask = await maskOfNodes(installation.engine, found);
  const files: Manifest["files"][number][] = [];
  const problems: string[] = [];
  const take = async ({ name, what, write }: Piece): Promise<void> => {
    try {
      await write(await folder.place(name));
      files.push({ name, bytes: await folder.bytesOf(name), what });
    } catch (error) {
      // half a file is no part of it
      await rm(await folder.place(name), { force: true });
      signal.throwIfAborted();
      problems.push(`${name}: ${mask(messageOf(error)).replace(/\.$/, "")}.`);
    }
  };
  const waiting = piecesOf(installation, found, mask, signal).values();
  await step(report, `collect what is known of ${found.name}`, () =>
    Promise.all(
      Array.from({ length: width }, async () => {
        for (const piece of waiting) await take(piece);
      }),
    ),
  );
  problems.sort();
  if (problems.length > 0) {
    const name = "problems.txt";
    await take({
      name,
      what: "what could not be had, and why",
      write: (file) => writeFile(file, problems.map((problem) => `${problem}\n`).join("")),
    });
  }
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  const manifest: Manifest = {
    version: 1,
    madeBy: installation.version,
    cluster: found.name,
    at: at.toISOString(),
    files,
    problems,
  };
  await writeFile(await folder.place("manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}
