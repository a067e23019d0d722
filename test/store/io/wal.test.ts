// Shows that the log on disk gives back what it called durable: over restarts, snapshots, segments; cut or changed files; and that it groups what waits into one sync.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { createLogFile } from "../../../src/store/io/log-file.js";
import { realTime } from "../../../src/store/io/real-time.js";
import { Wal } from "../../../src/store/io/wal.js";
import type { Found } from "../../../src/store/io/wal.js";
import { WalDamaged } from "../../../src/store/io/wal-damaged.js";
import { savedSnapshot } from "./snapshot-files.js";
import type { ConfState, Entry, Persist, Recovered, Snapshot } from "../../../src/store/raft/types.js";

const conf: ConfState = { voters: [1, 2, 3], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
const entry = (index: number, term = 1, text = `e${index}`): Entry => ({ index, term, kind: "normal", data: Buffer.from(text) });
const snapshot = (index: number, term = 1): Snapshot => ({ meta: { index, term, conf }, data: { byteLength: 7 } });
const save = ({ meta }: Snapshot) => savedSnapshot(dir, meta, Buffer.from(`state ${meta.index}`));

const start: Recovered = { hardState: { term: 1, vote: 0, commit: 1 }, snapshot: snapshot(1), entries: [] };

let dir: string;
let number: number;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "devious-wal-"));
  number = 0;
  return () => rmSync(dir, { recursive: true });
});

interface Opened {
  readonly wal: Wal;
  readonly recovered: Found["recovered"];
  readonly torn: boolean;
  readonly durable: number[];
  readonly syncs: () => number;
  readonly failures: unknown[];
}

function open(segmentBytesMax = 1 << 20): Opened {
  const durable: number[] = [];
  const failures: unknown[] = [];
  let syncs = 0;
  const { wal, recovered, tornTail } = Wal.open({
    dir,
    createFile: createLogFile,
    segmentBytesMax,
    newSalt: () => 12_345 + number,
    fsync: "always",
    after: realTime.after,
    nowMs: () => 0,
    onDurable: (persistNumber) => durable.push(persistNumber),
    onSnapshotSaved: () => undefined,
    onSync: () => syncs++,
    onFatal: (error) => failures.push(error),
  });
  return { wal, recovered, torn: tornTail !== undefined, durable, syncs: () => syncs, failures };
}

/** The log's beginning, and the snapshot that it names. */
async function bootstrap(wal: Wal): Promise<void> {
  await save(start.snapshot);
  await wal.bootstrap(start);
}

const persist = (part: Partial<Persist>): Persist => ({
  persistNumber: ++number,
  hardState: undefined,
  snapshot: undefined,
  discardLog: false,
  entries: [],
  ...part,
});

/** Writes the persists, one sync each, closes, and opens again. */
async function afterRestart(persists: readonly Persist[], segmentBytesMax?: number): Promise<Found["recovered"]> {
  const { wal } = open(segmentBytesMax);
  await bootstrap(wal);
  for (const each of persists) {
    if (each.snapshot !== undefined) await save(each.snapshot);
    wal.append(each);
    await wal.idle();
  }
  await wal.close();
  return open().recovered;
}

const stateIn = (recovered: Found["recovered"]): string =>
  Buffer.concat([...(recovered?.snapshot.data.chunks() ?? [])]).toString();
const indexes = (recovered: Recovered | undefined): number[] | undefined => recovered?.entries.map(({ index }) => index);

it("an empty folder has nothing, a bootstrapped one its snapshot", async () => {
  expect(open().recovered).toBeUndefined();
  const recovered = await afterRestart([]);
  expect(recovered?.snapshot.meta).toEqual(snapshot(1).meta);
  expect(stateIn(recovered)).toBe("state 1");
  expect(recovered?.entries).toEqual([]);
});

