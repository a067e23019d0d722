import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { unsafeLeaderless } from "../../core/leaderless-switches.js";
import { Ground } from "../ground.js";
import { Bitcask, bitcaskDefaults } from "../io/bitcask/bitcask.js";
import { folderAt } from "../io/bitcask/folder.js";
import { realTime } from "../io/real-time.js";
import { mentionUnsafe } from "../start-node.js";
import type { RunningNode, World } from "../start-node.js";
import { inSlices } from "../slices.js";
import { LeaderlessNode } from "./node.js";
import type { LeaderlessListening } from "./node.js";
import type { LeaderlessNodeOptions } from "./options.js";

const folderName = "bitcask";

/** A leaderless node, and the ports that its design has besides. */
export type RunningLeaderless = RunningNode & LeaderlessListening;

/** Starts a node of the leaderless store on what its disk holds. Rejects with `StoreDamaged` where it must not go on with that. */
export async function startLeaderless(options: LeaderlessNodeOptions, world: World): Promise<RunningLeaderless> {
  const { log, clock, prng, onFatal } = world;
  const { dataDir, switches } = options;
  let storage: Bitcask | undefined = undefined;
  let node: LeaderlessNode | undefined = undefined;
  const ground = new Ground({ dataDir, log, clock, prng, settled: () => storage?.settled() ?? [] });
  const { store, found } = await Bitcask.open({
    ...bitcaskDefaults,
    folder: folderAt(join(dataDir, folderName), ground.createFile),
    randomBytes,
    fsync: switches.fsync,
    inSlices,
    after: realTime.after,
    nowMs: clock.monotonicMs,
    onDurable: (writeNumber) => node?.driver.input({ type: "durable", writeNumber }),
    onSync: (durationMs) => ground.synced(durationMs),
    onDamage: ({ file, offset, bytes, copy, what }) => {
      log("warn", "copy-lost", `${what}: others have copies, and repair brings them back`, { file, offset, bytes });
      if (copy !== undefined) node?.driver.input({ type: "damaged", place: copy.place });
    },
    onMerged: (file, bytes) => log("debug", "log-merged", `merged ${file}`, { file, bytes }),
    onFatal,
  });
  storage = store;
  if (found.tornTail !== undefined) {
    const msg = "removed the rest of a write that a crash had cut off; nobody had been told of it";
    log("warn", "wal-torn-tail", msg, { ...found.tornTail });
  }
  for (const { file, offset, bytes, what } of found.damages) {
    log("warn", "copy-lost", `${what}: others have copies, and repair brings them back`, { file, offset, bytes });
  }
  mentionUnsafe(unsafeLeaderless(switches), log);
  const adminPort = await ground.takeOrders(options.adminAddress);
  const started = new LeaderlessNode(options, { ...world, storage: store });
  node = started;
  for (const { copy } of found.damages) if (copy !== undefined) node.driver.input({ type: "damaged", place: copy.place });
  const ports = await started.listen();
  const stop = async (): Promise<void> => {
    await started.stop();
    ground.close();
  };
  return { ...ports, adminPort, stop };
}
