// Shows that a snapshot file gives its state back however it is cut into pieces, in both formats, and that no changed, missing or added byte goes unnoticed.
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import { encodeSnapshotFrame, encodeSnapshotHead, SnapshotFileParser } from "../../../src/store/io/snapshot-format.js";
import { WalDamaged } from "../../../src/store/io/wal-damaged.js";
import { conf } from "./recovered.js";

const meta = { index: 7, term: 3, conf };

function fileOf(chunks: readonly Uint8Array[]): Buffer {
  const head = encodeSnapshotHead(meta);
  const parts = [head.bytes];
  let { crc } = head;
  for (const chunk of [...chunks, new Uint8Array(0)]) {
    const frame = encodeSnapshotFrame(chunk, crc);
    parts.push(frame.bytes);
    ({ crc } = frame);
  }
  return Buffer.concat(parts);
}

function oldFileOf(state: Uint8Array): Buffer {
  const json = Buffer.from(JSON.stringify(meta));
  const rest = Buffer.concat([Buffer.from(Uint32Array.of(json.length).buffer), json, state]);
  return Buffer.concat([Buffer.from("DVSSNAP\x01", "latin1"), Buffer.from(Uint32Array.of(crc32(rest)).buffer), rest]);
}

/** `cuts`: lengths of the pieces, over and over. */
function parse(file: Buffer, cuts: readonly number[] = [file.length]) {
  const parser = new SnapshotFileParser("the-file");
  const state: Uint8Array[] = [];
  for (let at = 0, i = 0; at < file.length; i++) {
    const end = at + (cuts[i % cuts.length] as number);
    state.push(...parser.push(Buffer.from(file.subarray(at, end))));
    at = end;
  }
  return { meta: parser.finish(), state: Buffer.concat(state) };
}

const chunk = fc.uint8Array({ minLength: 1, maxLength: 40 });
const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 });

it("comes back whole, cut anywhere, with zeros behind it or without", () => {
  fc.assert(
    fc.property(fc.array(chunk), cuts, fc.nat(600), (chunks, sizes, zeros) => {
      const file = Buffer.concat([fileOf(chunks), Buffer.alloc(zeros)]);
      expect(parse(file, sizes)).toEqual({ meta, state: Buffer.concat(chunks) });
    }),
  );
});

it("the format before is read as well", () => {
  fc.assert(
    fc.property(chunk, cuts, (state, sizes) => {
      expect(parse(oldFileOf(state), sizes)).toEqual({ meta, state: Buffer.from(state) });
    }),
  );
});

it.each([
  ["this format", (chunks: readonly Uint8Array[]) => fileOf(chunks)],
  ["the format before", (chunks: readonly Uint8Array[]) => oldFileOf(Buffer.concat(chunks))],
])("%s: a flipped bit or a cut is damage, said with the file", (_, make) => {
  fc.assert(
    fc.property(
      fc.array(chunk, { minLength: 1 }),
      fc.nat(),
      fc.nat(7),
      fc.boolean(),
      cuts,
      (chunks, place, bit, isCut, sizes) => {
        const file = make(chunks);
        const at = place % file.length;
        const damaged = isCut ? file.subarray(0, at) : Buffer.from(file);
        if (!isCut) damaged[at] = (damaged[at] as number) ^ (1 << bit);
        expect(() => parse(damaged, sizes)).toThrow(WalDamaged);
        expect(() => parse(damaged, sizes)).toThrow("the-file");
      },
    ),
  );
});

it.each([
  ["a frame that is lost", (file: Buffer, frame: number) => Buffer.concat([file.subarray(0, frame), file.subarray(frame + 12)])],
  [
    "a frame that comes twice",
    (file: Buffer, frame: number) => Buffer.concat([file.subarray(0, frame + 12), file.subarray(frame)]),
  ],
  ["more after the end", (file: Buffer) => Buffer.concat([file, Buffer.of(0, 1)])],
])("%s is damage", (_, damage) => {
  const file = fileOf([Buffer.from("abcd"), Buffer.from("efgh")]);
  const secondFrame = file.length - 8 - 12;
  expect(() => parse(damage(file, secondFrame))).toThrow(WalDamaged);
});

it("says at which byte the damaged frame begins", () => {
  const file = fileOf([Buffer.from("abcd"), Buffer.from("efgh")]);
  const secondFrame = file.length - 8 - 12;
  file[secondFrame + 10] = 0;
  expect(() => parse(file)).toThrow(`byte ${secondFrame})`);
});
