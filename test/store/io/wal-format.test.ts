// Shows that a segment cut at any byte gives back exactly the frames before the cut, and that a changed byte anywhere before the last frame is told from a torn tail.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSegment, encodeFrame, encodeSegmentHeader, segmentHeaderBytes } from "../../../src/store/io/wal-format.js";
import type { WalRecord } from "../../../src/store/io/wal-format.js";

const someIndex = fc.integer({ min: 0, max: 2 ** 50 });
const someRecord: fc.Arbitrary<WalRecord> = fc.oneof(
  fc.record({
    type: fc.constant("hardState" as const),
    hardState: fc.record({ term: someIndex, vote: fc.nat(9), commit: someIndex }),
  }),
  fc.record({
    type: fc.constant("entry" as const),
    entry: fc.record({
      index: someIndex,
      term: someIndex,
      kind: fc.constantFrom("normal" as const, "conf" as const),
      data: fc.uint8Array({ maxLength: 40 }),
    }),
  }),
  fc.record({ type: fc.constant("snapshot" as const), index: someIndex, term: someIndex, discardLog: fc.boolean() }),
);
const someFrames = fc.array(fc.array(someRecord, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 6 });
const salt = 0xdeadbeef;

function segmentOf(frames: readonly (readonly WalRecord[])[]): { bytes: Buffer; frameEnds: number[] } {
  const parts = [encodeSegmentHeader(salt), ...frames.map((records) => encodeFrame(records, salt))];
  const frameEnds: number[] = [];
  let end = segmentHeaderBytes;
  for (const part of parts.slice(1)) frameEnds.push((end += part.length));
  return { bytes: Buffer.concat(parts), frameEnds };
}

it("reads back what was written", () => {
  fc.assert(
    fc.property(someFrames, (frames) => {
      const { bytes, frameEnds } = segmentOf(frames);
      const lastFrameAt = frameEnds.at(-2);
      expect(decodeSegment(bytes)).toEqual({ records: frames.flat(), wholeBytes: bytes.length, lastFrameAt, damage: "none" });
    }),
    { numRuns: 50 },
  );
});

it("cut at any byte: the frames before the cut, and torn unless the cut is between frames", () => {
  fc.assert(
    fc.property(someFrames, fc.double({ min: 0, max: 1, noNaN: true }), (frames, where) => {
      const { bytes, frameEnds } = segmentOf(frames);
      const cutAt = Math.floor(where * bytes.length);
      const whole = frameEnds.filter((end) => end <= cutAt).length;
      const atBoundary = cutAt === segmentHeaderBytes || frameEnds.includes(cutAt);
      const contents = decodeSegment(bytes.subarray(0, cutAt));
      expect(contents.records).toEqual(frames.slice(0, whole).flat());
      expect(contents.damage).toBe(atBoundary ? "none" : "torn");
      expect(contents.lastFrameAt).toBe([0, segmentHeaderBytes, ...frameEnds][whole]);
    }),
    { numRuns: 300 },
  );
});

it("one changed byte: rot before the last frame, a torn tail in it, and never a wrong record", () => {
  fc.assert(
    fc.property(
      someFrames,
      fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      fc.integer({ min: 1, max: 255 }),
      (frames, where, flip) => {
        const { bytes, frameEnds } = segmentOf(frames);
        const at = Math.floor(where * bytes.length);
        bytes[at] = (bytes[at] as number) ^ flip;
        const whole = frameEnds.filter((end) => end <= at).length;
        const contents = decodeSegment(bytes);
        expect(contents.damage).toBe(whole === frames.length - 1 ? "torn" : "rot");
        expect(contents.records).toEqual(frames.slice(0, whole).flat());
      },
    ),
    { numRuns: 300 },
  );
});

describe("what a crash can leave", () => {
  const entry: WalRecord = { type: "entry", entry: { index: 1, term: 1, kind: "normal", data: Buffer.from("x") } };
  const { bytes, frameEnds } = segmentOf([[entry], [entry]]);
  const first = bytes.subarray(0, frameEnds[0]);
  const hole = Buffer.alloc(first.length - segmentHeaderBytes);
  it.each<[string, Buffer, string, number]>([
    ["nothing", Buffer.alloc(0), "torn", 0],
    ["a name with zeros", Buffer.alloc(4096), "torn", 0],
    ["room for more, in place of the last frame too", Buffer.concat([first, Buffer.alloc(500)]), "none", first.length],
    ["half a frame, and room", Buffer.concat([bytes.subarray(0, bytes.length - 1), Buffer.alloc(500)]), "torn", first.length],
    [
      "a hole where a frame was",
      Buffer.concat([bytes.subarray(0, segmentHeaderBytes), hole, bytes.subarray(first.length)]),
      "rot",
      segmentHeaderBytes,
    ],
    ["the header alone", bytes.subarray(0, segmentHeaderBytes), "none", segmentHeaderBytes],
    ["a file of somebody else's", Buffer.from("this is not a log at all, it is a note"), "rot", 0],
  ])("%s", (_, file, damage, wholeBytes) => {
    const contents = decodeSegment(file);
    expect([contents.damage, contents.wholeBytes]).toEqual([damage, wholeBytes]);
  });

  it("a torn frame whose value is itself a piece of another log is not rot", () => {
    const inner = segmentOf([[entry], [entry]]).bytes;
    const outer: WalRecord = { type: "entry", entry: { index: 2, term: 1, kind: "normal", data: inner } };
    const file = Buffer.concat([encodeSegmentHeader(7), encodeFrame([entry], 7), encodeFrame([outer], 7)]);
    expect(decodeSegment(file.subarray(0, file.length - 1)).damage).toBe("torn");
  });
});