it("a file that nobody closed has room at its end, which is no torn write", async () => {
  const { wal } = open();
  await bootstrap(wal);
  wal.append(persist({ entries: [entry(2)] }));
  await wal.idle();
  const { recovered, torn } = open();
  expect([indexes(recovered), torn]).toEqual([[2], false]);
  await wal.close();
});

it("entries and hard state come back", async () => {
  const hardState = { term: 3, vote: 2, commit: 2 };
  const recovered = await afterRestart([persist({ entries: [entry(2), entry(3, 3)], hardState })]);
  expect(recovered?.hardState).toEqual(hardState);
  expect(recovered?.entries.map(({ index, term, data }) => [index, term, Buffer.from(data).toString()])).toEqual([
    [2, 1, "e2"],
    [3, 3, "e3"],
  ]);
});

it.each<[string, () => Persist[], number[], number]>([
  [
    "an entry overwrites from its index on",
    () => [persist({ entries: [entry(2), entry(3), entry(4)] }), persist({ entries: [entry(3, 2)] })],
    [2, 3],
    1,
  ],
  [
    "compaction keeps what follows",
    () => [persist({ entries: [entry(2), entry(3), entry(4)] }), persist({ snapshot: snapshot(3) })],
    [4],
    3,
  ],
  [
    "a leader's snapshot drops the rest of the log",
    () => [persist({ entries: [entry(2), entry(3), entry(12)] }), persist({ snapshot: snapshot(10, 2), discardLog: true })],
    [],
    10,
  ],
  [
    "entries after a leader's snapshot follow it",
    () => [
      persist({ entries: [entry(2)] }),
      persist({ snapshot: snapshot(10, 2), discardLog: true, entries: [entry(11, 2)] }),
      persist({ entries: [entry(12, 2)] }),
    ],
    [11, 12],
    10,
  ],
])("%s", async (_, persists, entries, snapshotIndex) => {
  const recovered = await afterRestart(persists());
  expect(indexes(recovered)).toEqual(entries);
  expect(recovered?.snapshot.meta.index).toBe(snapshotIndex);
});

it("small segments, many of them: nothing is lost, and a snapshot removes the old ones", async () => {
  const many = Array.from({ length: 60 }, (_, i) => persist({ entries: [entry(i + 2)] }));
  expect(indexes(await afterRestart(many, 200))).toEqual(many.map((_, i) => i + 2));
  const before = readdirSync(dir).length;
  expect(before).toBeGreaterThan(5);

  const { wal } = open(200);
  await save(snapshot(55));
  wal.append(persist({ snapshot: snapshot(55) }));
  await wal.close();
  expect(readdirSync(dir).length).toBeLessThan(before / 2);
  expect(readdirSync(dir).filter((name) => name.startsWith("snapshot-"))).toHaveLength(1);
  expect(indexes(open().recovered)).toEqual([56, 57, 58, 59, 60, 61]);
});

it("what waits goes in one sync; durability is told once for all of it", async () => {
  const { wal, durable, syncs } = open();
  await bootstrap(wal);
  wal.append(persist({ entries: [entry(2)] }));
  await wal.idle();
  const before = syncs();
  for (let i = 3; i < 50; i++) wal.append(persist({ entries: [entry(i)] }));
  await wal.idle();
  expect(syncs() - before).toBe(1);
  expect(durable).toEqual([1, 48]);
});

it("a disk that refuses is fatal, and nothing is called durable", async () => {
  const { wal, durable, failures } = open();
  await bootstrap(wal);
  await wal.close();
  rmSync(dir, { recursive: true });
  wal.append(persist({ entries: [entry(2)] }));
  await wal.idle();
  mkdirSync(dir);
  expect(failures).toHaveLength(1);
  expect(durable).toEqual([]);
});

