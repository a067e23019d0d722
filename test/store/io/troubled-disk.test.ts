// Shows the disk's troubles: what a kill loses, tears or keeps, slow and failing syncs, and that a log on such a disk has, whenever it is killed, all that it ever called durable.
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { createPrng } from "../../../src/core/prng.js";
import { type DiskTrouble, noDiskTrouble } from "../../../src/core/store-hooks.js";
import { type LogFile, createLogFile } from "../../../src/store/io/log-file.js";
import { realTime } from "../../../src/store/io/real-time.js";
import { TroubledDisk } from "../../../src/store/io/troubled-disk.js";
import { Wal } from "../../../src/store/io/wal.js";
import type { Persist } from "../../../src/store/raft/types.js";
import { Machine } from "../machine.js";
import { bootstrap, conf } from "./recovered.js";
import { savedSnapshot } from "./snapshot-files.js";

describe("one file", () => {
  /** What a kill would leave. */
  let onDisk: string;
  let syncs: number;
  let machine: Machine;
  let disk: TroubledDisk;
  let file: LogFile;
  beforeEach(() => {
    onDisk = "";
    syncs = 0;
    machine = new Machine();
    const createFile = (): LogFile => ({
      append: (bytes) => void (onDisk += bytes.toString()),
      showsAll: true,
      sync: async () => void syncs++,
      close: () => undefined,
    });
    disk = new TroubledDisk({ createFile, time: machine, prng: createPrng(1) });
    file = disk.createFile("log");
  });

  const set = (part: Partial<DiskTrouble>): void => disk.set({ ...noDiskTrouble, ...part });
  const append = (text: string): void => file.append(Buffer.from(text));

  it("without trouble, what is written is there at once", async () => {
    append("one,");
    expect(onDisk).toBe("one,");
    await file.sync();
    expect(syncs).toBe(1);
  });

  it("losing: nothing is there before it is synced, all of it after", async () => {
    append("one,");
    set({ losesUnsynced: true });
    append("two,");
    append("three,");
    expect(onDisk).toBe("one,");
    await file.sync();
    expect(onDisk).toBe("one,two,three,");
  });

  it("tearing: the last write is there in part, what came before it whole", async () => {
    set({ tearsWrites: true });
    append("one,");
    append("two,");
    expect(onDisk).toMatch(/^one,(t|tw|two)$/);
    await file.sync();
    expect(onDisk).toBe("one,two,");
  });

  it("losing and tearing: the first unsynced write is there in part, nothing of the next", async () => {
    set({ losesUnsynced: true, tearsWrites: true });
    append("one,");
    append("two,");
    expect(onDisk).toMatch(/^(o|on|one)$/);
    await file.sync();
    expect(onDisk).toBe("one,two,");
  });

  it.each<[string, (file: LogFile) => unknown]>([
    ["the next write", (each) => each.append(Buffer.from(""))],
    ["closing the file", (each) => each.close()],
  ])("what was held back is written in its place by %s, once the trouble is over", (_, act) => {
    set({ losesUnsynced: true });
    append("one,");
    set({});
    act(file);
    expect(onDisk).toBe("one,");
  });

  it("a slow sync takes so much longer, and what is held back is lost until it is done", async () => {
    set({ losesUnsynced: true, fsyncDelayMs: 200 });
    append("one,");
    const synced = settled(file.sync());
    machine.pass(199);
    expect([await synced(), onDisk, syncs]).toEqual(["pending", "", 0]);
    machine.pass(1);
    expect([await synced(), onDisk, syncs]).toEqual(["done", "one,", 1]);
  });

  it("a sync under way does not outlast its trouble", async () => {
    set({ fsyncDelayMs: 60_000 });
    const synced = settled(file.sync());
    machine.pass(100);
    set({ fsyncDelayMs: 50_000 });
    expect(await synced()).toBe("pending");
    set({});
    expect(await synced()).toBe("done");
  });

  it("a failing sync fails with EIO, also one that was under way, and makes nothing durable", async () => {
    set({ losesUnsynced: true, fsyncDelayMs: 100 });
    append("one,");
    const synced = settled(file.sync());
    set({ losesUnsynced: true, fsyncFails: true });
    expect(await synced()).toBe("EIO: i/o error, fdatasync");
    expect([onDisk, syncs]).toEqual(["", 0]);
  });
});

