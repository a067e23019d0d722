/** The first mark lasts at least this long, each one without an answered request in between twice as long as the one before. */
const holdMs = 100;
const holdMsMax = 10_000;

interface Mark {
  readonly sinceMs: number;
  readonly holdMs: number;
  tryAtMs: number;
}

/**
 * Whom this node could not get an answer from. That is its own business (Dynamo §4.8.3): others may reach the same member, and it may
 * reach this node. A mark goes when the member answers a ping directly that was sent once the mark had its time, or a request.
 */
export class LocalFailures {
  readonly #marks = new Map<string, Mark>();
  /** How long the last mark had to last, of members that answered pings since, but no request. */
  readonly #holds = new Map<string, number>();

  has(member: string): boolean {
    return this.#marks.has(member);
  }

  /** Whether there is anything to clear. */
  isDoubted(member: string): boolean {
    return this.#marks.has(member) || this.#holds.has(member);
  }

  fail(member: string, nowMs: number): void {
    if (this.#marks.has(member)) return;
    const last = this.#holds.get(member);
    const hold = last === undefined ? holdMs : Math.min(holdMsMax, 2 * last);
    this.#holds.set(member, hold);
    this.#marks.set(member, { sinceMs: nowMs, holdMs: hold, tryAtMs: nowMs + hold });
  }

  /** Whom to ping now to see whether they answer again, those first that have waited longest; each again after `retryMs`. */
  due(nowMs: number, atMost: number, retryMs: number): string[] {
    const due = [...this.#marks].filter(([, { tryAtMs }]) => tryAtMs <= nowMs).sort(([, a], [, b]) => a.tryAtMs - b.tryAtMs);
    return due.slice(0, atMost).map(([member, mark]) => {
      mark.tryAtMs = nowMs + retryMs;
      return member;
    });
  }

  /** The member itself answered a ping of `sentMs`. */
  pong(member: string, sentMs: number): void {
    const mark = this.#marks.get(member);
    if (mark !== undefined && sentMs >= mark.sinceMs + mark.holdMs) this.#marks.delete(member);
  }

  /** The member answered a request, or is no member any more. */
  clear(member: string): void {
    this.#marks.delete(member);
    this.#holds.delete(member);
  }
}
