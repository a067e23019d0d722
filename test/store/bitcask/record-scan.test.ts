// Shows that a scan finds every whole record of a file, whatever stands between them, and takes nothing else for one.
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  decodeSpan,
  encodeSpan,
  placeOf,
  recordBytes,
  writeRecord,
  type LogRecord,
  type Seal,
} from "../../../src/store/bitcask/record-format.js";
import { scanRecords, type FileBytes } from "../../../src/store/bitcask/record-scan.js";

const seal: Seal = (bytes) => crc32(bytes, 77);
const otherSeal: Seal = (bytes) => crc32(bytes, 78);

const file = (bytes: Buffer): FileBytes => ({
  length: bytes.length,
  read: (offset, length) => bytes.subarray(offset, offset + length),
});

function encoded(record: LogRecord, by = seal): Buffer {
  const out = Buffer.alloc(recordBytes(record));
  writeRecord(out, 0, record, by);
  return out;
}

const record: fc.Arbitrary<LogRecord> = fc.record({
  kind: fc.constantFrom("put" as const, "removal" as const),
  place: fc
    .record({ partition: fc.nat(65_535), n: fc.nat(255), member: fc.string({ maxLength: 20 }) })
    .map((at) => placeOf(at, at.member)),
  key: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  value: fc.uint8Array({ maxLength: 300 }),
});

const noise = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  // a record of another file, and one of this file of which the last byte is another, be it in the head
  record.map((each) => encoded(each, otherSeal)),
  record.map((each) => {
    const bytes = encoded(each);
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    return bytes;
  }),
);

it("records with noise between them and zeros behind them", () => {
  const part = fc.oneof(
    { weight: 3, arbitrary: record.map((whole) => ({ whole })) },
    { weight: 1, arbitrary: noise.map((bytes) => ({ bytes })) },
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), fc.nat(60), (parts, zeros) => {
      const bytes = Buffer.concat([
        ...parts.map((each) => ("whole" in each ? encoded(each.whole) : each.bytes)),
        Buffer.alloc(zeros),
      ]);
      const found = [...scanRecords(file(bytes), seal)];
      const records = found.flatMap((each) => (each.type === "record" ? [each] : []));
      const plain = ({ kind, place, key, value }: LogRecord): unknown => ({
        kind,
        place,
        key,
        value: Buffer.from(value).toString("hex"),
      });
      expect(records.map(({ record: each }) => plain(each))).toEqual(
        parts.flatMap((each) => ("whole" in each ? [plain(each.whole)] : [])),
      );
      // each byte that was written is part of a record or of damage, in order
      let at = 0;
      for (const each of found) {
        if (each.type === "searching") continue;
        expect(each.offset).toBe(at);
        at = each.type === "record" ? at + each.length : each.end;
      }
      expect(bytes.subarray(at).every((byte) => byte === 0)).toBe(true);
    }),
  );
});

it("a damaged value does not let the record that somebody stored in it appear", () => {
  const inner = encoded({ kind: "put", place: placeOf({ partition: 1, n: 3 }, ""), key: "forged", value: Buffer.from("x") });
  const outer = encoded({ kind: "put", place: placeOf({ partition: 1, n: 3 }, ""), key: "k", value: inner });
  const last = encoded({ kind: "put", place: placeOf({ partition: 1, n: 3 }, ""), key: "last", value: Buffer.from("y") });
  outer[outer.length - inner.length - 1] = 0x7f;
  const found = [...scanRecords(file(Buffer.concat([outer, last])), seal)];
  expect(found.map((each) => (each.type === "record" ? each.record.key : each.type))).toEqual(["damage", "last"]);
});

it("a long search rests on the way", () => {
  const found = [...scanRecords(file(Buffer.alloc(20_000, 0xff)), seal)];
  expect(found.filter(({ type }) => type === "searching")).toHaveLength(4);
  expect(found.at(-1)).toEqual({ type: "damage", offset: 0, end: 20_000 });
});

it("a record longer than what is read ahead", () => {
  const value = Buffer.alloc(2 ** 20, 3);
  const bytes = Buffer.concat([
    encoded({ kind: "put", place: placeOf({ partition: 0, n: 3 }, ""), key: "small", value: Buffer.alloc(9) }),
    encoded({ kind: "put", place: placeOf({ partition: 0, n: 3 }, "m"), key: "large", value }),
  ]);
  const found = [...scanRecords(file(bytes), seal)];
  expect(found.map((each) => each.type === "record" && each.record.key)).toEqual(["small", "large"]);
});

it("a place that does not fit is refused", () => {
  expect(() =>
    encoded({ kind: "put", place: placeOf({ partition: 65_536, n: 3 }, ""), key: "", value: Buffer.alloc(0) }),
  ).toThrow(RangeError);
  expect(() =>
    encoded({ kind: "put", place: placeOf({ partition: 0, n: 3 }, "m".repeat(256)), key: "", value: Buffer.alloc(0) }),
  ).toThrow(RangeError);
});

it("spans survive", () => {
  const span = { since: 3, upTo: 4_000_000_000 };
  expect(decodeSpan(encodeSpan(span))).toEqual(span);
});
