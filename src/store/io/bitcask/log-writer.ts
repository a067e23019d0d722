import { removalIsNeeded } from "../../bitcask/merge-plan.js";
import type { LogIndex } from "../../bitcask/log-index.js";
import { decodeSpan, encodeSpan, type LogRecord } from "../../bitcask/record-format.js";
import { objectHash } from "../../leaderless/merkle/hash.js";
import type { Place } from "../../leaderless/storage.js";
import type { Appender } from "./appender.js";

/** Changes what the node holds, in the log and in the index alike. */
export class LogWriter {
  readonly #index: LogIndex;
  readonly #appender: Appender;

  constructor(index: LogIndex, appender: Appender) {
    this.#index = index;
    this.#appender = appender;
  }

  put(place: Place, key: string, value: Uint8Array): void {
    const written = this.#appender.add({ kind: "put", place, key, value });
    this.#index.put(place, key, written, objectHash(value));
  }

  /** As if the key had never been there. */
  remove(place: Place, key: string): void {
    const before = this.#index.directory.get(place, key);
    if (before === undefined) return;
    const span = { since: before.firstFile, upTo: this.#appender.fileNumber };
    this.#index.remove(place, key);
    this.#addRemoval({ kind: "removal", place, key, value: encodeSpan(span) });
  }

  /**
   * Adds what is still needed of a record to the end of the log, so that its file can go: an object that is the newest of its key, and a
   * removal whose key is gone and may stand in yet another file. Returns how many bytes that took.
   */
  move(record: LogRecord, file: number, offset: number): number {
    const { kind, place, key } = record;
    const newest = this.#index.directory.get(place, key);
    if (kind === "put") {
      if (newest?.file !== file || newest.offset !== offset) return 0;
      const written = this.#appender.add(record);
      this.#index.put(place, key, written, newest.objectHash);
      return written.length;
    }
    const span = decodeSpan(record.value);
    if (!removalIsNeeded(span, file, this.#index.fileNumbers())) return 0;
    if (newest === undefined) return this.#addRemoval(record);
    this.#index.cover(place, key, span);
    return 0;
  }

  #addRemoval(record: LogRecord): number {
    const { file, length } = this.#appender.add(record);
    this.#index.removalIn(file, length, decodeSpan(record.value));
    return length;
  }
}
