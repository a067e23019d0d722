import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

export interface Written {
  readonly records: number;
  /** Stamps of the first and the last record; null where there is none. */
  readonly from: string | null;
  readonly to: string | null;
}

/** While it is being written. */
export const partSuffix = ".part";

/** Characters that go to the compressor at once: enough for its thread to be worth waking. */
const blockLength = 256 * 1024;

/**
 * Writes records, one JSON object a line, gzip; `json` makes the line of one. The file is there when it is whole, and on the disk: until
 * then it has another name, and where anything fails, or `signal` is aborted, nothing is left of it. Memory is bounded. Throws what the
 * records throw and the file system.
 */
export async function writeArchive<T extends { readonly ts: string }>(
  file: string,
  story: AsyncIterable<readonly T[]>,
  json: (one: T) => string,
  signal: AbortSignal,
): Promise<Written> {
  let written: Written = { records: 0, from: null, to: null };
  async function* text(): AsyncGenerator<string, void, undefined> {
    let block = "";
    let count = 0;
    let from: string | null = null;
    let to: string | null = null;
    for await (const records of story) {
      for (const record of records) {
        block += `${json(record)}\n`;
        if (block.length < blockLength) continue;
        yield block;
        block = "";
      }
      count += records.length;
      from ??= records[0]?.ts ?? null;
      to = records.at(-1)?.ts ?? to;
    }
    // a story that was ended early looks like one that is over
    signal.throwIfAborted();
    yield block;
    written = { records: count, from, to };
  }
  const part = `${file}${partSuffix}`;
  await mkdir(path.dirname(file), { recursive: true });
  try {
    // the lowest level makes a tenth of a log, and is several times as fast as the usual one
    const gzip = createGzip({ level: 1, chunkSize: blockLength });
    await pipeline(text, gzip, createWriteStream(part, { flush: true }), { signal });
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  return written;
}
