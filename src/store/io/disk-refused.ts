import { readFileSync } from "node:fs";
import { messageOf } from "../../core/errors.js";
import type { CreateLogFile } from "./log-file.js";

/** The disk would not take, keep or give back something: full, or broken. What it holds is unknown from then on, so the node must end. */
export class DiskRefused extends Error {
  override readonly name = "DiskRefused";
  readonly file: string;
  /** First byte in the file that may not be there. */
  readonly offset: number;
  /** It has no room. */
  readonly isFull: boolean;

  constructor(file: string, offset: number, cause: unknown, what: "store" | "read" = "store") {
    super(`the disk refused to ${what}: ${messageOf(cause)} (${file}, byte ${offset})`, { cause });
    this.file = file;
    this.offset = offset;
    this.isFull = ["ENOSPC", "EDQUOT"].includes((cause as NodeJS.ErrnoException).code ?? "");
  }
}

/** The file's bytes. Throws {@link DiskRefused}. */
export function readWhole(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new DiskRefused(path, 0, error, "read");
  }
}

/** For a promise's `catch`. */
export function refusedAt(file: string, offset: number): (cause: unknown) => never {
  return (cause) => {
    throw new DiskRefused(file, offset, cause);
  };
}

/** The same files, whose errors say where. */
export function sayingWhere(createFile: CreateLogFile): CreateLogFile {
  return (path) => {
    let bytes = 0;
    let synced = 0;
    const attempt = <T>(offset: number, act: () => T): T => {
      try {
        return act();
      } catch (error) {
        throw new DiskRefused(path, offset, error);
      }
    };
    const file = attempt(0, () => createFile(path));
    return {
      append: (more) => {
        attempt(bytes, () => file.append(more));
        bytes += more.length;
      },
      get showsAll() {
        return file.showsAll;
      },
      sync: async () => {
        const upTo = bytes;
        try {
          await file.sync();
        } catch (error) {
          throw new DiskRefused(path, synced, error);
        }
        synced = upTo;
      },
      close: () => file.close(),
    };
  };
}
