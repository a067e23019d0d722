import { decodeObject } from "../../store/leaderless/objects/object-codec.js";
import { objectName } from "../../store/leaderless/storage-key.js";
import type { Copy } from "./disk.js";

/** What the copies of each key hold together, by the key's own name. Deletions have no value. */
export function valuesByKey(copies: Iterable<Copy>): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { key, bytes } of copies) {
    const { key: name } = objectName(key);
    const values = found.get(name) ?? new Set<string>();
    found.set(name, values);
    for (const { isTombstone, value } of decodeObject(bytes).siblings)
      if (!isTombstone) values.add(Buffer.from(value).toString("latin1"));
  }
  return found;
}