/** Asks later what became of it: `done`, `pending` or the error's message. */
function settled(promise: Promise<void>): () => Promise<string> {
  let state = "pending";
  promise.then(
    () => (state = "done"),
    (error: unknown) => (state = (error as Error).message),
  );
  return async () => {
    await turn();
    return state;
  };
}

describe("the write-ahead log", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "devious-disk-"));
    return () => rmSync(root, { recursive: true });
  });

  /** A log on a disk that takes no time but what its trouble asks for. */
  async function opened(seed: number) {
    const dir = mkdtempSync(join(root, "log-"));
    const machine = new Machine();
    const createFile = (path: string): LogFile => ({ ...createLogFile(path), sync: () => Promise.resolve() });
    const disk = new TroubledDisk({ createFile, time: machine, prng: createPrng(seed) });
    const failures: unknown[] = [];
    let durable = 0;
    let syncs = 0;
    const { wal } = open(dir, disk, {
      onDurable: (persistNumber) => (durable = persistNumber),
      onSync: () => syncs++,
      onFatal: (error) => failures.push(error),
    });
    await bootstrap(wal, dir);
    let persists = 0;
    let appended = 0;
    let snapshotIndex = 1;
    /** Entries appended up to each persist. */
    const appendedBy = [0];
    const append = (part: Partial<Persist>): void => {
      persists++;
      appendedBy[persists] = appended;
      wal.append({ persistNumber: persists, hardState: undefined, snapshot: undefined, discardLog: false, entries: [], ...part });
    };
    return {
      machine,
      failures,
      set: (part: Partial<DiskTrouble>) => disk.set({ ...noDiskTrouble, ...part }),
      /** Entry n + 1 is the nth, with as many bytes of data. */
      append: (bytes = 10) => {
        appended++;
        append({ entries: [{ index: appended + 1, term: 1, kind: "normal", data: Buffer.alloc(bytes, appended) }] });
      },
      /** A snapshot of so much of what was appended since the last one, from 0 to 1. */
      compact: async (part: number) => {
        snapshotIndex += Math.floor((appended + 1 - snapshotIndex) * part);
        const meta = { index: snapshotIndex, term: 1, conf };
        append({ snapshot: { meta, data: await savedSnapshot(dir, meta, Buffer.from("state")) } });
      },
      /** Until nothing goes on but waiting for a slow disk. */
      quiet: async () => {
        let idle = false;
        void wal.idle().then(() => (idle = true));
        do await turn();
        while (!idle && !machine.isAwaited);
      },
      appended: () => appended,
      durable: () => appendedBy[durable] ?? 0,
      syncs: () => syncs,
      /** What a start finds if the process is killed now: how many entries, in log and snapshot together, and whether a torn tail. */
      kill: () => {
        const copy = mkdtempSync(join(root, "left-"));
        cpSync(dir, copy, { recursive: true });
        const { recovered, tornTail } = open(copy, disk);
        const second = open(copy, disk);
        expect([second.recovered?.entries, second.tornTail]).toEqual([recovered?.entries, undefined]);
        const entries = recovered?.entries ?? [];
        const before = recovered?.snapshot.meta.index ?? 0;
        expect(entries.map(({ index }) => index)).toEqual(entries.map((_, i) => before + 1 + i));
        return { entries: before - 1 + entries.length, torn: tornTail !== undefined };
      },
    };
  }

  function open(
    dir: string,
    disk: TroubledDisk,
    told: Partial<Pick<Parameters<typeof Wal.open>[0], "onDurable" | "onSync" | "onFatal">> = {},
  ) {
    return Wal.open({
      dir,
      createFile: disk.createFile,
      segmentBytesMax: 300,
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
      ...told,
    });
  }

  const trouble: fc.Arbitrary<DiskTrouble> = fc.record({
    fsyncDelayMs: fc.constantFrom(0, 5, 50),
    fsyncFails: fc.constant(false),
    losesUnsynced: fc.boolean(),
    tearsWrites: fc.boolean(),
    flipsBit: fc.constant(false),
  });
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant("append" as const), bytes: fc.nat(120) }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant("pass" as const), ms: fc.nat(60) }) },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant("compact" as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("trouble" as const), trouble }) },
  );

  it("killed at any moment, under any trouble: all that was called durable is there, and nothing that was never written", async () => {
    let torn = 0;
    let lost = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer(), trouble, fc.array(step, { maxLength: 30 }), async (seed, first, steps) => {
        const log = await opened(seed);
        log.set(first);
        for (const each of steps) {
          if (each.type === "append") log.append(each.bytes);
          else if (each.type === "compact") await log.compact(each.part);
          else if (each.type === "pass") log.machine.pass(each.ms);
          else log.set(each.trouble);
          await log.quiet();
          const left = log.kill();
          expect(left.entries).toBeGreaterThanOrEqual(log.durable());
          expect(left.entries).toBeLessThanOrEqual(log.appended());
          torn += Number(left.torn);
          lost += Number(left.entries < log.appended());
        }
      }),
      { numRuns: 25 },
    );
    // or it would have shown nothing
    expect(torn).toBeGreaterThan(10);
    expect(lost).toBeGreaterThan(10);
  });

  it("losing: a kill leaves exactly what was called durable", async () => {
    const log = await opened(1);
    log.set({ losesUnsynced: true, fsyncDelayMs: 10 });
    for (let i = 0; i < 20; i++) {
      log.append();
      await turn();
      if (i % 3 === 0) log.machine.pass(10);
      await turn();
      expect(log.kill().entries).toBe(log.durable());
    }
    expect(log.durable()).toBeLessThan(log.appended());
  });

  it("tearing: a kill during a sync leaves a torn record, which the next start removes; a kill after it does not", async () => {
    const log = await opened(1);
    log.append();
    await turn();
    log.set({ tearsWrites: true, fsyncDelayMs: 10 });
    log.append();
    await turn();
    expect(log.kill()).toEqual({ entries: 1, torn: true });
    log.machine.pass(10);
    await turn();
    expect(log.kill()).toEqual({ entries: 2, torn: false });
  });

  it("what comes in during a slow sync goes out in one", async () => {
    const log = await opened(1);
    log.set({ fsyncDelayMs: 10 });
    const before = log.syncs();
    log.append();
    await turn();
    for (let i = 0; i < 20; i++) log.append(0);
    for (let i = 0; i < 4; i++) {
      log.machine.pass(10);
      await turn();
    }
    expect([log.durable(), log.syncs() - before]).toEqual([21, 2]);
  });

  it("a sync that fails is fatal, and nothing is called durable any more", async () => {
    const log = await opened(1);
    log.append();
    await turn();
    log.set({ fsyncFails: true });
    log.append();
    await turn();
    expect([log.durable(), log.failures.map(String)]).toEqual([1, ["Error: EIO: i/o error, fdatasync"]]);
  });

  it("makes no files but the log's own", async () => {
    const log = await opened(1);
    log.set({ losesUnsynced: true, tearsWrites: true });
    log.append();
    await turn();
    const files = readdirSync(join(root, readdirSync(root).find((name) => name.startsWith("log-")) as string));
    expect(files.filter((name) => !/^(wal|snapshot)-/.test(name))).toEqual([]);
  });
});
