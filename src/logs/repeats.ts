import type { StreamName } from "../core/log-record.js";

/** How many stamps of a stream are remembered: a few hundred milliseconds of the fastest writer. */
const remembered = 5_000;

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

  /** `line`: its text where the piece is a whole line; a piece of one may well look like the one before. */
  has(stream: StreamName, stamp: string, line: string | undefined): boolean {
    const seen = this.#streams[stream];
    if (stamp > seen.newest) {
      seen.newest = stamp;
      seen.atNewest = 1;
      seen.repeatedAtNewest = undefined;
      remember(seen.stamps, stamp);
    } else if (seen.repeatedAtNewest !== undefined) {
      if (stamp < seen.newest) return true;
      seen.repeatedAtNewest += 1;
      if (seen.repeatedAtNewest <= seen.atNewest) return true;
      seen.repeatedAtNewest = undefined;
      seen.atNewest += 1;
    } else if (stamp < seen.newest) {
      if (isAmong(seen.stamps, stamp)) {
        seen.repeatedAtNewest = 0;
        return true;
      }
      this.#streams[stream] = { ...nothingSeen(), newest: stamp, atNewest: 1, stamps: [stamp] };
    } else {
      // the last line alone, said again
      if (line !== undefined && line === seen.last) return true;
      seen.atNewest += 1;
    }
    this.#streams[stream].last = line;
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
  last: string | undefined;
  /** The latest stamps, each once, oldest first. */
  readonly stamps: string[];
}

function nothingSeen(): Seen {
  return { newest: "", atNewest: 0, repeatedAtNewest: undefined, last: undefined, stamps: [] };
}

/** Later than all that are remembered. */
function remember(stamps: string[], stamp: string): void {
  stamps.push(stamp);
  // seldom and many at once: to take off the first is to move all others
  if (stamps.length > 2 * remembered) stamps.splice(0, stamps.length - remembered);
}

function isAmong(stamps: readonly string[], stamp: string): boolean {
  let [low, high] = [0, stamps.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((stamps[middle] ?? "") < stamp) low = middle + 1;
    else high = middle;
  }
  return stamps[low] === stamp;
}
