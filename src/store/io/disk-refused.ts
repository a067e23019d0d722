import { messageOf } from "../../core/errors.js";
import type { CreateLogFile } from "./log-file.js";

/** The disk would not take or keep something: full, or broken. What it holds is unknown from then on, so the node must end. */
export class DiskRefused extends Error {
  override readonly name = "DiskRefused";
  readonly file: string;
  /** First byte in the file that may not be there. */
  readonly offset: number;

  constructor(file: string, offset: number, cause: unknown) {
    super(`the disk refused to store: ${messageOf(cause)} (${file}, byte ${offset})`, { cause });
    this.file = file;
    this.offset = offset;
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
      sync: async () => {
        const upTo = bytes;
        await file.sync().catch(refusedAt(path, synced));
        synced = upTo;
      },
      close: () => file.close(),
    };
  };
}
