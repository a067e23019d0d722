/**
 * Who had seen what: the causal history of each key as its clients know it, kept as sets of writes. It knows nothing of vectors, dots or epochs, so it
 * finds out where these are wrong.
 */

/**
 * What a reader has seen. Clients are not told which deletion it is that they see, so there are two bounds: what they have surely seen, and what they
 * may have. Both are closed: what somebody had seen who is in it, is in it too.
 */
export interface Past {
  readonly sure: ReadonlySet<string>;
  readonly possible: ReadonlySet<string>;
}

export const nothing: Past = { sure: new Set(), possible: new Set() };

/** A value or a deletion that a client asked for. */
export interface Write {
  /** Also the value's text; deletions have none. */
  readonly id: string;
  readonly isDeletion: boolean;
  /** What it overwrites. */
  readonly past: Past;
  /** Replicas that have it once it is acknowledged, those that have it on disk, and owners among these. */
  readonly w: number;
  readonly dw: number;
  readonly pw: number;
  readonly begunAtMs: number;
  /** When it was answered: Infinity as long as nobody has. */
  endedAtMs: number;
  /** `unknown`: it may have happened, or may happen yet. `failed`: it never will have. */
  outcome: "ok" | "unknown" | "failed";
  /** Of a deletion of whatever there is: it has overwritten what was begun up to here. */
  blindUntilMs: number;
}

/** What a client was shown of a key. */
export interface Shown {
  readonly values: readonly string[];
  /** Something was deleted, and nobody has forgotten it yet. */
  readonly hasDeletions: boolean;
}

export class CausalHistory {
  readonly #keys = new Map<string, Map<string, Write>>();

  begin(key: string, write: Write): void {
    const known = this.#keys.get(key) ?? new Map<string, Write>();
    this.#keys.set(key, known);
    known.set(write.id, write);
  }

  keys(): Iterable<string> {
    return this.#keys.keys();
  }

  writes(key: string): Iterable<Write> {
    return this.#keys.get(key)?.values() ?? [];
  }

  find(key: string, id: string): Write | undefined {
    return this.#keys.get(key)?.get(id);
  }

  /** The past of a write that follows from this. */
  seen(key: string, { values, hasDeletions }: Shown): Past {
    const writes = values.flatMap((id) => this.find(key, id) ?? []);
    const deletions = hasDeletions ? [...this.writes(key)].filter(({ isDeletion }) => isDeletion) : [];
    return {
      sure: new Set([...values, ...writes.flatMap(({ past }) => [...past.sure])]),
      possible: new Set([...writes, ...deletions].flatMap(({ id, past }) => [id, ...past.possible])),
    };
  }

  /**
   * Of which writes nothing is missing where these values are all that is left of the key: a write is one of them, or one of them follows from it, or it was
   * deleted. Of a deletion nothing has to be left.
   */
  accountedFor(key: string, values: ReadonlySet<string>): (write: Write) => boolean {
    const covered = new Set(values);
    let blindUntilMs = -Infinity;
    for (const write of this.writes(key)) {
      if (write.outcome === "failed" || !(write.isDeletion || values.has(write.id))) continue;
      for (const id of write.past.possible) covered.add(id);
      blindUntilMs = Math.max(blindUntilMs, write.blindUntilMs);
    }
    return ({ id, isDeletion, begunAtMs }) => isDeletion || covered.has(id) || begunAtMs <= blindUntilMs;
  }
}
