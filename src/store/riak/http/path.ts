import type { Bucket } from "../../leaderless/api.js";
import type { PathStyle } from "./asked.js";
import { HttpRefusal } from "./message.js";

/** Parts of a path as they were sent; empty ones count for nothing, as in Riak. */
export function segmentsOf(target: string): string[] {
  return (target.split("?", 1)[0] as string).split("/").filter((segment) => segment !== "");
}

/** Of names that come twice, the first. Throws {@link HttpRefusal}. */
export function queryOf(target: string): ReadonlyMap<string, string> {
  const start = target.indexOf("?");
  const query = new Map<string, string>();
  if (start < 0) return query;
  for (const pair of target.slice(start + 1).split("&")) {
    const end = pair.indexOf("=");
    const name = decoded(end < 0 ? pair : pair.slice(0, end));
    if (name !== "" && !query.has(name)) query.set(name, end < 0 ? "" : decoded(pair.slice(end + 1)));
  }
  return query;
}

/** The bytes that a part of a path stands for, as latin1 text. As in Riak, whose clients count on it, a plus is a space. Throws {@link HttpRefusal}. */
export function decoded(part = ""): string {
  if (/%(?![0-9A-Fa-f]{2})/.test(part)) throw new HttpRefusal(400, `Malformed escape in ${part}\n`);
  const byteOf = (_all: string, hex: string): string => String.fromCharCode(Number.parseInt(hex, 16));
  return part.replaceAll("+", " ").replace(/%([0-9A-Fa-f]{2})/g, byteOf);
}

export function encoded(name: string): string {
  const escape = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  return name.replace(/[^A-Za-z0-9_.~-]/g, escape);
}

export function bucketPath({ type, bucket }: Bucket, style: PathStyle): string {
  if (style === "riak") return `/riak/${encoded(bucket)}`;
  return `${style === "types" ? `/types/${encoded(type)}` : ""}/buckets/${encoded(bucket)}`;
}

export function keyPath(bucket: Bucket, key: string, style: PathStyle): string {
  return `${bucketPath(bucket, style)}${style === "riak" ? "" : "/keys"}/${encoded(key)}`;
}
