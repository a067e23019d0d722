import { encode } from "../wire/encode.js";
import { rpcs } from "../wire/rpcs.js";
import type { Key, Revision, Version } from "../mvcc/key-value.js";
import type { Audience } from "./interests.js";
import type { WatchStream } from "./watch-stream.js";

/** What a watcher is told, and from when on. */
export interface WatchSpec {
  readonly key: Key;
  /** As in ranges: "" is `key` alone, "\0" all keys from `key` on. */
  readonly rangeEnd: Key;
  /** The first revision it wants; 0: the next one. May lie in the future. */
  readonly start: Revision;
  readonly noPut: boolean;
  readonly noDelete: boolean;
  /** With what stood under the key before. */
  readonly prevKv: boolean;
  /** Wants to be told now and then how far it is, where nothing else is. */
  readonly progress: boolean;
  /** Takes large responses in pieces. */
  readonly fragment: boolean;
}

/** One watcher of a stream: a position in the revision log. Whatever it has not been sent is in the log, and nowhere else. */
export class Watcher {
  readonly stream: WatchStream;
  readonly id: bigint;
  readonly spec: WatchSpec;
  /** Its id as it stands in each of its responses. */
  readonly idBytes: Buffer;
  /** The first revision that it was not told yet. While it keeps up, {@link audience} is set, and the hub knows. */
  next: Revision;
  audience: Audience | undefined;
  /** Whether it was told nothing since it was last looked at for {@link WatchSpec.progress}. */
  isQuiet = true;

  constructor(stream: WatchStream, id: bigint, spec: WatchSpec, next: Revision) {
    this.stream = stream;
    this.id = id;
    this.spec = spec;
    this.idBytes = encode(rpcs.watch.watch.output, { watchId: id });
    this.next = next;
  }
}

/** Greater than any key: those hold one byte a character. */
const beyondAllKeys = "\u0100";

/** Behind the last key of the range. */
export function endOf({ key, rangeEnd }: Pick<WatchSpec, "key" | "rangeEnd">): Key {
  if (rangeEnd === "") return `${key}\0`;
  return rangeEnd === "\0" ? beyondAllKeys : rangeEnd;
}

/** Whether events of the kind of `version` are wanted, whichever key they are of. */
export function wantsKind({ noPut, noDelete }: Pick<WatchSpec, "noPut" | "noDelete">, { deleted }: Version): boolean {
  return deleted ? !noDelete : !noPut;
}

/** @param end as {@link endOf} has it. */
export function wants(spec: WatchSpec, end: Key, version: Version): boolean {
  return version.key >= spec.key && version.key < end && wantsKind(spec, version);
}
