import type { Place } from "../leaderless/storage.js";
import { KeyDirectory } from "./key-directory.js";
import type { Location } from "./key-slots.js";
import type { FileAccount } from "./merge-plan.js";
import type { Span } from "./record-format.js";

/** Where a record has been put. */
interface Written {
  readonly file: number;
  readonly offset: number;
  readonly length: number;
}

type OpenAccount = { -readonly [Field in keyof FileAccount]: FileAccount[Field] };

/** What the log holds: which record of a key counts, and how much of each file is still needed. Told of all records in the log's order. */
export class LogIndex {
  readonly directory = new KeyDirectory();
  readonly #files = new Map<number, OpenAccount>();

  /** The file has this length. */
  fileIs(number: number, bytes: number): void {
    this.#file(number).bytes = bytes;
  }

  endFile(number: number): void {
    this.#files.delete(number);
  }

  fileNumbers(): readonly number[] {
    return [...this.#files.keys()];
  }

  accounts(): readonly FileAccount[] {
    return [...this.#files.values()];
  }

  liveBytes(file: number): number {
    return this.#files.get(file)?.liveBytes ?? 0;
  }

  put(place: Place, key: string, { file, offset, length }: Written, objectHash: number): void {
    const before = this.directory.set(place, key, { file, offset, length, objectHash, firstFile: file });
    if (before !== undefined) this.#notLive(before);
    this.#file(file).liveBytes += length;
  }

  /** The key is gone, by a removal that stands in the log or because its record cannot be read. */
  remove(place: Place, key: string): void {
    const before = this.directory.get(place, key);
    if (before === undefined) return;
    this.#notLive(before);
    this.directory.remove(place, key);
  }

  /** A removal stands in this file. */
  removalIn(file: number, length: number, { since, upTo }: Span): void {
    const account = this.#file(file);
    const of = account.removals ?? { since, upTo };
    account.removalBytes += length;
    account.removals = { since: Math.min(of.since, since), upTo: Math.max(of.upTo, upTo) };
  }

  /**
   * A removal of the key goes although older files may hold the key: that it is here again covers them. Whoever removes it the next time must
   * know of them.
   */
  cover(place: Place, key: string, { since }: Span): void {
    const location = this.directory.get(place, key);
    if (location !== undefined) this.directory.set(place, key, { ...location, firstFile: since });
  }

  #notLive({ file, length }: Location): void {
    const account = this.#files.get(file);
    if (account !== undefined) account.liveBytes -= length;
  }

  #file(number: number): OpenAccount {
    let account = this.#files.get(number);
    if (account === undefined) {
      account = { number, bytes: 0, liveBytes: 0, removalBytes: 0, removals: undefined };
      this.#files.set(number, account);
    }
    return account;
  }
}
