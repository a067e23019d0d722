// Shows how chunks become lines: joined whatever came between, unfinished last words kept apart, limits and broken UTF-8 survived.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StreamName } from "../../src/core/log-record.js";
import { LineJoiner, maxLineBytes, toPieces, type Line } from "../../src/logs/lines.js";
import { entriesOf, frameOf, stampAt, ttyMessage, type Entry } from "./docker-log.js";

function join(entries: readonly Entry[]): Line[] {
  const joiner = new LineJoiner();
  const pieces = entries.flatMap((entry) => toPieces(frameOf(entry.stream, Buffer.from(ttyMessage(entry)))));
  return [...pieces.flatMap((piece) => joiner.push(piece) ?? []), ...joiner.end()];
}

const entry = (stream: StreamName, ns: number, text: string | Uint8Array): Entry => ({
  stream,
  stamp: stampAt(ns),
  bytes: typeof text === "string" ? Buffer.from(text) : text,
});
const line = (stream: StreamName, ns: number, text: string, flags: Partial<Line> = {}): Line => ({
  stream,
  stamp: stampAt(ns),
  text,
  joined: false,
  truncated: false,
  ...flags,
});

const chunk = "x".repeat(16_384);
const snowmen = "☃".repeat(10_000);

describe("lines", () => {
  // the first three are what engine 20.10 was seen to send
  it.each<[string, Entry[], Line[]]>([
    [
      "a 40 KiB line comes in three chunks with one stamp",
      [entry("stdout", 1, chunk), entry("stdout", 1, chunk), entry("stdout", 1, `${"y".repeat(8192)}\n`)],
      [line("stdout", 1, chunk + chunk + "y".repeat(8192), { joined: true })],
    ],
    [
      "the other stream speaks between two chunks",
      [entry("stdout", 1, chunk), entry("stderr", 2, "between\n"), entry("stdout", 1, "rest\n")],
      [line("stderr", 2, "between"), line("stdout", 1, `${chunk}rest`, { joined: true })],
    ],
    [
      "a program ends in the middle of a line and starts again",
      [entry("stdout", 1, "no end"), entry("stdout", 2, "first\n")],
      [line("stdout", 1, "no end"), line("stdout", 2, "first")],
    ],
    [
      "a line of exactly one chunk has its newline in the next",
      [entry("stdout", 1, chunk), entry("stdout", 1, "\n")],
      [line("stdout", 1, chunk, { joined: true })],
    ],
    [
      "last words are a line before anything follows",
      [entry("stdout", 1, "no end"), entry("stderr", 2, "again\n"), entry("stdout", 3, "first\n")],
      [line("stdout", 1, "no end"), line("stderr", 2, "again"), line("stdout", 3, "first")],
    ],
    [
      "last words are the end of a long line",
      [entry("stdout", 1, chunk), entry("stdout", 1, "no end"), entry("stdout", 2, "first\n")],
      [line("stdout", 1, `${chunk}no end`, { joined: true }), line("stdout", 2, "first")],
    ],
    [
      "an engine stamps every chunk anew",
      [entry("stdout", 1, chunk), entry("stdout", 2, chunk), entry("stdout", 3, "end\n")],
      [line("stdout", 1, `${chunk}${chunk}end`, { joined: true })],
    ],
    [
      "the log ends with open lines",
      [entry("stdout", 1, "a"), entry("stderr", 2, "b")],
      [line("stdout", 1, "a"), line("stderr", 2, "b")],
    ],
    ["an empty line is a line", [entry("stdout", 1, "\n")], [line("stdout", 1, "")]],
    ["a carriage return before the newline goes", [entry("stdout", 1, "a\rb\r\n")], [line("stdout", 1, "a\rb")]],
    [
      "several lines in one frame share its stamp",
      [entry("stdout", 1, "a\nb\n")],
      [line("stdout", 1, "a"), line("stdout", 1, "b")],
    ],
    [
      "several lines in one frame have their own stamps",
      [entry("stdout", 1, `a\n${stampAt(2)} b\n`)],
      [line("stdout", 1, "a"), line("stdout", 2, "b")],
    ],
    ["a stamp inside a line is text", [entry("stdout", 1, `at ${stampAt(9)} x\n`)], [line("stdout", 1, `at ${stampAt(9)} x`)]],
    [
      "a character cut by a chunk is whole again",
      entriesOf("stdout", stampAt(1), `${snowmen}\n`),
      [line("stdout", 1, snowmen, { joined: true })],
    ],
    [
      "bytes that are no text do not stop anything",
      [entry("stdout", 1, new Uint8Array([0x61, 0xff, 0x62, 0x0a]))],
      [line("stdout", 1, "a\ufffdb")],
    ],
  ])("%s", (_what, entries, expected) => expect(join(entries)).toEqual(expected));

  it("are cut at the limit, not in the middle of a character, and the rest is dropped", () => {
    const [only, after, ...more] = join([
      ...entriesOf("stdout", stampAt(1), `${"☃".repeat(maxLineBytes / 2)}\n`),
      entry("stdout", 2, "after\n"),
    ]);
    expect(more).toEqual([]);
    expect(only).toMatchObject({ joined: true, truncated: true, text: "☃".repeat(Math.floor(maxLineBytes / 3)) });
    expect(after).toEqual(line("stdout", 2, "after"));
  });

  it("do not change with what is read after them into the same memory", () => {
    const joiner = new LineJoiner();
    const memory = Buffer.alloc(40_000);
    const read = (e: Entry): Line[] => {
      const message = ttyMessage(e);
      memory.set(message);
      return toPieces({ stream: e.stream, bytes: memory, start: 0, end: message.length }).flatMap(
        (piece) => joiner.push(piece) ?? [],
      );
    };
    read(entry("stdout", 1, chunk));
    read(entry("stderr", 2, "between\n"));
    expect(read(entry("stdout", 1, "rest\n")).map(({ text }) => text)).toEqual([`${chunk}rest`]);
  });

  it("without a stamp are kept, stamped before everything", () => {
    const [piece] = toPieces(frameOf("stdout", Buffer.from("no stamp here\n")));
    expect(piece?.stamp.startsWith("0001-")).toBe(true);
    expect(Buffer.from(piece?.bytes ?? []).toString()).toBe("no stamp here");
  });

  it("come out as they were written, whatever their lengths", () => {
    const written = fc.array(
      fc.tuple(
        fc.constantFrom("stdout" as const, "stderr" as const),
        fc.oneof(fc.constantFrom(0, 1, 16_383, 16_384, 16_385, 32_768, 49_152), fc.nat(50_000)),
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(written, (lines) => {
        const texts = lines.map(([stream, length], i) => ({ stream, stamp: stampAt(i), text: "z".repeat(length) }));
        const entries = texts.flatMap(({ stream, stamp, text }) => entriesOf(stream, stamp, `${text}\n`));
        expect(join(entries).map(({ stream, stamp, text }) => ({ stream, stamp, text }))).toEqual(texts);
      }),
      { numRuns: 50 },
    );
  });

  it("say the oldest stamp that may still get chunks", () => {
    const joiner = new LineJoiner();
    expect(joiner.oldestOpen()).toBeUndefined();
    for (const e of [entry("stdout", 5, chunk), entry("stderr", 3, chunk)]) {
      for (const piece of toPieces(frameOf(e.stream, Buffer.from(ttyMessage(e))))) joiner.push(piece);
    }
    expect(joiner.oldestOpen()).toBe(stampAt(3));
  });
});
