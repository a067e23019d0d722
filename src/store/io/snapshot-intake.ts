import { invariant } from "../../core/invariant.js";
import type { SnapshotData, SnapshotMeta } from "../raft/types.js";
import { Replica } from "../replica.js";
import { StateReader } from "../state-stream.js";
import type { SnapshotDraft, StoredSnapshot } from "./snapshot-file.js";
import { SnapshotFileParser } from "./snapshot-format.js";

/** Stands for a leader's snapshot in the machine: it is on disk, and its state is ready to take the place of the one before. */
export class ReceivedSnapshot implements SnapshotData {
  readonly file: StoredSnapshot;
  #state: Replica | undefined;

  constructor(file: StoredSnapshot, state: Replica) {
    this.file = file;
    this.#state = state;
  }

  get byteLength(): number {
    return this.file.byteLength;
  }

  /** Once: the machine keeps this object for long, and a state is large. */
  takeState(): Replica {
    const state = this.#state;
    invariant(state !== undefined, "a snapshot is restored once");
    this.#state = undefined;
    return state;
  }
}

/** A snapshot file on its way in: checked, written and turned into a state as it comes. Whatever fails, nothing of it is left. */
export class SnapshotIntake {
  readonly #begin: () => Promise<SnapshotDraft>;
  readonly #onDiskRefused: (error: unknown) => void;
  readonly #parser = new SnapshotFileParser("a snapshot that a peer sends");
  readonly #reader = new StateReader();
  #draft: SnapshotDraft | undefined;
  /** Pieces are written one after the other. */
  #written: Promise<void> = Promise.resolve();
  #isOver = false;
  /** Bytes that came so far. */
  bytes = 0;

  /** `onDiskRefused` is told what `write` and `end` reject with where it is this member's disk, and not what was sent. */
  constructor(begin: () => Promise<SnapshotDraft>, onDiskRefused: (error: unknown) => void) {
    this.#begin = begin;
    this.#onDiskRefused = onDiskRefused;
  }

  /** Resolves once it is written. Throws or rejects where it cannot be, or is no part of a snapshot; it is to be aborted then. */
  async write(piece: Uint8Array): Promise<void> {
    this.bytes += piece.length;
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    for (const chunk of this.#parser.push(bytes)) this.#reader.push(chunk);
    this.#written = this.#written.then(() => this.#append(bytes));
    await this.#written;
  }

  async #append(bytes: Buffer): Promise<void> {
    if (this.#isOver) return;
    try {
      this.#draft ??= await this.#begin();
      await this.#draft.append(bytes);
    } catch (error) {
      this.#onDiskRefused(error);
      throw error;
    }
  }

  /** All has come: resolves once it is durable. Rejects as {@link write}. */
  async end(meta: SnapshotMeta): Promise<ReceivedSnapshot> {
    await this.#written;
    const { index, term } = this.#parser.finish();
    invariant(index === meta.index && term === meta.term, "a snapshot's file is of the index and term that its message says");
    invariant(this.#draft !== undefined, "a snapshot that is whole has a file");
    const state = Replica.of(this.#reader);
    this.#isOver = true;
    const file = await this.#draft.publish(meta).catch((error: unknown) => {
      this.#onDiskRefused(error);
      throw error;
    });
    return new ReceivedSnapshot(file, state);
  }

  async abort(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    // a piece that could not be written has told whoever wrote it
    await this.#written.catch(() => undefined);
    await this.#draft?.discard();
  }
}
