import type { Prng } from "../../core/prng.js";
import { type DiskTrouble, noDiskTrouble } from "../../core/store-hooks.js";
import type { RealTime } from "../clock.js";
import type { CreateLogFile, LogFile } from "./log-file.js";

export interface TroubledDiskOptions {
  readonly createFile: CreateLogFile;
  /** The disk's time, which is the machine's, whatever the node takes it for. */
  readonly time: Pick<RealTime, "monotonicMs" | "after">;
  readonly prng: Prng;
}

/**
 * Log files with {@link DiskTrouble}, all but the flipped bit, which needs to know what records are (bit-flip.ts).
 *
 * A process that is killed leaves behind whatever it has written, since the page cache is the kernel's. To lose what was not synced, as a
 * power cut does, is therefore not to have written it: it is held back in this process until the sync that would make it durable.
 */
export class TroubledDisk {
  readonly #options: TroubledDiskOptions;
  readonly #waiting = new Set<() => void>();
  #trouble = noDiskTrouble;

  constructor(options: TroubledDiskOptions) {
    this.#options = options;
  }

  /** From now on the disk has this trouble and no other. Syncs under way notice: none goes on waiting for a delay that has ended. */
  set(trouble: DiskTrouble): void {
    this.#trouble = trouble;
    for (const look of this.#waiting) look();
  }

  /** A {@link CreateLogFile}. */
  readonly createFile = (path: string): LogFile => {
    const { createFile, prng } = this.#options;
    const file = createFile(path);
    let held: Buffer[] = [];
    const release = (): void => {
      for (const bytes of held) file.append(bytes);
      held = [];
    };
    return {
      append: (bytes) => {
        const { losesUnsynced, tearsWrites } = this.#trouble;
        if (!losesUnsynced) release();
        let written = bytes.length;
        // what follows something that is held back cannot be there before it
        if (held.length > 0) written = 0;
        else if (tearsWrites) written = prng.int(1, bytes.length - 1);
        else if (losesUnsynced) written = 0;
        if (written > 0) file.append(bytes.subarray(0, written));
        if (written < bytes.length) held.push(bytes.subarray(written));
      },
      get showsAll() {
        return held.length === 0;
      },
      sync: async () => {
        if (this.#trouble.fsyncDelayMs > 0) await this.#delayed();
        if (this.#trouble.fsyncFails) throw inputOutputError();
        release();
        await file.sync();
      },
      close: () => {
        release();
        file.close();
      },
    };
  };

  /** Resolves once the delay of the moment has passed since now. */
  async #delayed(): Promise<void> {
    const { monotonicMs, after } = this.#options.time;
    const sinceMs = monotonicMs();
    for (;;) {
      const leftMs = sinceMs + this.#trouble.fsyncDelayMs - monotonicMs();
      if (leftMs <= 0) return;
      await new Promise<void>((resolve) => {
        const look = (): void => {
          this.#waiting.delete(look);
          callOff();
          resolve();
        };
        const callOff = after(leftMs, look);
        this.#waiting.add(look);
      });
    }
  }
}

/** As Node reports a disk that failed in fdatasync(2). */
function inputOutputError(): Error {
  return Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO", syscall: "fdatasync" });
}
