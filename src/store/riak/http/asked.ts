import type { Bucket, ObjectName } from "../../leaderless/api.js";
import { defaultType } from "../../leaderless/api.js";
import type { HttpReply, HttpRequest } from "./message.js";
import type { HttpSession } from "./session.js";

/** How a path names its bucket: with its type, without one, or as before Riak 1.0. Answers name others in the same way. */
export type PathStyle = "types" | "buckets" | "riak";

/** A request whose path is understood. */
export interface Asked {
  readonly request: HttpRequest;
  readonly session: HttpSession;
  /** Of those named twice, the first. */
  readonly query: ReadonlyMap<string, string>;
  readonly style: PathStyle;
  /** What the path says where its pattern has a name. */
  readonly names: Readonly<Record<string, string>>;
  /** What stands behind the pattern, where that allows it: as it was sent. */
  readonly rest: readonly string[];
}

/** Answers, at once or later. The returned function says that nobody waits any more. Throws `HttpRefusal`. */
export type Handler = (asked: Asked, reply: HttpReply) => (() => void) | undefined;

export function typeIn({ names }: Asked): string {
  return names["type"] ?? defaultType;
}

export function bucketIn(asked: Asked): Bucket {
  return { type: typeIn(asked), bucket: asked.names["bucket"] ?? "" };
}

/** A path that names no key has one made up. */
export function objectIn(asked: Asked): ObjectName {
  return { ...bucketIn(asked), key: asked.names["key"] ?? asked.session.newKey() };
}
