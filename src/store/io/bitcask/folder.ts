import { closeSync, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { FileBytes } from "../../bitcask/record-scan.js";
import { DiskRefused, refusedAt } from "../disk-refused.js";
import type { CreateLogFile, LogFile } from "../log-file.js";
import { syncDir } from "../snapshot-file.js";

/** A file that others may still append to. */
export interface FileReader extends FileBytes {
  close(): void;
}

/** The folder that a store has to itself, and where a test can put another one. */
export interface Folder {
  /** For people: where the file is. */
  path(name: string): string;
  names(): readonly string[];
  create(name: string): LogFile;
  open(name: string): FileReader;
  remove(name: string): void;
  /** Shortens the file; it is durable when this returns. */
  cut(name: string, length: number): void;
  /** Resolves once names given and taken away are durable. */
  syncNames(): Promise<void>;
}

/** A folder on the machine's disk, which is made if need be. What the disk refuses is a {@link DiskRefused} that says where. */
export function folderAt(dir: string, createFile: CreateLogFile): Folder {
  mkdirSync(dir, { recursive: true });
  const path = (name: string): string => join(dir, name);
  return {
    path,
    names: () => readdirSync(dir),
    create: (name) => createFile(path(name)),
    open: (name) => openFile(path(name)),
    remove: (name) => refusing(path(name), 0, () => rmSync(path(name), { force: true })),
    cut: (name, length) => refusing(path(name), length, () => cutFile(path(name), length)),
    syncNames: () => syncDir(dir).catch(refusedAt(dir, 0)),
  };
}

function openFile(path: string): FileReader {
  const fd = openSync(path, "r");
  return {
    get length() {
      return fstatSync(fd).size;
    },
    read: (offset, length) => {
      const bytes = Buffer.allocUnsafe(length);
      let at = 0;
      while (at < length) {
        const read = readSync(fd, bytes, at, length - at, offset + at);
        if (read === 0) return bytes.subarray(0, at);
        at += read;
      }
      return bytes;
    },
    close: () => closeSync(fd),
  };
}

function cutFile(path: string, length: number): void {
  const fd = openSync(path, "r+");
  try {
    ftruncateSync(fd, length);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function refusing<T>(path: string, offset: number, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new DiskRefused(path, offset, error);
  }
}