describe("damage", () => {
  const segments = (): string[] =>
    readdirSync(dir)
      .filter((name) => name.startsWith("wal-"))
      .sort()
      .map((name) => join(dir, name));

  async function tenEntries(segmentBytesMax?: number): Promise<void> {
    await afterRestart(
      Array.from({ length: 10 }, (_, i) => persist({ entries: [entry(i + 2)], hardState: { term: 1, vote: 1, commit: i + 2 } })),
      segmentBytesMax,
    );
  }

  it("cut anywhere in the last segment: a prefix comes back, and the log goes on from there", async () => {
    await tenEntries();
    const path = segments().at(-1) as string;
    const whole = readFileSync(path);
    // up to its first frame the segment is the bootstrap, before which there is nothing to come back to
    for (let cutAt = whole.length; cutAt > 100; cutAt -= 7) {
      writeFileSync(path, whole);
      truncateSync(path, cutAt);
      const first = open();
      const found = indexes(first.recovered) ?? [];
      expect(found).toEqual(Array.from(found, (_, i) => i + 2));
      expect(first.recovered?.hardState.commit).toBe(found.length + 1);
      expect(open().torn).toBe(false);
    }
  });

  it("after a torn tail, new entries take its place", async () => {
    await tenEntries();
    const path = segments().at(-1) as string;
    truncateSync(path, readFileSync(path).length - 3);
    const { wal, torn } = open();
    expect(torn).toBe(true);
    wal.append(persist({ entries: [entry(11, 5)] }));
    await wal.close();
    expect(open().recovered?.entries.at(-1)).toMatchObject({ index: 11, term: 5 });
  });

  it.each([
    ["a changed byte before the last frame", (path: string) => flip(path, 100)],
    ["a changed byte in the header", (path: string) => flip(path, 9)],
  ])("%s is refused by name and offset", async (_, damage) => {
    await tenEntries();
    const path = segments().at(-1) as string;
    damage(path);
    expect(() => open()).toThrow(WalDamaged);
    expect(() => open()).toThrow(path);
  });

  it("a torn segment that is not the last is refused", async () => {
    await tenEntries(120);
    const path = segments()[1] as string;
    truncateSync(path, readFileSync(path).length - 1);
    expect(() => open()).toThrow(WalDamaged);
  });

  it("a missing segment is refused", async () => {
    await tenEntries(120);
    rmSync(segments()[2] as string);
    expect(() => open()).toThrow(/is missing/);
  });

  it.each([
    ["missing", (path: string) => rmSync(path)],
    ["changed", (path: string) => flip(path, readFileSync(path).length - 12)],
    ["cut", (path: string) => truncateSync(path, readFileSync(path).length - 1)],
  ])("a %s snapshot is refused, by its file", async (_, damage) => {
    await tenEntries();
    const path = join(dir, readdirSync(dir).find((name) => name.startsWith("snapshot-")) as string);
    damage(path);
    expect(() => stateIn(open().recovered)).toThrow(WalDamaged);
    expect(() => stateIn(open().recovered)).toThrow(path);
  });

  it("a log that is gone while its snapshot is there is refused", async () => {
    await afterRestart([persist({ entries: [entry(2), entry(3)] }), persist({ snapshot: snapshot(3) })]);
    for (const path of segments()) rmSync(path);
    expect(() => open()).toThrow(/the log is gone/);
  });

  it("a snapshot that a crash left half-written is nobody's", async () => {
    await tenEntries();
    const name = readdirSync(dir).find((each) => each.startsWith("snapshot-")) as string;
    copyFileSync(join(dir, name), join(dir, "snapshot-own-1.tmp"));
    // whole, but a crash came before the log's marker
    copyFileSync(join(dir, name), join(dir, "snapshot-0000000000000009-0000000001"));
    expect(indexes(open().recovered)).toHaveLength(10);
    expect(readdirSync(dir).filter((each) => each.startsWith("snapshot-"))).toEqual([name]);
  });

  function flip(path: string, at: number): void {
    const bytes = readFileSync(path);
    bytes[at] = (bytes[at] as number) ^ 0x10;
    writeFileSync(path, bytes);
  }
});
