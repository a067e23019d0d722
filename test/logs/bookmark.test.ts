// Shows that a log read in several processes, each going on where the last one's entries were taken, brings every line once and in order.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Entry } from "../../src/logs/entry.js";
import { NodeLog, type Origin, type Place } from "../../src/logs/node-log.js";
import { concat, cut, entriesOf, frame, stampAt, type Entry as Piece } from "./docker-log.js";

const origin: Origin = { cluster: "c", service: "s", node: "n1", tty: false, stderr: true, since: undefined, once: true };

/** What the engine sends of a log from a stamp on. */
function bytesOf(log: readonly Piece[], since: string | undefined): Uint8Array {
  return concat(log.filter(({ stamp }) => since === undefined || stamp >= since).map(frame));
}

interface Go {
  /** How much of the log there is by then. */
  readonly length: number;
  /** How many of the entries that come are taken before the process ends. */
  readonly taken: number;
  readonly sizes: readonly number[];
  /** After which chunks nothing comes for a while. */
  readonly silences: readonly number[];
}

/** One process: the entries that were taken of what it read, and the place after them as JSON would keep it. */
function read(
  log: readonly Piece[],
  from: Place | undefined,
  go: Go,
): { taken: Entry[]; given: Entry[]; place: Place | undefined } {
  const places: Place[] = [];
  const reader = new NodeLog({ ...origin, bookmark: { from, passed: (place) => void places.push(place) } });
  const given = cut(bytesOf(log.slice(0, go.length), reader.attach()), go.sizes).flatMap((chunk, at) => {
    const entries = reader.push(chunk);
    return go.silences.includes(at) ? [...entries, ...reader.settled()] : entries;
  });
  given.push(...reader.detach(), ...reader.settled());
  const last = given[go.taken - 1]?.seq ?? given.at(-1)?.seq ?? from?.seq ?? 0;
  const place = places.findLast(({ seq }) => seq <= last) ?? from;
  const taken = given.filter(({ seq }) => seq <= (place?.seq ?? 0));
  return { taken, given, place: place === undefined ? undefined : (JSON.parse(JSON.stringify(place)) as Place) };
}

function readInGoes(log: readonly Piece[], goes: readonly Go[]): Entry[] {
  const out: Entry[] = [];
  let from: Place | undefined;
  let length = 0;
  for (const go of [...goes, { length: log.length, taken: Infinity, sizes: [1000], silences: [] }]) {
    length = Math.max(length, Math.min(go.length, log.length));
    const { taken, place } = read(log, from, { ...go, length });
    out.push(...taken);
    from = place;
  }
  return out;
}

const linesOf = (entries: readonly Entry[]): string[] =>
  entries.flatMap(({ stream, text }) => text.split("\n").map((line) => `${stream} ${line}`));

const goes = fc.array(
  fc.record({
    length: fc.nat(60),
    taken: fc.integer({ min: 1, max: 40 }),
    sizes: fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 4 }),
    silences: fc.array(fc.nat(30), { maxLength: 5 }),
  }),
  { maxLength: 5 },
);
const said = fc.array(
  fc.record({
    stream: fc.constantFrom("stdout" as const, "stderr" as const),
    stepNs: fc.oneof(fc.constant(0), fc.nat(900_000_000)),
    lagNs: fc.nat(900_000_000),
    kind: fc.constantFrom("line", "line", "trace", "unended"),
  }),
  { maxLength: 60 },
);

describe("a bookmark", () => {
  it("loses and repeats nothing, wherever the processes end, over stack traces, silences and stamps that step back", () => {
    fc.assert(
      fc.property(said, goes, (lines, cuts) => {
        let [now, behind] = [0, 0];
        const log = lines.flatMap(({ stream, stepNs, lagNs, kind }, at) => {
          // two writers, of which one is behind: neither steps back in itself
          now += stepNs;
          behind = Math.max(behind, now - lagNs);
          const stamp = stampAt(stream === "stdout" ? now : behind);
          const text = kind === "trace" ? `    at place${at} (file.js:1:2)` : `line ${at}`;
          return entriesOf(stream, stamp, kind === "unended" ? text : `${text}\n`);
        });
        const entries = readInGoes(log, cuts);
        const inOne = readInGoes(log, []);
        expect(linesOf(entries)).toEqual(linesOf(inOne));
        expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, at) => at + 1));
        for (const [at, { ts }] of entries.entries()) expect(ts >= (entries[at - 1]?.ts ?? "")).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it("is after the very entry that was taken, also in the middle of what came together", () => {
    const log = [0, 1, 2, 3, 4].flatMap((s) => entriesOf("stdout", stampAt(s * 1e9), `line ${s}\n`));
    for (const taken of [1, 2, 3, 4]) {
      const go = { length: 5, taken, sizes: [10_000], silences: [] };
      expect(read(log, undefined, go).place?.seq).toBe(taken);
    }
  });

  it("keeps a half-read line of the other stream whole", () => {
    const long = "x".repeat(20_000);
    const [start, rest] = entriesOf("stdout", stampAt(0), `${long}\n`);
    const log = [start, ...entriesOf("stderr", stampAt(1e9), "aside\n"), rest].filter((piece) => piece !== undefined);
    const entries = readInGoes(log, [{ length: 2, taken: 1, sizes: [100_000], silences: [] }]);
    expect(entries.map(({ text }) => text)).toEqual(["aside", long]);
  });

  it("does not read again what is older than a second", () => {
    const log = Array.from({ length: 50 }, (_, s) => entriesOf("stdout", stampAt(s * 1e9), `line ${s}\n`)).flat();
    const { place } = read(log, undefined, { length: 50, taken: Infinity, sizes: [1000], silences: [] });
    expect(place?.reached.since).toBe(stampAt(48 * 1e9));
  });

  it.each([
    ["what was taken is gone, all but the last", 4, [undefined, undefined]],
    ["the last that was taken is gone as well", 6, [["gap"], undefined]],
  ])("tells a log that was rotated meanwhile: %s", (_what, gone, flags) => {
    const log = Array.from({ length: 7 }, (_, s) => entriesOf("stdout", stampAt(s * 1e9), `line ${s}\n`)).flat();
    const { place } = read(log, undefined, { length: 5, taken: 5, sizes: [1000], silences: [] });
    const rest = read(log.slice(gone), place, { length: 9, taken: 9, sizes: [1000], silences: [] }).given;
    expect(rest.map(({ text }) => text)).toEqual(log.slice(Math.max(gone, 5)).map((_, at) => `line ${at + Math.max(gone, 5)}`));
    expect(rest.map(({ seq }) => seq)).toEqual(rest.map((_, at) => at + 6));
    expect(rest.map((entry) => entry.record.flags)).toEqual(flags.slice(0, rest.length));
  });

  it("goes on where the engine's clock was set back before the place", () => {
    const log = [0, 2, 4, 6, 8, 1, 3, 5].map((s, at) => entriesOf("stdout", stampAt(s * 1e9), `line ${at}\n`)).flat();
    const entries = readInGoes(log, [{ length: 7, taken: 6, sizes: [1000], silences: [] }]);
    expect(linesOf(entries)).toEqual(log.map((_, at) => `stdout line ${at}`));
  });
});
