/** The ledger on disk. A fault is written here before it is made, so that whoever comes after a crash knows what to end. */
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { type Ledger, emptyLedger, lostLedger } from "../chaos/ledger.js";
import { decodeLedger, encodeLedger } from "../chaos/schema.js";
import { messageOf } from "../core/errors.js";

export interface LedgerFile {
  /** The last ledger saved. One that cannot be read is set aside, which is the `problem`; every node must be brought back to normal then. */
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
        const aside = `${path}.unreadable`;
        await rename(path, aside);
        return { ledger: lostLedger, problem: `${path} cannot be read (${messageOf(error)}); it is now ${aside}` };
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
