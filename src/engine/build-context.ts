/** What a builder is sent of a folder. */
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import dockerignore from "@balena/dockerignore";
import { pack } from "tar-stream";
import type { Pack } from "tar-stream";

const ignoreFile = ".dockerignore";

/**
 * The folder as a tar, made while it is read: files, folders and symbolic links with their modes, all of root's, but for what its `.dockerignore`
 * leaves out. That file and the Dockerfile are always in it, since the builder reads them. Throws what the file system does.
 */
export async function* contextOf(folder: string, dockerfile: string): AsyncGenerator<Uint8Array, void, undefined> {
  const entries = await entriesOf(folder, dockerfile);
  const tar = pack();
  const filled = fill(tar, folder, entries);
  // whoever reads is told by the tar
  filled.catch((error: unknown) => tar.destroy(error as Error));
  yield* tar as AsyncIterable<Uint8Array>;
  await filled;
}

async function fill(tar: Pack, folder: string, entries: readonly string[]): Promise<void> {
  for (const name of entries) await add(tar, folder, name);
  tar.finalize();
}

async function add(tar: Pack, folder: string, name: string): Promise<void> {
  const file = path.join(folder, name);
  const stats = await lstat(file);
  const { mtime, size } = stats;
  const header = { name, mode: stats.mode & 0o7777, mtime };
  if (stats.isDirectory()) tar.entry({ ...header, type: "directory" });
  else if (stats.isSymbolicLink()) tar.entry({ ...header, type: "symlink", linkname: await readlink(file) });
  // nothing else can be in an image
  else if (stats.isFile()) await pipeline(createReadStream(file), tar.entry({ ...header, size }));
}

/** Relative paths with slashes, folders before what is in them. */
async function entriesOf(folder: string, dockerfile: string): Promise<readonly string[]> {
  const patterns = await readFile(path.join(folder, ignoreFile), "utf8").catch(() => "");
  const rules = dockerignore.default().add(patterns);
  // below a folder that is left out, an exception may take something in again
  const hasExceptions = /^\s*!/m.test(patterns);
  const needed = new Set([ignoreFile, dockerfile.split(path.sep).join("/")]);
  const found: string[] = [];
  const walk = async (below: string): Promise<void> => {
    const here = await readdir(path.join(folder, below), { withFileTypes: true });
    for (const one of here.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = below === "" ? one.name : `${below}/${one.name}`;
      const isOut = !needed.has(name) && rules.ignores(name);
      if (!isOut) found.push(name);
      const leadsToNeeded = [...needed].some((file) => file.startsWith(`${name}/`));
      if (one.isDirectory() && (!isOut || hasExceptions || leadsToNeeded)) await walk(name);
    }
  };
  await walk("");
  return found;
}
