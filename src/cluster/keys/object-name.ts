import { DeviousError } from "../../core/errors.js";

/** Where an object of the leaderless store is. */
export interface ObjectName {
  /** Bucket type; `default` is that of buckets without one. */
  readonly type: string;
  readonly bucket: string;
  readonly key: string;
}

export interface NameWishes {
  /** The whole of what was typed is then the key. */
  readonly bucket: string | undefined;
  readonly type: string | undefined;
}

/** `bucket/key`, `type/bucket/key`, or with a bucket said besides a key that may hold anything. Throws USAGE. */
export function objectNameOf(text: string, { bucket, type }: NameWishes): ObjectName {
  if (bucket !== undefined) return checked({ type: type ?? "default", bucket, key: text }, text);
  const parts = text.split("/");
  const [first = "", second = "", third = ""] = parts;
  if (parts.length === 2) return checked({ type: type ?? "default", bucket: first, key: second }, text);
  if (parts.length === 3 && type === undefined) return checked({ type: first, bucket: second, key: third }, text);
  if (parts.length === 1) throw notAName(text, "it has no bucket");
  throw notAName(text, "of its slashes it is not clear which part the bucket's name from the key");
}

function checked(name: ObjectName, text: string): ObjectName {
  const missing = (["type", "bucket", "key"] as const).find((part) => name[part] === "");
  if (missing !== undefined) throw notAName(text, `its ${missing} is empty`);
  return name;
}

function notAName(text: string, why: string): DeviousError {
  return new DeviousError("USAGE", `"${text}" is not the name of an object in a leaderless store: ${why}.`, {
    hint: "Write bucket/key or type/bucket/key; with --bucket the key may have slashes.",
  });
}

/** As people type it. */
export function formatObjectName({ type, bucket, key }: ObjectName): string {
  return type === "default" ? `${bucket}/${key}` : `${type}/${bucket}/${key}`;
}

/** Its path over HTTP; names are the bytes of their UTF-8. */
export function objectPath(name: ObjectName): string {
  return pathIn(name, "keys");
}

/** Where the value is told that a data type's bytes stand for: the default type has counters of before Riak 2.0 only. */
export function dataTypePath(name: ObjectName): string {
  return pathIn(name, name.type === "default" ? "counters" : "datatypes");
}

function pathIn({ type, bucket, key }: ObjectName, what: "keys" | "counters" | "datatypes"): string {
  const ofType = type === "default" ? "" : `/types/${encodeURIComponent(type)}`;
  return `${ofType}/buckets/${encodeURIComponent(bucket)}/${what}/${encodeURIComponent(key)}`;
}
