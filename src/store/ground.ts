import type { Log } from "../core/log-line.js";
import type { Prng } from "../core/prng.js";
import type { Clock, TroubledClock } from "./clock.js";
import { Hooks } from "./hooks.js";
import { Admin } from "./io/admin.js";
import { BitFlip } from "./io/bit-flip.js";
import { sayingWhere } from "./io/disk-refused.js";
import { createLogFile } from "./io/log-file.js";
import type { CreateLogFile } from "./io/log-file.js";
import { emptyLostDisk } from "./io/lost-disk.js";
import { realTime } from "./io/real-time.js";
import { TroubledDisk } from "./io/troubled-disk.js";
import type { ByteRange } from "./io/wal.js";
import type { Address } from "./node-options.js";

export interface GroundOptions {
  readonly dataDir: string;
  readonly log: Log;
  readonly clock: TroubledClock;
  readonly prng: Prng;
  /** Bytes that are durable and have others behind them; of nothing, as long as no file is open. */
  readonly settled: () => readonly ByteRange[];
}

/** What a node of any design stands on: a disk, which may be hurt on purpose or be lost, and the port where orders to hurt itself come in. */
export class Ground {
  readonly createFile: CreateLogFile;
  readonly #bitFlip: BitFlip;
  readonly #mentionSlowSync: (durationMs: number) => void;
  readonly #admin: Admin;

  /** Empties the disk where it was told to be lost. */
  constructor({ dataDir, log, clock, prng, settled }: GroundOptions) {
    emptyLostDisk(dataDir, log);
    const disk = new TroubledDisk({ createFile: createLogFile, time: realTime, prng: prng.fork() });
    this.createFile = sayingWhere(disk.createFile);
    this.#bitFlip = new BitFlip({ ranges: settled, prng: prng.fork(), log });
    this.#mentionSlowSync = slowSyncMention(log, clock);
    this.#admin = new Admin(new Hooks({ disk, bitFlip: this.#bitFlip, clock, log }));
  }

  /** To be told of every sync. */
  synced(durationMs: number): void {
    this.#mentionSlowSync(durationMs);
    this.#bitFlip.tryAgain();
  }

  /** Resolves with the port once orders are taken: before those ports that others wait for, so that whoever finds the node ready can hurt it. */
  takeOrders({ host, port }: Address): Promise<number> {
    return this.#admin.listen(host, port);
  }

  close(): void {
    this.#admin.close();
  }
}

const slowSyncMs = 100;
const slowSyncMentionEveryMs = 5000;

/** Says that the disk is slow, but not each time. */
function slowSyncMention(log: Log, clock: Clock): (durationMs: number) => void {
  let mentionedMs = -Infinity;
  return (durationMs) => {
    if (durationMs < slowSyncMs || clock.monotonicMs() - mentionedMs < slowSyncMentionEveryMs) return;
    mentionedMs = clock.monotonicMs();
    log("warn", "slow-fsync", `the disk took ${Math.round(durationMs)} ms to sync the log`, {
      durationMs: Math.round(durationMs),
    });
  };
}
