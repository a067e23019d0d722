// Shows the flipped bit: any that is chosen makes the next start refuse by file and byte, it is turned back when it is to end, and it waits where no record can take it yet.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { beforeEach, expect, it } from "vitest";
import { createPrng } from "../../../src/core/prng.js";
import { BitFlip } from "../../../src/store/io/bit-flip.js";
import { createLogFile } from "../../../src/store/io/log-file.js";
import { realTime } from "../../../src/store/io/real-time.js";
import { Wal } from "../../../src/store/io/wal.js";
import { WalDamaged } from "../../../src/store/io/wal-damaged.js";
import { bootstrap } from "./recovered.js";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "devious-flip-"));
  return () => rmSync(root, { recursive: true });
});

function open(dir: string, segmentBytesMax = 1 << 20) {
  return Wal.open({
    dir,
    createFile: createLogFile,
    segmentBytesMax,
    newSalt: () => 7,
    fsync: "always",
    after: realTime.after,
    nowMs: () => 0,
    onDurable: () => undefined,
    onSnapshotSaved: () => undefined,
    onSync: () => undefined,
    onFatal: (error) => {
      throw error;
    },
  });
}

/** A log with so many entries, each in a frame of its own. */
async function logOf(entries: number, segmentBytesMax?: number) {
  const dir = mkdtempSync(join(root, "log-"));
  const { wal } = open(dir, segmentBytesMax);
  await bootstrap(wal, dir);
  const append = async (index: number): Promise<void> => {
    const entry = { index, term: 1, kind: "normal", data: Buffer.from(`e${index}`) } as const;
    wal.append({ persistNumber: index, hardState: undefined, snapshot: undefined, discardLog: false, entries: [entry] });
    await wal.idle();
  };
  for (let i = 0; i < entries; i++) await append(i + 2);
  return { dir, wal, append };
}

function flipOn(wal: Wal, seed = 1) {
  const events: { event: string; fields: Readonly<Record<string, unknown>> }[] = [];
  const log = (_level: string, event: string, _msg: string, fields = {}): void => void events.push({ event, fields });
  return { flip: new BitFlip({ ranges: () => wal.settled(), prng: createPrng(seed), log }), events };
}

const contentsOf = (dir: string): string[] => readdirSync(dir).map((name) => readFileSync(join(dir, name), "hex"));

it("the next start refuses, and says in which file and from which byte on; turned back, it starts", async () => {
  const { dir, wal } = await logOf(12, 250);
  const before = contentsOf(dir);
  expect(new Set(wal.settled().map(({ path }) => path)).size).toBeGreaterThan(2);
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const { flip, events } = flipOn(wal, seed);
      flip.set(true);
      const [{ event, fields } = { event: "", fields: {} }] = events;
      expect(event).toBe("bit-flipped");
      let damaged: unknown;
      try {
        open(dir);
      } catch (error) {
        damaged = error;
      }
      expect(damaged).toBeInstanceOf(WalDamaged);
      expect((damaged as WalDamaged).file).toBe(fields["file"]);
      expect((damaged as WalDamaged).offset).toBeLessThanOrEqual(fields["offset"] as number);
      flip.set(false);
      expect(contentsOf(dir)).toEqual(before);
      expect(open(dir).recovered?.entries).toHaveLength(12);
    }),
    { numRuns: 60 },
  );
});

it("also in a log that was not written to since the start", async () => {
  const { dir, wal } = await logOf(5);
  await wal.close();
  const { wal: again } = open(dir);
  flipOn(again).flip.set(true);
  expect(() => open(dir)).toThrow(WalDamaged);
});

it("asked for twice, one bit is flipped; a write does not flip another", async () => {
  const { dir, wal } = await logOf(5);
  const { flip, events } = flipOn(wal);
  flip.set(true);
  const after = contentsOf(dir);
  flip.set(true);
  flip.tryAgain();
  expect(contentsOf(dir)).toEqual(after);
  expect(events).toHaveLength(1);
});

it("waits for a record that has another behind it, since damage of the last one would look like a torn write", async () => {
  const { dir, wal, append } = await logOf(0);
  const { flip, events } = flipOn(wal);
  flip.set(true);
  expect(events).toEqual([]);
  await append(2);
  flip.tryAgain();
  expect(events).toHaveLength(1);
  expect(() => open(dir)).toThrow(WalDamaged);
});

it("a bit whose file is gone needs no turning back, and what was written over it stays", async () => {
  const { dir, wal } = await logOf(5);
  const { flip } = flipOn(wal);
  flip.set(true);
  await wal.close();
  for (const name of readdirSync(dir).filter((each) => each.startsWith("wal-"))) rmSync(join(dir, name));
  flip.set(false);
  expect(readdirSync(dir).filter((name) => name.startsWith("wal-"))).toEqual([]);
});

it("a file that compaction has just removed takes no flip", async () => {
  const { dir, wal } = await logOf(5);
  for (const name of readdirSync(dir)) rmSync(join(dir, name));
  const { flip, events } = flipOn(wal);
  flip.set(true);
  expect(events).toEqual([]);
});
