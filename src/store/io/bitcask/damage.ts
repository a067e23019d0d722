import type { Place } from "../../leaderless/storage.js";

/** Bytes of the log that are not what was written there. Their records are lost here; other nodes have copies. */
export interface Damage {
  /** Path of the file. */
  readonly file: string;
  readonly offset: number;
  /** How many bytes hold nothing whole. */
  readonly bytes: number;
  /** Whose record it was; undefined where the damage does not tell. */
  readonly copy: { readonly place: Place; readonly key: string } | undefined;
  /** In words, without the place. */
  readonly what: string;
}

/** What a node cannot do without is not on its disk. It must not start: it would take the writes of others for its own. */
export class StoreDamaged extends Error {
  override readonly name = "StoreDamaged";
  readonly file: string;
  /** Byte in the file where the damage starts or is first noticed. */
  readonly offset: number;

  constructor(file: string, offset: number, what: string) {
    super(`${what} (${file}, byte ${offset})`);
    this.file = file;
    this.offset = offset;
  }
}
