import type { Log } from "../core/log-line.js";
import { RequestFailed } from "./ask.js";
import { autoCompaction } from "./auto-compaction.js";
import type { Retention } from "./auto-compaction.js";
import type { Alarm } from "./alarms.js";
import type { Clock } from "./clock.js";
import type { Compactor } from "./compactor.js";
import { SavedCopy } from "./io/saved-copy.js";
import type { Input, MemberId } from "./raft/types.js";
import type { Replica } from "./replica.js";
import type { StateCopy, Upkeep } from "./rpc/store.js";
import type { Snapshots } from "./snapshots.js";

export interface NodeUpkeepOptions {
  readonly replica: () => Replica;
  readonly compactor: Pick<Compactor, "run">;
  readonly snapshots: Pick<Snapshots, "take" | "copy">;
  readonly quotaBytes: number;
  readonly keepEntries: number;
  readonly input: (input: Input) => void;
  readonly leader: () => MemberId;
  /** Until a leader is to have handed over. */
  readonly timeoutMs: number;
}

const lookEveryMs = 5;

/** What operators ask of this member, beside what they ask of the cluster. */
export class NodeUpkeep implements Upkeep {
  readonly #options: NodeUpkeepOptions;

  constructor(options: NodeUpkeepOptions) {
    this.#options = options;
  }

  alarms(type?: number): readonly Alarm[] {
    return this.#options.replica().state.alarms.list(type);
  }

  hasRoom(bytes: number): boolean {
    const { replica, quotaBytes } = this.#options;
    return replica().kv.bytes + bytes < quotaBytes;
  }

  async defragment(): Promise<void> {
    const { replica, compactor, snapshots, keepEntries } = this.#options;
    await compactor.run();
    await snapshots.take(keepEntries);
    replica().kv.defragmented();
  }

  async moveLeader(to: MemberId): Promise<void> {
    const moved = await handOver(this.#options, to, this.#options.timeoutMs);
    if (!moved) {
      const message = "the leader did not hand over in time; it may still do so";
      throw new RequestFailed({ kind: "indefinite", message, error: "transferTimedOut" });
    }
  }

  async copyState(): Promise<StateCopy> {
    const copy = await this.#options.snapshots.copy();
    if (copy === undefined) throw new RequestFailed({ kind: "unavailable", message: "the node is stopping" });
    return new SavedCopy(copy);
  }
}

/** What {@link compactByItself} needs. */
export interface CompactingOptions {
  readonly clock: Clock;
  readonly revision: () => number;
  readonly isLeader: () => boolean;
  /** Rejects with {@link RequestFailed}. */
  readonly compact: (revision: number) => Promise<unknown>;
  readonly log: Log;
}

/** Compacts what is older than is to be kept, whenever this member leads. Returns what ends it. */
export function compactByItself(
  retention: Retention,
  { clock, revision, isLeader, compact, log }: CompactingOptions,
): () => void {
  const plan = autoCompaction(retention, clock.monotonicMs(), revision());
  return clock.every(plan.everyMs, () => {
    const due = plan.due(clock.monotonicMs(), revision(), isLeader());
    if (due === undefined) return;
    compact(due).then(
      () => {
        plan.done(clock.monotonicMs(), due);
        log("info", "auto-compacted", `compacted what is older than revision ${due}`, { revision: due });
      },
      (error: unknown) => {
        if (!(error instanceof RequestFailed)) throw error;
        // any other failure is tried again at the next look
        if (error.error === "compacted") plan.done(clock.monotonicMs(), due);
      },
    );
  });
}

/**
 * As the leader, hands leadership to a voter that is there. Resolves once this member follows it, with true, or after `msMax`, by the machine's
 * time: whoever asks does not wait by this node's clock.
 */
export async function handOver(
  { input, leader }: Pick<NodeUpkeepOptions, "input" | "leader">,
  to: MemberId,
  msMax: number,
): Promise<boolean> {
  if (leader() !== to) input({ type: "transferLeader", member: to });
  for (let waitedMs = 0; leader() !== to && waitedMs < msMax; waitedMs += lookEveryMs) {
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  return leader() === to;
}
