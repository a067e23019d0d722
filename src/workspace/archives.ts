import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { DeviousError } from "../core/errors.js";
import { partSuffix } from "../logs/archive-writer.js";

/** A cluster's log as it was when the cluster was taken down. */
export interface Archive {
  readonly cluster: string;
  /** UTC, ISO 8601 without colons, so that names sort as times do: `2026-11-21T101500.123Z`. */
  readonly time: string;
  /** The records, one JSON object a line, gzip. */
  readonly file: string;
  /** Beside it, as JSON: what the cluster was made of, and the faults that were active. */
  readonly about: string;
}

const recordsSuffix = ".ndjson.gz";

/** Where a log goes that is kept at this time. `folder`: that of the spec. */
export function archiveAt(folder: string, cluster: string, at: Date): Archive {
  return archiveOf(folder, cluster, at.toISOString().replaceAll(":", ""));
}

function archiveOf(folder: string, cluster: string, time: string): Archive {
  const stem = path.join(logsFolder(folder, cluster), time);
  return { cluster, time, file: `${stem}${recordsSuffix}`, about: `${stem}.json` };
}

function logsFolder(folder: string, cluster: string): string {
  return path.join(folder, ".devious", cluster, "logs");
}

/** What is kept in this folder of this cluster, or of every one, the latest first. Only what is whole. */
export async function archivesOf(folder: string, cluster?: string): Promise<readonly Archive[]> {
  const clusters = cluster === undefined ? await namesIn(path.join(folder, ".devious")) : [cluster];
  const found = clusters.map(async (name) => {
    const files = await namesIn(logsFolder(folder, name));
    return files
      .filter((file) => file.endsWith(recordsSuffix))
      .map((file) => archiveOf(folder, name, file.slice(0, -recordsSuffix.length)));
  });
  return (await Promise.all(found)).flat().sort((a, b) => (a.time < b.time ? 1 : -1));
}

/**
 * The file with records that a user means: `LAST`, the latest of this folder (of `cluster`, where one is named), a file's path, or that of a
 * folder that `devious collect` filled. Throws ARCHIVE_UNREADABLE where there is none.
 */
export async function findArchive(given: string, folder: string, cluster?: string): Promise<string> {
  if (given !== "LAST") {
    const file = path.resolve(folder, given);
    const isFolder = await stat(file).then(
      (found) => found.isDirectory(),
      () => false,
    );
    return isFolder ? path.join(file, collectedLog) : file;
  }
  const [latest] = await archivesOf(folder, cluster);
  if (latest !== undefined) return latest.file;
  const whose = cluster === undefined ? "any cluster" : `the cluster "${cluster}"`;
  throw new DeviousError("ARCHIVE_UNREADABLE", `No log of ${whose} is kept under ${path.join(folder, ".devious")}`, {
    hint: "`devious down` keeps one; a file is named by its path.",
  });
}

/** The merged log in a folder that `devious collect` filled. */
export const collectedLog = `logs${recordsSuffix}`;

/** Part of a name that can be no younger than this by now: whoever was writing it was killed. */
const staleAfterMs = 24 * 60 * 60 * 1000;

/** Removes all but the latest `keep`, and what killed writers left half done. The times of those removed, the oldest last. */
export async function pruneArchives(folder: string, cluster: string, keep: number, nowMs: number): Promise<readonly string[]> {
  const logs = logsFolder(folder, cluster);
  const surplus = (await archivesOf(folder, cluster)).slice(keep);
  for (const { file, about } of surplus) {
    await rm(file, { force: true });
    await rm(about, { force: true });
  }
  for (const part of (await namesIn(logs)).filter((name) => name.endsWith(partSuffix))) {
    const { mtimeMs } = await stat(path.join(logs, part));
    if (nowMs - mtimeMs > staleAfterMs) await rm(path.join(logs, part), { force: true });
  }
  return surplus.map(({ time }) => time);
}

/** Names of what is in a folder; none where there is no such folder. */
async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  });
}
