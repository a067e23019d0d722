import { closeSync, fdatasync, ftruncateSync, openSync, writeSync } from "node:fs";

/** A file that grows at its end: what the write-ahead log needs of the disk, and where a test or a hook can put another one. */
export interface LogFile {
  /** Adds `bytes` at the end. Durable only after {@link sync}. Throws what write(2) refuses. */
  append(bytes: Buffer): void;
  /** Readers of the file see all that was added, durable or not. A disk in trouble shows some of it late; a file that is closed shows all. */
  readonly showsAll: boolean;
  /** Resolves once all that was added before is durable. Rejects where the disk refused: what it holds is unknown from then on. */
  sync(): Promise<void>;
  close(): void;
}

/** Makes the file, empty. Its name is not durable yet. */
export type CreateLogFile = (path: string) => LogFile;

/**
 * Zeros that are written ahead of what is appended. A sync of bytes that took the place of others waits for these alone. Where they made the
 * file longer it also waits for the file system's journal, and for whatever else is in that: half as long again, and at times far longer.
 */
const room = Buffer.alloc(2 ** 20);

/**
 * The file may end with zeros that nobody has appended, as long as it is open or when it was not closed (`endOfWritten` in wal-format.ts).
 */
export const createLogFile: CreateLogFile = (path) => {
  const fd = openSync(path, "w");
  let end = 0;
  /** Where the file ends. */
  let roomEnd = 0;
  const makeRoom = (): void => {
    try {
      roomEnd = end + writeSync(fd, room, 0, room.length, end);
    } catch {
      // Nothing of the log has failed yet, and what is appended says so where it finds no place.
      roomEnd = Infinity;
    }
  };
  return {
    // lands in the page cache at once; only the sync waits for the disk, on another thread
    append: (bytes) => {
      for (let at = 0; at < bytes.length;) {
        const written = writeSync(fd, bytes, at, bytes.length - at, end);
        at += written;
        end += written;
      }
      if (end > roomEnd) makeRoom();
    },
    showsAll: true,
    sync: () =>
      new Promise((resolve, reject) => {
        fdatasync(fd, (error) => (error === null ? resolve() : reject(error)));
      }),
    close: () => {
      ftruncateSync(fd, end);
      closeSync(fd);
    },
  };
};
