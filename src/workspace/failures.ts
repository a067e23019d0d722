import { mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";

/** Of each cluster. */
const keptMost = 10;

/**
 * A folder for what is known of a cluster whose run has failed, `.devious/<cluster>/failed/<UTC time>`; the latest ten are kept. `folder`:
 * that of the spec. Throws what the file system throws.
 */
export async function makeFailureFolder(folder: string, cluster: string, at: Date): Promise<string> {
  const all = path.join(folder, ".devious", cluster, "failed");
  await mkdir(all, { recursive: true });
  const older = (await readdir(all)).sort().reverse();
  await Promise.all(older.slice(keptMost - 1).map((name) => rm(path.join(all, name), { recursive: true, force: true })));
  // runs side by side fail at the same time
  for (let n = 1; ; n++) {
    const made = path.join(all, at.toISOString().replaceAll(":", "") + (n === 1 ? "" : `-${n}`));
    if (await isNew(made)) return made;
  }
}

async function isNew(folder: string): Promise<boolean> {
  return mkdir(folder).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return false;
      throw error;
    },
  );
}
