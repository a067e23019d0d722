// Shows what `fsync: batch` and `fsync: off` are worth: with the power gone, what was called durable is lost, and with `always` it is not.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { createPrng } from "../../../src/core/prng.js";
import { noDiskTrouble } from "../../../src/core/store-hooks.js";
import type { StoreSwitches } from "../../../src/core/store-switches.js";
import { createLogFile } from "../../../src/store/io/log-file.js";
import { TroubledDisk } from "../../../src/store/io/troubled-disk.js";
import { Wal } from "../../../src/store/io/wal.js";
import { Machine } from "../machine.js";
import { bootstrap } from "./recovered.js";

/** Writes three entries, lets `passMs` go by, cuts the power, and tells how many were called durable and how many are there. */
async function cutAfter(
  fsync: StoreSwitches["fsync"],
  passMs: number,
): Promise<{ readonly called: number; readonly kept: number }> {
  const dir = mkdtempSync(join(tmpdir(), "devious-fsync-"));
  const machine = new Machine();
  const disk = new TroubledDisk({ createFile: createLogFile, time: machine, prng: createPrng(1) });
  let called = 0;
  const open = (troubled: TroubledDisk) =>
    Wal.open({
      dir,
      createFile: troubled.createFile,
      segmentBytesMax: 1 << 20,
      newSalt: () => 7,
      fsync,
      after: machine.after,
      nowMs: machine.monotonicMs,
      onDurable: (persistNumber) => (called = persistNumber),
      onSnapshotSaved: () => undefined,
      onSync: () => undefined,
      onFatal: (error) => {
        throw error;
      },
    });
  try {
    const { wal } = open(disk);
    await bootstrap(wal, dir);
    disk.set({ ...noDiskTrouble, losesUnsynced: true });
    for (let number = 1; number <= 3; number++) {
      const entry = { index: number + 1, term: 1, kind: "normal", data: Buffer.from(`e${number}`) } as const;
      wal.append({ persistNumber: number, hardState: undefined, snapshot: undefined, discardLog: false, entries: [entry] });
      await wal.idle();
    }
    machine.pass(passMs);
    await turn();
    await wal.idle();
    // nothing of this process is written any more: a new one opens what the disk has
    const { recovered } = open(new TroubledDisk({ createFile: createLogFile, time: machine, prng: createPrng(1) }));
    return { called, kept: recovered?.entries.length ?? 0 };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

it.each<[StoreSwitches["fsync"], number, number]>([
  ["always", 0, 3],
  ["batch", 50, 0],
  ["batch", 100, 3],
  ["off", 100_000, 0],
])("%s: of three acknowledged entries, after %i ms, a power cut leaves %i", async (fsync, passMs, kept) => {
  expect(await cutAfter(fsync, passMs)).toEqual({ called: 3, kept });
});
