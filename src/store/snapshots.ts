import { performance } from "node:perf_hooks";
import { invariant } from "../core/invariant.js";
import { SnapshotDraft, SnapshotSource, StoredSnapshot, removeSnapshot, writeState } from "./io/snapshot-file.js";
import { ReceivedSnapshot, SnapshotIntake } from "./io/snapshot-intake.js";
import type { Entry, Input, Snapshot, SnapshotMeta } from "./raft/types.js";
import type { Replica } from "./replica.js";
import { SnapshotPace } from "./snapshot-pace.js";

export interface SnapshotsOptions {
  /** The log's folder. */
  readonly dir: string;
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
  /** The disk refused. */
  readonly onFatal: (error: unknown) => void;
}

/** Making chunks holds the event loop no longer than this, by the machine's time, before it gets a pause. */
const sliceMs = 2;
const pauseMs = 1;

/** Makes snapshots of this member's state, when they are due or asked for, and takes in those of leaders. A state is never in one piece. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #pace: SnapshotPace;
  /** Of the newest snapshot that the machine knows of, own or a leader's. */
  #index: number;
  /** Leaders' snapshots so far: one of our own that was begun before the newest of them may be of a state that is gone. */
  #restored = 0;
  #saving: Promise<void> | undefined;
  /** So that no two drafts have the same name. */
  #drafts = 0;
  #isClosed = false;

  constructor(options: SnapshotsOptions) {
    const { meta, data } = options.start;
    this.#options = options;
    this.#index = meta.index;
    this.#pace = new SnapshotPace(options.entriesMin, data.byteLength);
  }

  /** One more entry was applied. */
  applied(entry: Entry): void {
    this.#pace.applied(entry);
  }

  takeIfDue(): void {
    if (this.#pace.isDue && this.#saving === undefined) void this.take(this.#options.keepEntries);
  }

  /**
   * Saves what is applied by now and lets the machine forget all entries before it but the last `keep`. The file is written while the log goes
   * on; only then is the machine told, so that its persist costs a marker. Resolves once it was told.
   */
  async take(keep: number): Promise<void> {
    // what is under way may be of an earlier state
    await this.#saving;
    this.#saving ??= this.#save(keep)
      .catch(this.#options.onFatal)
      .finally(() => (this.#saving = undefined));
    await this.#saving;
  }

  async #save(keep: number): Promise<void> {
    const meta = this.#options.meta();
    if (meta.index <= this.#index || this.#isClosed) return;
    this.#pace.begun();
    const restored = this.#restored;
    const draft = await this.#write(meta);
    if (draft === undefined) return;
    const data = await draft.publish(meta);
    this.#pace.taken(data.byteLength);
    // a leader's snapshot may have come in between
    if (restored !== this.#restored) {
      await removeSnapshot(data);
      return;
    }
    this.#index = meta.index;
    this.#options.input({ type: "compact", index: meta.index, data, keep });
  }

  /** What is applied by now, as a file of which nobody else knows. Undefined: this node stops. */
  async copy(): Promise<SnapshotSource | undefined> {
    return (await this.#write(this.#options.meta()))?.handOver();
  }

  /** Undefined, and nothing is left of it: this node stops. `meta` is of the state as it is now. */
  async #write(meta: SnapshotMeta): Promise<SnapshotDraft | undefined> {
    const state = this.#options.replica().snapshot();
    let draft: SnapshotDraft | undefined;
    let isWhole = false;
    try {
      draft = await this.#draft("own");
      let endMs = performance.now() + sliceMs;
      await writeState(draft, meta, async () => {
        if (performance.now() > endMs) {
          await new Promise((resolve) => setTimeout(resolve, pauseMs));
          endMs = performance.now() + sliceMs;
        }
        return this.#isClosed ? undefined : state.next();
      });
      isWhole = !this.#isClosed;
      return isWhole ? draft : undefined;
    } finally {
      state.release();
      if (!isWhole) await draft?.discard();
    }
  }

  #draft(what: string): Promise<SnapshotDraft> {
    return SnapshotDraft.begin(this.#options.dir, `${what}-${++this.#drafts}`);
  }

  // ---- between members ----

  /** The file of a snapshot that the machine wants sent. Rejects where it has gone meanwhile. */
  open({ data }: Snapshot): Promise<SnapshotSource> {
    return SnapshotSource.open(data instanceof ReceivedSnapshot ? data.file : this.#stored(data));
  }

  #stored(data: Snapshot["data"]): StoredSnapshot {
    invariant(data instanceof StoredSnapshot, "every snapshot that the machine has is a file");
    return data;
  }

  /** For the file of a peer's snapshot, piece by piece. */
  receive(): SnapshotIntake {
    return new SnapshotIntake(() => this.#draft("received"), this.#options.onFatal);
  }

  /** The state that a leader's snapshot brings. */
  restore({ meta, data }: Snapshot): Replica {
    invariant(data instanceof ReceivedSnapshot, "what the machine restores came from a leader");
    this.#pace.begun();
    this.#pace.taken(data.byteLength);
    this.#index = meta.index;
    this.#restored++;
    return data.takeState();
  }

  /** Gives up what is being written. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#saving;
  }
}
