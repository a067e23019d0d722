import type { Bucket, ObjectName } from "./api.js";

/**
 * Keys of the storage hold type, bucket and key of an object. Each name is led by its length in two characters, so that all keys of a bucket, or of a
 * bucket type, have a beginning in common.
 */
export function storageKey({ type, bucket, key }: ObjectName): string {
  return bucketPrefix({ type, bucket }) + key;
}

/** What the storage keys of all objects of this bucket begin with, and no others. */
export function bucketPrefix({ type, bucket }: Bucket): string {
  return typePrefix(type) + withLength(bucket);
}

export function typePrefix(type: string): string {
  return withLength(type);
}

/** Throws RangeError where it is no key of {@link storageKey}. */
export function objectName(key: string): ObjectName {
  const typeEnd = endOfName(key, 0);
  const bucketEnd = endOfName(key, typeEnd);
  return { type: key.slice(2, typeEnd), bucket: key.slice(typeEnd + 2, bucketEnd), key: key.slice(bucketEnd) };
}

/** Whether {@link objectName} would find an object's name in it. */
export function isStorageKey(key: string): boolean {
  const typeEnd = nameEnd(key, 0);
  return typeEnd <= key.length && nameEnd(key, typeEnd) <= key.length;
}

/** Of types and buckets. */
export const nameBytesMax = 0xffff;

function withLength(name: string): string {
  return String.fromCharCode(name.length >>> 8, name.length & 0xff) + name;
}

function endOfName(key: string, at: number): number {
  const end = nameEnd(key, at);
  if (end > key.length) throw new RangeError("a key of the storage is cut off");
  return end;
}

/** Beyond the key's end where it is cut off. */
function nameEnd(key: string, at: number): number {
  return at + 2 + ((key.charCodeAt(at) << 8) | key.charCodeAt(at + 1));
}
