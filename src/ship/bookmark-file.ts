/** The bookmark on disk, in a volume of the shipper's own: who comes after a crash goes on from it. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../core/errors.js";
import { decodeKept, type Kept } from "./bookmark.js";

export interface BookmarkFile {
  /** What was saved last; nothing where nothing was. One that cannot be read, which is the `problem`, is put aside. */
  load(): Promise<{ readonly kept: Kept | undefined; readonly problem: string | undefined }>;
  /** Survives whatever ends this process, not a power cut: waiting for the disk after each batch would cost more than sending it. */
  save(kept: Kept): Promise<void>;
}

export function createBookmarkFile(dir: string): BookmarkFile {
  const path = join(dir, "bookmark.json");
  return {
    async load() {
      await mkdir(dir, { recursive: true });
      const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      });
      if (text === undefined) return { kept: undefined, problem: undefined };
      try {
        return { kept: decodeKept(text), problem: undefined };
      } catch (error) {
        const aside = `${path}.unreadable`;
        await rename(path, aside);
        return { kept: undefined, problem: `${path} cannot be read (${messageOf(error)}) and is kept as ${aside}` };
      }
    },
    async save(kept) {
      const draft = `${path}.new`;
      await writeFile(draft, JSON.stringify(kept));
      await rename(draft, path);
    },
  };
}
