// Shows that the log's end in memory has all that its files do not show, group by group and record by record, and of the rest what is recent and fits.
import fc from "fast-check";
import { expect, it } from "vitest";
import { LogTail } from "../../../src/store/bitcask/log-tail.js";
import { recordBytes, writeRecord, type LogRecord } from "../../../src/store/bitcask/record-format.js";

const seal = (bytes: Uint8Array): number => bytes.length;
const recordOf = (key: string, bytes: number): LogRecord => ({
  kind: "put",
  place: { kind: "home", partition: 1, n: 3 },
  key,
  value: Buffer.alloc(bytes, key),
});
const written = (record: LogRecord): Buffer => {
  const bytes = Buffer.alloc(recordBytes(record));
  writeRecord(bytes, 0, record, seal);
  return bytes;
};

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant("add" as const), bytes: fc.oneof(fc.nat(2000), fc.nat(200_000)) }) },
  { weight: 3, arbitrary: fc.constant({ type: "group" as const }) },
  { weight: 1, arbitrary: fc.constant({ type: "file" as const }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("show" as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("pass" as const), ms: fc.nat(1500) }) },
);

it("has every record that no file shows, and the whole group of it; what it has of others is right and not old", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const tail = new LogTail();
      const groups: { readonly file: number; readonly start: number; end: number; bytes: Buffer; isShown: boolean }[] = [];
      const records: { readonly at: number; readonly offset: number; readonly bytes: Buffer; readonly addedMs: number }[] = [];
      let nowMs = 0;
      const begin = (file: number, start: number): void =>
        void groups.push({ file, start, end: start, bytes: Buffer.alloc(0), isShown: false });
      begin(1, 0);
      for (const [number, each] of steps.entries()) {
        const last = groups.at(-1) as (typeof groups)[number];
        if (each.type === "group") begin(last.file, last.end);
        if (each.type === "file") begin(last.file + 1, 0);
        if (each.type === "pass") nowMs += each.ms;
        if (each.type === "show") {
          const shown = groups.slice(0, Math.floor(each.part * groups.length));
          for (const group of shown) group.isShown = true;
          const upTo = groups.findLast(({ isShown }) => isShown);
          if (upTo !== undefined) tail.shown(upTo.file, upTo.end);
          if (last.isShown) begin(last.file, last.end);
        }
        if (each.type !== "add") continue;
        const record = recordOf(`k${number}`, each.bytes);
        const bytes = written(record);
        expect(tail.add(record, seal, last, nowMs)).toBe(bytes.length);
        records.push({ at: groups.length - 1, offset: last.end, bytes, addedMs: nowMs });
        last.end += bytes.length;
        last.bytes = Buffer.concat([last.bytes, bytes]);
      }
      const unshown = groups.filter(({ isShown, start, end }) => !isShown && end > start);
      expect(unshown.map((group) => tail.bytes(group).equals(group.bytes))).toEqual(unshown.map(() => true));
      const wrong = records.filter(({ at, offset, bytes, addedMs }) => {
        const { file, isShown } = groups[at] as (typeof groups)[number];
        const found = tail.read(file, offset, bytes.length, nowMs);
        if (found === undefined) return !isShown;
        return !found.equals(bytes) || (isShown && nowMs - addedMs > 1000);
      });
      expect(wrong).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

it("what is shown takes 2 MiB at most, of which the newest stays", () => {
  const tail = new LogTail();
  const record = recordOf("k", 10_000);
  const length = recordBytes(record);
  const offsets = Array.from({ length: 1000 }, (_, number) => number * length);
  for (const start of offsets) {
    tail.add(record, seal, { file: 1, start, end: start }, 0);
    tail.shown(1, start + length);
  }
  const kept = offsets.filter((offset) => tail.read(1, offset, length, 0) !== undefined);
  expect(kept).toEqual(offsets.slice(-kept.length));
  expect(kept.length * length).toBeGreaterThan(2 ** 20);
  expect(kept.length * length).toBeLessThanOrEqual(2 ** 21);
});
