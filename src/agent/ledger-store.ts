/** The ledger in force: one value, and a file that says the same as soon as the disk lets it. */
import type { Ledger } from "../chaos/ledger.js";
import { formatDuration } from "../core/duration.js";
import { DeviousError } from "../core/errors.js";
import type { Clock } from "./clock.js";
import type { LedgerFile } from "./ledger-file.js";
import { createTurns } from "./turns.js";

export interface LedgerStore {
  readonly value: Ledger;
  /**
   * For what adds to the ledger: on disk first, in force afterwards. Throws, and nothing has changed, where it cannot be saved or the disk
   * does not answer for 5 s. `change` is made again where something left the ledger meanwhile; what it gave last is what counts.
   */
  admit<T extends { readonly ledger: Ledger }>(change: (ledger: Ledger) => T): Promise<T>;
  /**
   * For what takes from it: in force before this returns, because a slow or full disk must not keep a fault alive. `saved` resolves once
   * it is on disk as well, or could not be put there; that is tried again until it works.
   */
  release<T extends { readonly ledger: Ledger }>(change: (ledger: Ledger) => T): Promise<T & { readonly saved: Promise<void> }>;
}

export interface LedgerStoreParts {
  /** What the file says now. */
  readonly loaded: Ledger;
  readonly file: Pick<LedgerFile, "save">;
  readonly clock: Clock;
  /** The file no longer says what is in force; told once, until it does again. */
  readonly onUnsaved: (error: unknown) => void;
  readonly onSavedAgain: () => void;
}

/** How long a disk may be silent before nothing more is asked of it by those who wait for the answer. */
const diskLimitMs = 5000;

const saveAgainAfterMs = 1000;

export function createLedgerStore({ loaded, file, clock, onUnsaved, onSavedAgain }: LedgerStoreParts): LedgerStore {
  const turns = createTurns();
  let value = loaded;
  /** What the file says; undefined where a write is under way or has failed, so that it may be the one or the other. */
  let onDisk: Ledger | undefined = loaded;
  /** When the write under way began. */
  let writingSinceMs: number | undefined;
  /** A save that has not begun yet, and so will write whatever is in force by then. */
  let queued: Promise<void> | undefined;
  let isTold = false;

  async function write(ledger: Ledger): Promise<void> {
    onDisk = undefined;
    writingSinceMs = clock.monotonicMs();
    try {
      await file.save(ledger);
      onDisk = ledger;
    } finally {
      writingSinceMs = undefined;
    }
  }

  function save(): Promise<void> {
    queued ??= turns.take("ledger", async () => {
      queued = undefined;
      if (onDisk === value) return;
      try {
        await write(value);
        if (isTold) onSavedAgain();
        isTold = false;
      } catch (error) {
        if (!isTold) onUnsaved(error);
        isTold = true;
        clock.after(saveAgainAfterMs, () => void save());
      }
    });
    return queued;
  }

  /** Rejects where the disk has been silent for too long, counted from the beginning of the write that everybody waits for. */
  function inTime<T>(answer: Promise<T>, giveUp: () => void): Promise<T> {
    const silentMs = writingSinceMs === undefined ? 0 : clock.monotonicMs() - writingSinceMs;
    return new Promise((resolve, reject) => {
      const cancel = clock.after(Math.max(0, diskLimitMs - silentMs), () => {
        giveUp();
        reject(silentDisk());
      });
      answer.then(resolve, reject).finally(cancel);
    });
  }

  return {
    get value() {
      return value;
    },
    admit: (change) => {
      let isAwaited = true;
      const admitted = turns.take("ledger", async () => {
        if (!isAwaited) throw silentDisk();
        const before = value;
        const changed = change(before);
        try {
          await write(changed.ledger);
          if (!isAwaited) throw silentDisk();
          // what left the ledger meanwhile stays out of it
          const last = value === before ? changed : change(value);
          value = last.ledger;
          return last;
        } finally {
          if (onDisk !== value) void save();
        }
      });
      return inTime(admitted, () => (isAwaited = false));
    },
    release: async (change) => {
      const changed = change(value);
      const isNew = JSON.stringify(changed.ledger) !== JSON.stringify(value);
      if (!isNew) return { ...changed, saved: Promise.resolve() };
      value = changed.ledger;
      return { ...changed, saved: save() };
    },
  };
}

function silentDisk(): DeviousError {
  return new DeviousError(
    "FAULT_NOT_APPLIED",
    `The ledger of faults could not be written within ${formatDuration(diskLimitMs)}, and what is not written down is not done.`,
    { hint: "The disk of the engine's host does not answer; faults end in time all the same." },
  );
}
