/** A ping that waits for its answer. */
export interface OutstandingPing {
  readonly target: string;
  readonly sentMs: number;
  /** Sent for another member's pingReq: to whom its outcome is told, under which number, and when that there was none yet. */
  readonly relay?: { readonly to: string; readonly sequence: number; nackAtMs: number };
}

/** So many are kept; more than that nobody waits for, however many pingReqs arrive. */
const pingsMax = 256;

/** Pings on their way, by sequence number. */
export class Outstanding {
  readonly #pings = new Map<number, OutstandingPing>();
  #last = 0;

  add(ping: OutstandingPing): number {
    if (this.#pings.size >= pingsMax) {
      const oldest = this.#pings.keys().next();
      if (!oldest.done) this.#pings.delete(oldest.value);
    }
    this.#pings.set(++this.#last, ping);
    return this.#last;
  }

  get(sequence: number): OutstandingPing | undefined {
    return this.#pings.get(sequence);
  }

  delete(sequence: number): void {
    this.#pings.delete(sequence);
  }

  dropBefore(sentMs: number): void {
    for (const [sequence, ping] of this.#pings) if (ping.sentMs < sentMs) this.#pings.delete(sequence);
  }

  /** Relays whose target is late. Each is returned once. */
  lateRelays(nowMs: number): { readonly to: string; readonly sequence: number }[] {
    const late: { readonly to: string; readonly sequence: number }[] = [];
    for (const { relay } of this.#pings.values()) {
      if (relay === undefined || nowMs < relay.nackAtMs) continue;
      relay.nackAtMs = Infinity;
      late.push(relay);
    }
    return late;
  }
}
