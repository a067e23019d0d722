// Shows that the demuxer gives the engine's messages back whole, wherever the network cuts the bytes, framed or from a terminal.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDemuxer, type Frame } from "../../src/logs/demux.js";
import { concat, cut, entriesOf, frame, stampAt, ttyMessage, type Entry } from "./docker-log.js";

function demux(tty: boolean, chunks: readonly Uint8Array[]): { stream: string; payload: string }[] {
  const demuxer = createDemuxer(tty);
  const frames: Frame[] = [...chunks.flatMap((chunk) => demuxer.push(chunk)), ...demuxer.end()];
  return frames.map(({ stream, bytes, start, end }) => ({ stream, payload: bytes.toString("latin1", start, end) }));
}

function messages(entries: readonly Entry[]): { stream: string; payload: string }[] {
  return entries.map((entry) => ({ stream: entry.stream, payload: Buffer.from(ttyMessage(entry)).toString("latin1") }));
}

const text = fc.oneof(
  fc.string({ unit: "grapheme" }).map((line) => line.replaceAll("\n", "")),
  fc.integer({ min: 16_380, max: 40_000 }).map((length) => "é".repeat(length / 2)),
);
const streamName = fc.constantFrom("stdout" as const, "stderr" as const);
const sizes = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 8 });

describe("frames", () => {
  it("survive any cut", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(streamName, text), { maxLength: 6 }), sizes, (lines, cuts) => {
        const entries = lines.flatMap(([stream, line], i) => entriesOf(stream, stampAt(i), `${line}\n`));
        expect(demux(false, cut(concat(entries.map(frame)), cuts))).toEqual(messages(entries));
      }),
      { numRuns: 60 },
    );
  });

  it("survive a cut after every byte", () => {
    const entries = [...entriesOf("stdout", stampAt(1), "café ☃\n"), ...entriesOf("stderr", stampAt(2), "\n")];
    expect(demux(false, cut(concat(entries.map(frame)), [1]))).toEqual(messages(entries));
  });

  it("leave out a frame that is not whole", () => {
    const bytes = frame({ stream: "stdout", stamp: stampAt(1), bytes: Buffer.from("half\n") });
    expect(demux(false, [bytes.subarray(0, bytes.length - 1)])).toEqual([]);
  });

  it.each([
    ["text where a header should be", Buffer.from("2026-11-21T01:59:26.643171743Z hello\n"), /not framed as documented/],
    ["an impossible length", Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]), /frame of 4294967295 bytes/],
    [
      "the engine's own error",
      Buffer.from([3, 0, 0, 0, 0, 0, 0, 4, ...Buffer.from("oops")]),
      /could not read on in the log: oops/,
    ],
  ])("refuse %s", (_what, bytes, message) => expect(() => demux(false, [bytes])).toThrow(message));
});

describe("a terminal's stream", () => {
  it("is cut at newlines and where the engine cuts chunks", () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 6 }), sizes, (lines, cuts) => {
        const entries = lines.flatMap((line, i) => entriesOf("stdout", stampAt(i), `${line}\r\n`));
        expect(demux(true, cut(concat(entries.map(ttyMessage)), cuts))).toEqual(messages(entries));
      }),
      { numRuns: 60 },
    );
  });

  it("gives its last words at the end", () => {
    const entry = { stream: "stdout" as const, stamp: stampAt(1), bytes: Buffer.from("no newline") };
    expect(demux(true, [ttyMessage(entry)])).toEqual(messages([entry]));
  });
});
