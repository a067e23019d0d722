import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { FaultView } from "../chaos/protocol.js";
import { maskSecrets } from "../core/secrets.js";
import type { Inspection } from "../engine/port.js";
import { writeArchive, type Written } from "../logs/archive-writer.js";
import { entryJson } from "../logs/entry-json.js";
import { readEntries, type LogEngine } from "../logs/tail.js";
import { specFileName } from "../spec/cluster-spec.js";
import { archiveAt } from "../workspace/archives.js";
import { filedAs } from "./made.js";
import { type Observed, containersOf } from "./observe.js";
import { type StatusEngine, activeFaults } from "./status.js";

export type ArchiveEngine = LogEngine & StatusEngine & Inspection;

/** What is kept beside the records of a cluster that was taken down, as JSON. */
export interface AboutArchive extends Written {
  readonly version: 1;
  /** Of devious. */
  readonly madeBy: string;
  readonly cluster: string;
  readonly owner: string;
  /** RFC 3339: when it began to be kept. Nothing of what was said later is in it. */
  readonly at: string;
  /** The folder's spec as it was then, as given; null where there was none. */
  readonly spec: string | null;
  /** What the engine said of each container, secrets masked: what the spec came to. */
  readonly containers: readonly unknown[];
  /** The faults that were active; null where the agent did not answer. */
  readonly faults: readonly FaultView[] | null;
}

/**
 * Keeps what every container of a cluster has said so far, the agent's too, and what the engine tells of their lives, under `.devious/` beside its spec. What is there afterwards is
 * whole, and where it fails or `signal` is aborted, nothing is. Changes nothing in the cluster. The path of the records.
 *
 * Throws where the spec's folder is gone or cannot be written, and what reading the logs throws.
 */
export async function archiveCluster(
  engine: ArchiveEngine,
  found: Observed,
  options: { readonly version: string; readonly at: Date; readonly signal: AbortSignal },
): Promise<string> {
  const { name: cluster, owner } = found;
  const { at, signal } = options;
  // never made anew: somebody removed it, and would not look for logs there
  if (owner === undefined || !existsSync(owner)) throw new Error(`the folder of its spec, ${owner ?? "unknown"}, is gone`);
  const archive = archiveAt(owner, filedAs(found), at);
  try {
    const written = await writeArchive(
      archive.file,
      readEntries(engine, cluster, { follow: false, life: true, signal }),
      entryJson,
      signal,
    );
    const about = await aboutCluster(engine, found, { ...options, owner, written });
    await writeFile(archive.about, `${JSON.stringify(about, null, 2)}\n`);
    return archive.file;
  } catch (error) {
    await Promise.all([archive.file, archive.about].map((file) => rm(file, { force: true })));
    throw error;
  }
}

async function aboutCluster(
  engine: ArchiveEngine,
  found: Observed,
  {
    version,
    at,
    owner,
    written,
  }: { readonly version: string; readonly at: Date; readonly owner: string; readonly written: Written },
): Promise<AboutArchive> {
  const [spec, inspected, faults] = await Promise.all([
    specText(owner),
    Promise.all(containersOf(found).map(({ id }) => engine.inspectAll("container", id))),
    activeFaults(engine, found),
  ]);
  return {
    version: 1,
    madeBy: version,
    cluster: found.name,
    owner,
    at: at.toISOString(),
    ...written,
    spec: spec ?? null,
    containers: inspected.filter((one) => one !== undefined).map(maskSecrets),
    faults,
  };
}

export function hasSpec(folder: string): boolean {
  return existsSync(path.join(folder, specFileName));
}

/** The text of the folder's spec; undefined where there is none. */
export async function specText(folder: string): Promise<string | undefined> {
  return readFile(path.join(folder, specFileName), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}
