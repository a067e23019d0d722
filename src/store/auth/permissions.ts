import { KeyIntervals } from "../mvcc/key-intervals.js";
import type { Key } from "../mvcc/key-value.js";

/** One key, or a range as requests name it, and what may be done there. */
export interface Permission {
  /** By the numbers of `authpb.Permission.Type`. Others are kept and shown, and permit nothing. */
  readonly permType: number;
  readonly key: Key;
  readonly rangeEnd: Key;
}

/** What a request wants to do, and where. `rangeEnd` as in requests: empty = the one key, a zero byte = everything from `key` on. */
export interface Need {
  readonly what: "read" | "write";
  readonly key: Key;
  readonly rangeEnd: Key;
}

const permissionType = { read: 0, write: 1, readwrite: 2 } as const;

/** Above every key, whose characters are bytes. */
const endOfKeys = "\u0100";

/** What one user may do: the union of all permissions, so that two that touch cover what reaches over both. */
export class Rights {
  readonly #read = new KeyIntervals();
  readonly #write = new KeyIntervals();

  constructor(permissions: Iterable<Permission>) {
    for (const { permType, key, rangeEnd } of permissions) {
      const to = upTo(key, rangeEnd);
      if (permType === permissionType.read || permType === permissionType.readwrite) this.#read.add(key, to);
      if (permType === permissionType.write || permType === permissionType.readwrite) this.#write.add(key, to);
    }
  }

  cover({ what, key, rangeEnd }: Need): boolean {
    const intervals = what === "read" ? this.#read : this.#write;
    return intervals.covers(key, upTo(key, rangeEnd));
  }
}

function upTo(key: Key, rangeEnd: Key): Key {
  if (rangeEnd === "") return `${key}\0`;
  return rangeEnd === "\0" ? endOfKeys : rangeEnd;
}
