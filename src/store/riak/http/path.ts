import { defaultType } from "../../leaderless/api.js";
import { HttpRefusal } from "./message.js";

/** Where an object is, or, without a key, where one is to be made. */
export interface ObjectPath {
  readonly type: string;
  readonly bucket: string;
  readonly key: string | undefined;
  readonly query: URLSearchParams;
}

const withType = /^\/types\/([^/]+)\/buckets\/([^/]+)\/keys(?:\/([^/]+))?$/;
const withoutType = /^\/buckets\/([^/]+)\/keys(?:\/([^/]+))?$/;
/** Before Riak 1.0. */
const old = /^\/riak\/([^/]+)(?:\/([^/]+))?$/;

/** Undefined where it names no object. Throws {@link HttpRefusal}. */
export function objectPath(target: string): ObjectPath | undefined {
  const [path = "", ...rest] = target.split("?");
  const query = new URLSearchParams(rest.join("?"));
  const [typed, type, bucket, key] = withType.exec(path) ?? [];
  if (typed !== undefined) return { type: decoded(type), bucket: decoded(bucket), key: key && decoded(key), query };
  const [plain, itsBucket, itsKey] = withoutType.exec(path) ?? old.exec(path) ?? [];
  if (plain === undefined) return undefined;
  return { type: defaultType, bucket: decoded(itsBucket), key: itsKey && decoded(itsKey), query };
}

/** The bytes that a part of a path stands for, as latin1 text. */
export function decoded(part = ""): string {
  if (/%(?![0-9A-Fa-f]{2})/.test(part)) throw new HttpRefusal(400, `Malformed escape in ${part}\n`);
  return part.replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function encoded(name: string): string {
  const escape = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  return name.replace(/[^A-Za-z0-9_.~-]/g, escape);
}

export function pathOf({ type, bucket }: { readonly type: string; readonly bucket: string }, key?: string): string {
  const ofType = type === defaultType ? "" : `/types/${encoded(type)}`;
  return `${ofType}/buckets/${encoded(bucket)}${key === undefined ? "" : `/keys/${encoded(key)}`}`;
}
