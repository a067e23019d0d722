/** Of an entry and of the version it makes, besides key and value. */
const restBytes = 64;

/**
 * When the next snapshot is due: after enough entries, and once these are as many bytes as the last snapshot. A history grows with every
 * write, so at a fixed number of entries all of it would be written again and again; this way a snapshot costs a write no more than a
 * constant times its own bytes, and the log is never much longer than the state.
 */
export class SnapshotPace {
  readonly #entriesMin: number;
  #lastBytes: number;
  #entries = 0;
  #bytes = 0;

  /** @param lastBytes size of the snapshot that the node starts from. */
  constructor(entriesMin: number, lastBytes: number) {
    this.#entriesMin = entriesMin;
    this.#lastBytes = lastBytes;
  }

  get isDue(): boolean {
    return this.#entries >= this.#entriesMin && this.#bytes >= this.#lastBytes;
  }

  /** One more entry was applied. */
  applied({ data }: { readonly data: Uint8Array }): void {
    this.#entries++;
    this.#bytes += data.length + restBytes;
  }

  /** A snapshot of everything applied by now is begun. */
  begun(): void {
    this.#entries = this.#bytes = 0;
  }

  /** The last snapshot turned out so large. */
  taken(bytes: number): void {
    this.#lastBytes = bytes;
  }
}
