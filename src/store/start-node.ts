import type { Log } from "../core/log-line.js";
import type { Prng } from "../core/prng.js";
import { unsafeSwitches } from "../core/store-switches.js";
import { asMember, begin, goOn } from "./begin.js";
import type { Causality } from "./causality.js";
import type { Clock, TroubledClock } from "./clock.js";
import { Hooks } from "./hooks.js";
import { Admin } from "./io/admin.js";
import { BitFlip } from "./io/bit-flip.js";
import { sayingWhere } from "./io/disk-refused.js";
import { readIdentity } from "./io/identity.js";
import { createLogFile } from "./io/log-file.js";
import { emptyLostDisk } from "./io/lost-disk.js";
import { realTime } from "./io/real-time.js";
import { TroubledDisk } from "./io/troubled-disk.js";
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
const slowSyncMs = 100;
const slowSyncMentionEveryMs = 5000;

/**
 * Starts a member on what its disk holds; where that is nothing, once the others have told what this means. Rejects with `WalDamaged`
 * where the disk lost what it had promised to keep, and with {@link MemberRemoved} where the cluster has no such member any more.
 */
export async function startNode(given: NodeOptions, world: World): Promise<RunningNode> {
  const { log, causality, clock, prng, onFatal, onRemoved } = world;
  emptyLostDisk(given.dataDir, log);
  const named = asMember(given, readIdentity(given.dataDir) ?? given.member);
  let node: Node | undefined = undefined;
  const disk = new TroubledDisk({ createFile: createLogFile, time: realTime, prng: prng.fork() });
  const bitFlip = new BitFlip({ ranges: () => wal.settled(), prng: prng.fork(), log });
  const counters = new Counters();
  const mentionSlowSync = slowSyncMention(log, clock);
  const { wal, recovered, tornTail } = Wal.open({
    dir: named.dataDir,
    createFile: sayingWhere(disk.createFile),
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
      mentionSlowSync(durationMs);
      bitFlip.tryAgain();
    },
    onFatal,
  });
  if (tornTail !== undefined) {
    log("warn", "wal-torn-tail", "removed the rest of a write that a crash had cut off; nobody had been told of it", tornTail);
  }
  for (const { option, value, why } of unsafeSwitches(given.switches)) {
    log("warn", "unsafe-option", `runs with ${option}: ${value}: ${why}`, { option, value });
  }
  // before the ports that others wait for: whoever finds the node ready can hurt it
  const admin = new Admin(new Hooks({ disk, bitFlip, clock, log }));
  const adminPort = await admin.listen(named.adminAddress.host, named.adminAddress.port);
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
    admin.close();
  };
  return { clientPort, peerPort, adminPort, stop };
}

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
