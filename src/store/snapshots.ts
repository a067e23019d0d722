import type { Wal } from "./io/wal.js";
import type { Entry, Input, Snapshot, SnapshotMeta } from "./raft/types.js";
import { Replica } from "./replica.js";
import { SnapshotPace } from "./snapshot-pace.js";

export interface SnapshotsOptions {
  readonly wal: Pick<Wal, "saveAhead">;
  /** Applied entries between two snapshots, at least. */
  readonly entriesMin: number;
  /** Entries that stay in memory behind a snapshot. */
  readonly keepEntries: number;
  /** What the state was restored from at the start. */
  readonly start: Snapshot;
  /** All that is applied here by now. */
  readonly replica: () => Replica;
  /** Up to where that is. */
  readonly meta: () => SnapshotMeta;
  /** For the machine: there is a snapshot. */
  readonly input: (input: Extract<Input, { type: "compact" }>) => void;
}

/** Makes snapshots of this member's state when they are due, saves them, and restores the state from those of leaders. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #pace: SnapshotPace;
  /** Of the newest snapshot, own or a leader's. */
  #index: number;
  #isSaving = false;

  constructor(options: SnapshotsOptions) {
    const { meta, data } = options.start;
    this.#options = options;
    this.#index = meta.index;
    this.#pace = new SnapshotPace(options.entriesMin, data.length);
  }

  /** One more entry was applied. */
  applied(entry: Entry): void {
    this.#pace.applied(entry);
  }

  /** The file is written while the log goes on; only then is the machine told, so that its persist costs a marker. */
  takeIfDue(): void {
    if (this.#isSaving || !this.#pace.isDue) return;
    this.#isSaving = true;
    const { wal, replica, meta, input, keepEntries } = this.#options;
    const snapshot = { meta: meta(), data: replica().snapshot() };
    this.#pace.taken(snapshot.data.length);
    void wal.saveAhead(snapshot).then(() => {
      this.#isSaving = false;
      const { index } = snapshot.meta;
      // a leader's snapshot may have come in between
      if (index <= this.#index) return;
      this.#index = index;
      input({ type: "compact", index, data: snapshot.data, keep: keepEntries });
    });
  }

  /** The state that a leader's snapshot brings. */
  restore({ meta, data }: Snapshot): Replica {
    this.#pace.taken(data.length);
    this.#index = meta.index;
    return Replica.restore(data);
  }
}
