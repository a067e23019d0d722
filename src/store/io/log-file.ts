import { closeSync, fdatasync, openSync, writeSync } from "node:fs";
import { promisify } from "node:util";

/** A file that grows at its end: what the write-ahead log needs of the disk, and where a test or a hook can put another one. */
export interface LogFile {
  /** Adds `bytes` at the end. Seen by every reader from now on, but durable only after {@link sync}. Throws what write(2) refuses. */
  append(bytes: Buffer): void;
  /** Resolves once all that was added before is durable. Rejects where the disk refused: what it holds is unknown from then on. */
  sync(): Promise<void>;
  close(): void;
}

/** Makes the file, empty. Its name is not durable yet. */
export type CreateLogFile = (path: string) => LogFile;

const datasync = promisify(fdatasync);

export const createLogFile: CreateLogFile = (path) => {
  const fd = openSync(path, "w");
  return {
    // lands in the page cache at once; only the sync waits for the disk, on another thread
    append: (bytes) => {
      for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
    },
    sync: () => datasync(fd),
    close: () => closeSync(fd),
  };
};
