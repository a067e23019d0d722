import type { StreamName } from "../core/log-record.js";
import type { Piece } from "./lines.js";

/** How many stamps of a stream are remembered: a few hundred milliseconds of the fastest writer. */
const remembered = 50_000;

/**
 * Finds what an engine says twice. Following a json-file log over its rotation, Docker (seen in 20.10) opens the new file twice and sends
 * the lines it had sent of it once more, from one of them up to the last.
 *
 * One writer stamps each of stdout and stderr, so within one of them stamps do not step back. Where one does and
 * its very nanosecond has been seen, everything up to the newest stamp is a repeat. A step back to a stamp never seen is the engine's
 * clock being set.
 */
export class Repeats {
  readonly #streams: Record<StreamName, Seen> = { stdout: nothingSeen(), stderr: nothingSeen() };

  /** `lineOpen`: the piece goes on a line of its stream, so that it may well look like the one before. */
  has(piece: Piece, lineOpen: boolean): boolean {
    const seen = this.#streams[piece.stream];
    const { stamp } = piece;
    if (stamp > seen.newest) {
      seen.newest = stamp;
      seen.atNewest = 1;
      seen.repeatedAtNewest = undefined;
      remember(seen, stamp);
    } else if (seen.repeatedAtNewest !== undefined) {
      if (stamp < seen.newest) return true;
      seen.repeatedAtNewest += 1;
      if (seen.repeatedAtNewest <= seen.atNewest) return true;
      seen.repeatedAtNewest = undefined;
      seen.atNewest += 1;
    } else if (stamp < seen.newest) {
      if (seen.stamps.has(stamp)) {
        seen.repeatedAtNewest = 0;
        return true;
      }
      this.#streams[piece.stream] = { ...nothingSeen(), newest: stamp, atNewest: 1, stamps: new Set([stamp]) };
    } else {
      // the last line alone, said again
      if (!lineOpen && piece.ended && seen.last !== undefined && sameBytes(piece.bytes, seen.last)) return true;
      seen.atNewest += 1;
    }
    this.#streams[piece.stream].last = piece.ended && !lineOpen ? piece.bytes.slice() : undefined;
    return false;
  }
}

interface Seen {
  newest: string;
  /** Pieces that bear the newest stamp. */
  atNewest: number;
  /** While the engine repeats itself: how many pieces with the newest stamp have come again. */
  repeatedAtNewest: number | undefined;
  /** The last whole line, or undefined where the last piece was none. */
  last: Uint8Array | undefined;
  /** The latest stamps, oldest first. */
  readonly stamps: Set<string>;
}

function nothingSeen(): Seen {
  return { newest: "", atNewest: 0, repeatedAtNewest: undefined, last: undefined, stamps: new Set() };
}

function remember({ stamps }: Seen, stamp: string): void {
  stamps.add(stamp);
  if (stamps.size > remembered) {
    for (const oldest of stamps) {
      stamps.delete(oldest);
      break;
    }
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
