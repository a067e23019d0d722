/** Ends tokens that nobody has shown for so long. */
const disuseMs = 300_000;

interface Known {
  /** Number of the log entry that gave it. */
  readonly entry: number;
  readonly user: string;
  usedMs: number;
}

/**
 * The tokens that one member honours: 16 letters that nobody can guess, a dot, and the number of the log entry that gave it, as in etcd. Every
 * member hears of each with that entry, and ends it by its own clock; none outlives a member's process. Time is handed in: monotonic, ms.
 */
export class Tokens {
  // By their letters. Those not shown for longest come first: a Map keeps the order in which its keys came.
  readonly #known = new Map<string, Known>();

  get size(): number {
    return this.#known.size;
  }

  assign(letters: string, entry: number, user: string, nowMs: number): void {
    for (const [disused, { usedMs }] of this.#known) {
      if (nowMs - usedMs < disuseMs) break;
      this.#known.delete(disused);
    }
    this.#known.set(letters, { entry, user, usedMs: nowMs });
  }

  /** The whole token that begins with these letters. */
  whole(letters: string): string | undefined {
    const known = this.#known.get(letters);
    return known === undefined ? undefined : `${letters}.${known.entry}`;
  }

  /** Whose token it is; it begins its time anew. */
  use(token: string, nowMs: number): string | undefined {
    const letters = token.slice(0, token.indexOf("."));
    const known = this.#known.get(letters);
    if (known === undefined || token !== `${letters}.${known.entry}`) return undefined;
    this.#known.delete(letters);
    if (nowMs - known.usedMs >= disuseMs) return undefined;
    known.usedMs = nowMs;
    this.#known.set(letters, known);
    return known.user;
  }

  /** The user is another from now on, or none. */
  endOf(user: string): void {
    for (const [letters, known] of this.#known) if (known.user === user) this.#known.delete(letters);
  }

  clear(): void {
    this.#known.clear();
  }
}

/** The number of the log entry that a token is of; undefined: it is no token. */
export function entryOf(token: string): number | undefined {
  const [, entry] = /^[a-zA-Z]{16}\.(\d{1,15})$/.exec(token) ?? [];
  return entry === undefined ? undefined : Number(entry);
}
