import { isAscii } from "node:buffer";
import { createReadStream } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { createGunzip } from "node:zlib";
import { DeviousError, messageOf } from "../core/errors.js";
import type { LogRecord } from "../core/log-record.js";

export interface ReadArchiveOptions {
  /**
   * Asked with the text of each line before it is parsed: false leaves the line out, unread. For what can be told from the text alone, such
   * as a word that has to be somewhere in it; a line that is let through for nothing costs time and no more.
   */
  readonly maybe?: ((line: string) => boolean) | undefined;
}

/** As read from the disk; what comes of it inflated is some ten times as much, and is made while the records before it are being parsed. */
const compressedBytes = 128 * 1024;
const inflatedBytes = 2 * 1024 * 1024;
const newline = 0x0a;
/** The reader's own limit for records is far below: a longer line is no log. */
const maxLineBytes = 64 * 1024 * 1024;

/**
 * The records of a file with one JSON record a line, gzip or not (told by its first bytes), in the file's order, many at a time: what `down` and
 * `collect` wrote, or `logs --json`. Memory is bounded, whatever the file's size.
 *
 * Throws ARCHIVE_UNREADABLE where there is no such file; at a line that is no record, with its number; and, after every record that is
 * whole, where the file ends too early, as one does that was cut off while it was copied.
 */
export async function* readArchive(
  file: string,
  { maybe }: ReadArchiveOptions = {},
): AsyncGenerator<readonly LogRecord[], void, undefined> {
  let lines = 0;
  try {
    for await (const text of blocksOf(contentOf(file))) {
      const records: LogRecord[] = [];
      for (let start = 0; start < text.length;) {
        const at = text.indexOf("\n", start);
        const end = at === -1 ? text.length : at;
        const line = text.slice(start, end);
        start = end + 1;
        lines++;
        if (line === "" || maybe?.(line) === false) continue;
        records.push(toRecord(line, { file, number: lines, isWhole: at !== -1 }));
      }
      if (records.length > 0) yield records;
    }
  } catch (error) {
    throw error instanceof DeviousError ? error : unreadable(file, error, lines);
  }
}

/** The file's bytes, inflated where they are compressed. */
async function* contentOf(file: string): AsyncGenerator<Buffer, void, undefined> {
  const bytes = createReadStream(file, { highWaterMark: compressedBytes })[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    const first = await bytes.next();
    if (first.done === true) return;
    const { value } = first;
    const all = { first: value, rest: { [Symbol.asyncIterator]: () => bytes } };
    // RFC 1952: a gzip member begins with these
    const isCompressed = value[0] === 0x1f && value[1] === 0x8b;
    if (isCompressed) return yield* inflate(all);
    yield value;
    yield* all.rest;
  } finally {
    await bytes.return?.();
  }
}

/**
 * One chunk is inflated, on another thread, while the one before is being used. A stream of node's would throw away what it has ready when
 * the file turns out to be cut off; here it is given out first.
 */
async function* inflate({
  first,
  rest,
}: {
  readonly first: Buffer;
  readonly rest: AsyncIterable<Buffer>;
}): AsyncGenerator<Buffer, void, undefined> {
  const gunzip = createGunzip({ chunkSize: inflatedBytes });
  let ready: Buffer[] = [];
  let failure: Error | undefined;
  gunzip.on("data", (chunk: Buffer) => ready.push(chunk));
  gunzip.on("error", (error) => (failure ??= error));
  const taken = (): Buffer[] => {
    const chunks = ready;
    ready = [];
    return chunks;
  };
  const put = (chunk: Buffer): Promise<void> => new Promise((resolve) => void gunzip.write(chunk, () => resolve()));
  try {
    let putting = put(first);
    for await (const chunk of rest) {
      await putting;
      const chunks = taken();
      if (failure === undefined) putting = put(chunk);
      yield* chunks;
      if (failure !== undefined) break;
    }
    await putting;
    // what is ready is told of in another turn, and lost if the end comes first
    await setImmediate();
    yield* taken();
    if (failure === undefined) await new Promise<void>((resolve) => gunzip.once("close", resolve).end());
    yield* taken();
    if (failure !== undefined) throw failure;
  } finally {
    gunzip.destroy();
  }
}

/** The content as text, cut after newlines only; what follows the last newline comes last, without one. */
async function* blocksOf(content: AsyncIterable<Buffer>): AsyncGenerator<string, void, undefined> {
  let carry: Buffer[] = [];
  let carried = 0;
  for await (const chunk of content) {
    const end = chunk.lastIndexOf(newline) + 1;
    if (end > 0) {
      const whole = chunk.subarray(0, end);
      yield textOf(carried === 0 ? whole : Buffer.concat([...carry, whole]));
      carry = [];
      carried = 0;
    }
    if (end === chunk.length) continue;
    carry.push(chunk.subarray(end));
    carried += chunk.length - end;
    if (carried > maxLineBytes) throw new Error(`a line of more than ${maxLineBytes} bytes is no record`);
  }
  if (carried > 0) yield textOf(Buffer.concat(carry));
}

/** Most of a log is ASCII, for which the decoder of Latin-1 says the same several times as fast. */
function textOf(bytes: Buffer): string {
  return bytes.toString(isAscii(bytes) ? "latin1" : "utf8");
}

interface Place {
  readonly file: string;
  /** Line, from 1. */
  readonly number: number;
  /** It ends with a newline. */
  readonly isWhole: boolean;
}

function toRecord(line: string, { file, number, isWhole }: Place): LogRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    if (!isWhole) throw cutOff(file, number - 1, cause);
  }
  if (isRecord(value)) return value;
  throw new DeviousError("ARCHIVE_UNREADABLE", `${file}:${number} is no log record`, {
    hint: "An archive has one JSON record a line, as `devious down`, `devious collect` and `devious logs --json` write them.",
    details: [line.length > 200 ? `${line.slice(0, 200)}…` : line],
  });
}

/** What everything that handles records relies on. */
function isRecord(value: unknown): value is LogRecord {
  if (typeof value !== "object" || value === null) return false;
  const { ts, node, level, msg, fields } = value as Partial<Record<keyof LogRecord, unknown>>;
  return (
    typeof ts === "string" &&
    typeof node === "string" &&
    typeof level === "string" &&
    typeof msg === "string" &&
    typeof fields === "object" &&
    fields !== null
  );
}

function unreadable(file: string, cause: unknown, lines: number): DeviousError {
  switch ((cause as NodeJS.ErrnoException).code) {
    case "Z_BUF_ERROR":
      return cutOff(file, lines, cause);
    case "ENOENT":
      return new DeviousError("ARCHIVE_UNREADABLE", `There is no archive ${file}`, { cause });
    default: {
      const after = lines === 0 ? "" : ` after line ${lines}`;
      return new DeviousError("ARCHIVE_UNREADABLE", `The archive ${file} cannot be read${after}: ${messageOf(cause)}`, { cause });
    }
  }
}

function cutOff(file: string, lines: number, cause: unknown): DeviousError {
  return new DeviousError("ARCHIVE_UNREADABLE", `The archive ${file} is cut off after line ${lines}`, {
    hint: "What came before is whole. It may have been copied while it was being written, or only in part.",
    cause,
  });
}
