/**
 * Hybrid logical clocks (Kulkarni, Demirbas, Madappa, Avva, Leone: "Logical Physical Clocks and Consistent Snapshots in Globally
 * Distributed Databases", OPODIS 2014): stamps close to the wall clock that never contradict what caused what. If one event happened
 * before another, its stamp is smaller; the reverse need not hold.
 */

/** `ms` since the epoch, the largest wall clock heard of so far; `counter` tells apart what happened while that stood still. */
export interface Hlc {
  readonly ms: number;
  readonly counter: number;
}

/** Four hexadecimal digits. Where they run out, the stamp goes on with the next millisecond. */
const counterMax = 0xffff;

/**
 * One process's clock. However its wall clock jumps, the stamps it gives out only grow. A remote clock that is ahead is believed without
 * limit: refusing it would put an effect before its cause, and clocks that are an hour wrong are what the stamps are there for. The price
 * is that all who heard of it stay ahead until their wall clocks have caught up, so `ms` is an order, not a time.
 */
export class HybridClock {
  #ms = 0;
  #counter = -1;

  /** The stamp of something that happens here, or of a message that leaves. `nowMs` is the wall clock. */
  tick(nowMs: number): Hlc {
    const wallMs = wholeMs(nowMs);
    return wallMs > this.#ms ? this.#set(wallMs, 0) : this.#set(this.#ms, this.#counter + 1);
  }

  /** A message that was stamped `remote` has arrived: whatever happens here from now on is later than it. */
  receive(remote: Hlc, nowMs: number): Hlc {
    const ms = Math.max(this.#ms, remote.ms, wholeMs(nowMs));
    const ours = ms === this.#ms ? this.#counter : -1;
    const theirs = ms === remote.ms ? remote.counter : -1;
    return this.#set(ms, Math.max(ours, theirs) + 1);
  }

  #set(ms: number, counter: number): Hlc {
    const overflows = counter > counterMax;
    this.#ms = overflows ? ms + 1 : ms;
    this.#counter = overflows ? 0 : counter;
    return { ms: this.#ms, counter: this.#counter };
  }
}

/** A wall clock can be set to before the epoch, and drifts by fractions. */
function wholeMs(nowMs: number): number {
  return Math.max(0, Math.floor(nowMs));
}

/** `<12 hexadecimal digits of ms>-<4 of the counter>`: the order of texts is the order of clocks, up to the year 10,889. */
export function formatHlc({ ms, counter }: Hlc): string {
  return `${ms.toString(16).padStart(12, "0")}-${counter.toString(16).padStart(4, "0")}`;
}

const hlcText = /^[0-9a-f]{12}-[0-9a-f]{4}$/;

/** True for what {@link formatHlc} writes. */
export function isHlcText(value: unknown): value is string {
  return typeof value === "string" && hlcText.test(value);
}
