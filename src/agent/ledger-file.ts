/** The ledger on disk. A fault is written here before it is made, so that whoever comes after a crash knows what to end. */
import { link, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Ledger, emptyLedger, lostLedger } from "../chaos/ledger.js";
import { decodeLedger, encodeLedger } from "../chaos/schema.js";
import { messageOf } from "../core/errors.js";

export interface LedgerFile {
  /**
   * The last ledger saved. One that cannot be read, which is the `problem`, is kept beside it and stays in its place until the next save:
   * an agent that ends before must not hand an empty ledger to the next.
   */
  load(): Promise<{ readonly ledger: Ledger; readonly problem: string | undefined }>;
  /** Resolves when the ledger would survive a power cut. */
  save(ledger: Ledger): Promise<void>;
}

export function createLedgerFile(dir: string): LedgerFile {
  const path = join(dir, "ledger.json");
  return {
    async load() {
      await mkdir(dir, { recursive: true });
      const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      });
      if (text === undefined) return { ledger: emptyLedger, problem: undefined };
      try {
        return { ledger: decodeLedger(text), problem: undefined };
      } catch (error) {
        const kept = await keepAside(path);
        return { ledger: lostLedger, problem: `${path} cannot be read (${messageOf(error)}); ${kept}` };
      }
    },
    async save(ledger) {
      const draft = `${path}.new`;
      const file = await open(draft, "w");
      try {
        await file.writeFile(encodeLedger(ledger));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
      const folder = await open(dir, "r");
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    },
  };
}

/** A second name for the file, which needs no room on the disk: saving gives the first name to another file. Says what became of it. */
async function keepAside(path: string): Promise<string> {
  const aside = `${path}.unreadable`;
  try {
    await rm(aside, { force: true });
    await link(path, aside);
    return `it is kept as ${aside}`;
  } catch (error) {
    return `it could not be kept as ${aside} (${messageOf(error)})`;
  }
}
