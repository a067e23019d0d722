import type { Revision, Version } from "./key-value.js";
import { MvccState } from "./mvcc-state.js";
import { packed, readRecord, recordKind } from "./version-codec.js";

/**
 * The store as bytes: revision f64 · compactRevision f64 · the records of all surviving versions, by key, then by revision · end mark u8 ·
 * number of records f64. Equal states give equal bytes, however far each has got with compaction. They may be cut anywhere on their way.
 */
const headerBytes = 8 + 8;
const endMark = 3;
const endBytes = 1 + 8;

/** The chunks of a snapshot, made as they are asked for. */
export function* snapshotChunks(
  versions: Iterable<Version>,
  revision: Revision,
  compactRevision: Revision,
  chunkBytes: number,
): Generator<Uint8Array, void, undefined> {
  const header = Buffer.allocUnsafe(headerBytes);
  header.writeDoubleLE(revision, 0);
  header.writeDoubleLE(compactRevision, 8);
  yield header;
  let count = 0;
  yield* packed(
    (function* counted() {
      for (const version of versions) {
        count++;
        yield version;
      }
    })(),
    chunkBytes,
  );
  const end = Buffer.allocUnsafe(endBytes);
  end[0] = endMark;
  end.writeDoubleLE(count, 1);
  yield end;
}

/** These bytes are not what {@link snapshotChunks} made. */
export class SnapshotDamaged extends Error {
  override readonly name = "SnapshotDamaged";
}

/** Takes a snapshot in, chunk by chunk as it arrives. */
export class SnapshotReader {
  readonly #versions: Version[] = [];
  #revisions: { readonly revision: Revision; readonly compactRevision: Revision } | undefined;
  /** What came last and is not a whole record yet. */
  #rest: Buffer = Buffer.alloc(0);
  #isEnded = false;

  /** @throws SnapshotDamaged */
  push(chunk: Uint8Array): void {
    const bytes = this.#rest.length === 0 ? bufferOf(chunk) : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (let end = this.#take(bytes, at); end !== undefined; end = this.#take(bytes, at)) at = end;
    this.#rest = Buffer.from(bytes.subarray(at));
  }

  /**
   * The state, once everything was pushed.
   * @throws SnapshotDamaged
   */
  finish(): MvccState {
    if (this.#revisions === undefined || !this.#isEnded) {
      throw new SnapshotDamaged(`a snapshot ends early, after ${this.#versions.length} records`);
    }
    return MvccState.of(this.#revisions.revision, this.#revisions.compactRevision, this.#versions);
  }

  /** Takes the part that starts at `at`; returns where it ends, or undefined if it is not all there. */
  #take(bytes: Buffer, at: number): number | undefined {
    if (at === bytes.length) return undefined;
    if (this.#isEnded) throw new SnapshotDamaged("a snapshot goes on after its end");
    if (this.#revisions === undefined) {
      if (bytes.length < headerBytes) return undefined;
      this.#revisions = { revision: bytes.readDoubleLE(0), compactRevision: bytes.readDoubleLE(8) };
      return headerBytes;
    }
    switch (bytes[at]) {
      case recordKind.put:
      case recordKind.tombstone: {
        const record = readRecord(bytes, at);
        if (record !== undefined) this.#versions.push(record.version);
        return record?.end;
      }
      case endMark:
        return this.#takeEnd(bytes, at);
      default:
        throw new SnapshotDamaged(`a snapshot has a record of unknown kind ${bytes[at]} after ${this.#versions.length} records`);
    }
  }

  #takeEnd(bytes: Buffer, at: number): number | undefined {
    if (bytes.length < at + endBytes) return undefined;
    const count = bytes.readDoubleLE(at + 1);
    if (count !== this.#versions.length) {
      throw new SnapshotDamaged(`a snapshot says it has ${count} records, but has ${this.#versions.length}`);
    }
    this.#isEnded = true;
    return at + endBytes;
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
