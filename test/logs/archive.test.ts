// Shows that an archive gives back the records that went in, whatever their text, and says how far a damaged one can be believed.
import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LogRecord } from "../../src/core/log-record.js";
import { readArchive, type ReadArchiveOptions } from "../../src/logs/archive-reader.js";
import { writeArchive } from "../../src/logs/archive-writer.js";
import { formatJson } from "../../src/logs/format.js";
import { recordAt } from "./record.js";

const never = new AbortController().signal;
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "devious-archive-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The records as they come: some at once. */
async function* story(records: readonly LogRecord[]): AsyncGenerator<readonly LogRecord[]> {
  for (let i = 0; i < records.length; i += 1000) yield records.slice(i, i + 1000);
}

const write = (file: string, records: AsyncIterable<readonly LogRecord[]>, signal = never) =>
  writeArchive(file, records, formatJson, signal);

async function read(file: string, options?: ReadArchiveOptions): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const batch of readArchive(file, options)) records.push(...batch);
  return records;
}

/** What came before the error, and the error. */
async function readUntilError(file: string): Promise<{ readonly records: LogRecord[]; readonly error: unknown }> {
  const records: LogRecord[] = [];
  try {
    for await (const batch of readArchive(file)) records.push(...batch);
  } catch (error) {
    return { records, error };
  }
  throw new Error(`${file} was read to its end`);
}

const many = (count: number): LogRecord[] =>
  Array.from({ length: count }, (_, i) => recordAt(i, { seq: i + 1, msg: `line ${i} of ${Math.imul(i, 2_654_435_761)}` }));

test("what went in comes out: any text, any fields, in order", async () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme" }),
    fc.constant("\u0085\u009b31m\u2028\r\n\0"),
  );
  const record = fc
    .record({ msg: text, event: text, fields: fc.dictionary(text, fc.jsonValue()), seq: fc.nat() })
    .map((rest) => recordAt(0, rest));
  const file = path.join(folder, "any.ndjson.gz");
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 20 }), async (records) => {
      const written = await write(file, story(records));
      expect(written.records).toBe(records.length);
      // fields go through JSON, which knows one zero and no prototype
      expect(JSON.stringify(await read(file))).toBe(JSON.stringify(records));
    }),
    { numRuns: 60 },
  );
});

test("an archive of many blocks, and the same inflated, are read whole, and lines can be left out unread", async () => {
  const records = many(60_000);
  const file = path.join(folder, "many.ndjson.gz");
  expect(await write(file, story(records))).toEqual({
    records: 60_000,
    from: records[0]?.ts,
    to: records.at(-1)?.ts,
  });
  expect(await read(file)).toEqual(records);
  const plain = path.join(folder, "many.ndjson");
  await writeFile(plain, gunzipSync(await readFile(file)));
  expect(await read(plain)).toEqual(records);
  const wanted = await read(file, { maybe: (line) => line.includes("line 777") });
  expect(wanted).toEqual(records.filter(({ msg }) => msg.includes("line 777")));
});

test("an archive that is cut off anywhere gives what is whole, and then one error", async () => {
  const records = many(60_000);
  const file = path.join(folder, "cut.ndjson.gz");
  for (const share of [0.999_99, 0.7, 0.3, 0.01]) {
    await write(file, story(records));
    const { length } = await readFile(file);
    await truncate(file, Math.floor(length * share));
    const { records: whole, error } = await readUntilError(file);
    expect(error).toMatchObject({
      code: "ARCHIVE_UNREADABLE",
      message: `The archive ${file} is cut off after line ${whole.length}`,
    });
    expect(whole).toEqual(records.slice(0, whole.length));
    // no less than a share of the bytes can hold, but for the blocks in which they are compressed
    expect(whole.length).toBeGreaterThanOrEqual(Math.floor(records.length * share) - 6000);
  }
});

test.each([
  ["text", "hello", `FILE:2 is no log record`],
  ["half a record", '{"ts":"2026-11-21T12:00:00.000000000Z","no', `FILE:2 is no log record`],
  ["a number", "7", `FILE:2 is no log record`],
  ["another object", '{"ts":"2026-11-21T12:00:00.000000000Z"}', `FILE:2 is no log record`],
])("a line that is %s is refused with its place", async (_what, line, message) => {
  const file = path.join(folder, "strange.ndjson");
  const good = JSON.stringify(recordAt(1));
  await writeFile(file, `${good}\n${line}\n${good}\n`);
  await expect(read(file)).rejects.toMatchObject({
    code: "ARCHIVE_UNREADABLE",
    message: message.replace("FILE", file),
    details: [line],
  });
});

test("a plain file that ends in the middle of a line is cut off, one that only lacks the last newline is whole", async () => {
  const file = path.join(folder, "end.ndjson");
  const lines = many(3).map((record) => JSON.stringify(record));
  await writeFile(file, lines.join("\n"));
  expect(await read(file)).toEqual(many(3));
  await writeFile(file, lines.join("\n").slice(0, -20));
  const { records, error } = await readUntilError(file);
  expect(records).toEqual(many(2));
  expect(error).toMatchObject({ message: `The archive ${file} is cut off after line 2` });
});

test("gzip files one after the other in one file are read as one, an empty one has no records, and no file is an error", async () => {
  const file = path.join(folder, "joined.ndjson.gz");
  await writeFile(file, Buffer.concat(many(2).map((record) => gzipSync(`${JSON.stringify(record)}\n`))));
  expect(await read(file)).toEqual(many(2));
  await writeFile(file, "");
  expect(await read(file)).toEqual([]);
  await expect(read(path.join(folder, "nosuch"))).rejects.toMatchObject({ code: "ARCHIVE_UNREADABLE" });
});

test("of an archive whose writing fails or is interrupted, nothing is left", async () => {
  const file = path.join(folder, "broken", "one.ndjson.gz");
  async function* failing(): AsyncGenerator<readonly LogRecord[]> {
    yield many(5000);
    throw new Error("the engine went away");
  }
  await expect(write(file, failing())).rejects.toThrow("the engine went away");
  const interrupted = new AbortController();
  async function* endless(): AsyncGenerator<readonly LogRecord[]> {
    for (let i = 0; ; i++) {
      // readers end their story quietly when they are told to
      if (interrupted.signal.aborted) return;
      if (i === 5000) interrupted.abort();
      yield [recordAt(i)];
    }
  }
  await expect(write(file, endless(), interrupted.signal)).rejects.toMatchObject({ name: "AbortError" });
  expect(await readdir(path.dirname(file))).toEqual([]);
});
