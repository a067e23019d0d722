// Shows which kept log a user means, that the latest are kept, and that what is half written is never taken for one.
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { archiveAt, archivesOf, findArchive, pruneArchives } from "../../src/workspace/archives.js";

const noon = Date.parse("2026-11-21T12:00:00Z");
const dayMs = 24 * 60 * 60 * 1000;

/** A folder with logs of these clusters, each kept so many seconds after noon. */
async function folderWith(kept: Readonly<Record<string, readonly number[]>>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "devious-archives-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [cluster, seconds] of Object.entries(kept)) {
    for (const second of seconds) {
      const { file, about } = archiveAt(folder, cluster, new Date(noon + second * 1000));
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, "");
      await writeFile(about, "{}");
    }
  }
  return folder;
}

test("a time makes names that sort and that every file system takes", () => {
  const { file, about } = archiveAt("/shop", "demo", new Date(noon + 1));
  expect([file, about]).toEqual([
    "/shop/.devious/demo/logs/2026-11-21T120000.001Z.ndjson.gz",
    "/shop/.devious/demo/logs/2026-11-21T120000.001Z.json",
  ]);
});

test("LAST is the latest of the folder, or of the cluster that is named; anything else is a path", async () => {
  const folder = await folderWith({ demo: [3, 1], other: [2, 4] });
  await writeFile(`${archiveAt(folder, "demo", new Date(noon + 9000)).file}.part`, "");
  const shown = async (given: string, cluster?: string) => path.relative(folder, await findArchive(given, folder, cluster));
  expect(await shown("LAST")).toBe(".devious/other/logs/2026-11-21T120004.000Z.ndjson.gz");
  expect(await shown("LAST", "demo")).toBe(".devious/demo/logs/2026-11-21T120003.000Z.ndjson.gz");
  expect(await shown("x.ndjson")).toBe("x.ndjson");
  await mkdir(path.join(folder, "artifacts"));
  expect(await shown("artifacts")).toBe("artifacts/logs.ndjson.gz");
  expect((await archivesOf(folder, "demo")).map(({ time }) => time)).toEqual([
    "2026-11-21T120003.000Z",
    "2026-11-21T120001.000Z",
  ]);
  await expect(findArchive("LAST", folder, "third")).rejects.toMatchObject({
    code: "ARCHIVE_UNREADABLE",
    message: `No log of the cluster "third" is kept under ${path.join(folder, ".devious")}`,
  });
  await expect(findArchive("LAST", path.join(folder, "nowhere"))).rejects.toMatchObject({ code: "ARCHIVE_UNREADABLE" });
});

test("the latest stay, the others go with what is beside them, and so does what a killed writer left a day ago", async () => {
  const folder = await folderWith({ demo: [1, 2, 3, 4], other: [0] });
  const [fresh, stale] = [5, 6].map((second) => `${archiveAt(folder, "demo", new Date(noon + second * 1000)).file}.part`);
  for (const part of [fresh, stale]) await writeFile(part ?? "", "");
  await utimes(stale ?? "", new Date(noon), new Date(noon));
  await utimes(fresh ?? "", new Date(noon + 1000), new Date(noon + 1000));
  expect(await pruneArchives(folder, "demo", 2, noon + dayMs + 500)).toEqual([
    "2026-11-21T120002.000Z",
    "2026-11-21T120001.000Z",
  ]);
  expect(await readdir(path.dirname(fresh ?? ""))).toEqual([
    "2026-11-21T120003.000Z.json",
    "2026-11-21T120003.000Z.ndjson.gz",
    "2026-11-21T120004.000Z.json",
    "2026-11-21T120004.000Z.ndjson.gz",
    "2026-11-21T120005.000Z.ndjson.gz.part",
  ]);
  expect(await archivesOf(folder, "other")).toHaveLength(1);
});
