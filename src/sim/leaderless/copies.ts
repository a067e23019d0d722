import type { DataTypeValue } from "../../store/leaderless/crdt/operations.js";
import { mergeValues, readValue } from "../../store/leaderless/crdt/stored-value.js";
import { decodeObject } from "../../store/leaderless/objects/object-codec.js";
import { objectName } from "../../store/leaderless/storage-key.js";
import type { Copy } from "./disk.js";

/** What the copies of each key hold together, by the key's own name. Deletions have no value. */
export function valuesByKey(copies: Iterable<Copy>): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { key, bytes } of copies) {
    const { type, key: name } = objectName(key);
    if (type !== "default") continue;
    const values = found.get(name) ?? new Set<string>();
    found.set(name, values);
    for (const { isTombstone, value } of decodeObject(bytes).siblings)
      if (!isTombstone) values.add(Buffer.from(value).toString("latin1"));
  }
  return found;
}

/** The same of data types, as bytes. */
export function mergedByKey(copies: Iterable<Copy>): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const { key, bytes } of copies) {
    const { type, key: name } = objectName(key);
    if (type === "default") continue;
    for (const { value } of decodeObject(bytes).siblings) {
      const before = found.get(name);
      found.set(name, before === undefined ? value : mergeValues(before, value));
    }
  }
  return found;
}

/** The same of data types, as a client would read it. */
export function dataTypesByKey(copies: Iterable<Copy>): Map<string, DataTypeValue> {
  return new Map([...mergedByKey(copies)].map(([key, bytes]) => [key, readValue(bytes).value]));
}
