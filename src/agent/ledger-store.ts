/** The ledger in force: one value, changed by one at a time, kept equal to the file. */
import type { Ledger } from "../chaos/ledger.js";
import type { LedgerFile } from "./ledger-file.js";
import { createTurns } from "./turns.js";

export interface LedgerStore {
  readonly value: Ledger;
  /** For what adds to the ledger: on disk first, in force afterwards. Throws, and nothing has changed, where it cannot be saved. */
  admit<T extends { readonly ledger: Ledger }>(change: (ledger: Ledger) => T): Promise<T>;
  /**
   * For what takes from it: in force at once, because a slow or full disk must not keep a fault alive. `saved` resolves once it is on disk
   * as well; a failed save goes to `onUnsaved`.
   */
  release<T extends { readonly ledger: Ledger }>(change: (ledger: Ledger) => T): Promise<T & { readonly saved: Promise<void> }>;
}

export function createLedgerStore(loaded: Ledger, file: LedgerFile, onUnsaved: (error: unknown) => void): LedgerStore {
  const turns = createTurns();
  let value = loaded;
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => turns.take("ledger", act);
  return {
    get value() {
      return value;
    },
    admit: (change) =>
      inTurn(async () => {
        const changed = change(value);
        await file.save(changed.ledger);
        value = changed.ledger;
        return changed;
      }),
    release: (change) =>
      new Promise((resolve, reject) => {
        const release = async (): Promise<void> => {
          const changed = change(value);
          const isNew = JSON.stringify(changed.ledger) !== JSON.stringify(value);
          value = changed.ledger;
          const saved = isNew ? file.save(value).catch(onUnsaved) : Promise.resolve();
          resolve({ ...changed, saved });
          // the next change is written after this one
          await saved;
        };
        inTurn(release).catch(reject);
      }),
  };
}
