import type { Log } from "../core/log-line.js";
import type { Prng } from "../core/prng.js";
import { unsafeSwitches, type UnsafeSwitch } from "../core/store-switches.js";
import { asMember, begin, goOn } from "./begin.js";
import type { Causality } from "./causality.js";
import type { TroubledClock } from "./clock.js";
import { Ground } from "./ground.js";
import { readIdentity } from "./io/identity.js";
import { realTime } from "./io/real-time.js";
import { Wal } from "./io/wal.js";
import { Counters } from "./metrics/counters.js";
import { Node } from "./node.js";
import type { NodeOptions } from "./node-options.js";

/** The world as a node needs it; the real one is made in main.ts. */
export interface World {
  readonly log: Log;
  /** Stamps the lines of `log` as well. */
  readonly causality: Causality;
  readonly clock: TroubledClock;
  readonly prng: Prng;
  /** The disk failed: what it holds is unknown, so the process must end at once. */
  readonly onFatal: (error: unknown) => void;
  /** The cluster has removed this member, which has said so in its log: it has nothing more to do. */
  readonly onRemoved: () => void;
}

export interface RunningNode {
  readonly clientPort: number;
  readonly peerPort: number;
  readonly adminPort: number;
  /** Takes no more requests, hands leadership over, makes what was taken durable, closes everything; well below a second. */
  stop(): Promise<void>;
}

const segmentBytesMax = 64 * 2 ** 20;

/**
 * Starts a member on what its disk holds; where that is nothing, once the others have told what this means. Rejects with `WalDamaged`
 * where the disk lost what it had promised to keep, and with {@link MemberRemoved} where the cluster has no such member any more.
 */
export async function startNode(given: NodeOptions, world: World): Promise<RunningNode> {
  const { log, causality, clock, prng, onFatal, onRemoved } = world;
  const ground = new Ground({ dataDir: given.dataDir, log, clock, prng, settled: () => wal.settled() });
  const named = asMember(given, readIdentity(given.dataDir) ?? given.member);
  let node: Node | undefined = undefined;
  const counters = new Counters();
  const { wal, recovered, tornTail } = Wal.open({
    dir: named.dataDir,
    createFile: ground.createFile,
    segmentBytesMax,
    newSalt: () => prng.int(0, 2 ** 32 - 1),
    fsync: given.switches.fsync,
    after: realTime.after,
    nowMs: clock.monotonicMs,
    onDurable: (persistNumber) => node?.driver.onDurable(persistNumber),
    onSnapshotSaved: ({ index, term }, bytes) =>
      log("info", "snapshot-saved", `saved a snapshot up to entry ${index}`, { index, term, bytes }),
    onSync: (durationMs) => {
      counters.walSyncSec.observe(durationMs / 1000);
      ground.synced(durationMs);
    },
    onFatal,
  });
  if (tornTail !== undefined) {
    log("warn", "wal-torn-tail", "removed the rest of a write that a crash had cut off; nobody had been told of it", tornTail);
  }
  mentionUnsafe(unsafeSwitches(given.switches), log);
  const adminPort = await ground.takeOrders(named.adminAddress);
  const { options, start } =
    recovered === undefined ? await begin(named, world, wal) : { options: named, start: goOn(recovered, named) };
  const incarnation = await wal.begin();
  const started = new Node(
    options,
    { log, causality, clock, prng, wal, counters, onFatal, onRemoved },
    { ...start, incarnation },
  );
  node = started;
  const { clientPort, peerPort } = await started.listen();
  const stop = async (): Promise<void> => {
    await started.stop();
    ground.close();
  };
  return { clientPort, peerPort, adminPort, stop };
}

/** A node says at every start which promises it was told to break. */
export function mentionUnsafe(unsafe: readonly UnsafeSwitch[], log: Log): void {
  for (const { option, value, why } of unsafe) {
    log("warn", "unsafe-option", `runs with ${option}: ${value}: ${why}`, { option, value });
  }
}
