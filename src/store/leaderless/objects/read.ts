import type { ReadObject } from "../api.js";
import { encodeContext } from "../versions/context.js";
import type { ConflictRules } from "./conflict.js";
import { newest } from "./merge.js";
import type { StoredObject, StoredSibling } from "./stored-object.js";
import { vtagOf } from "./vtag.js";

/** What a client sees of an object. */
export type Reading =
  | { readonly kind: "notFound" }
  /** Nothing is there any more; who writes anew should bring the context along. */
  | { readonly kind: "deleted"; readonly context: Uint8Array }
  | { readonly kind: "found"; readonly object: ReadObject };

/**
 * `object`: what the copies that were read became (merge.ts); undefined: none had it. Siblings may be tombstones, but not all of them. They come in the
 * order in which their writers' clocks say that they were written, which is the same at all nodes.
 */
export function readingOf(object: StoredObject | undefined, { allowMult }: Pick<ConflictRules, "allowMult">): Reading {
  if (object === undefined) return { kind: "notFound" };
  const siblings = allowMult ? oldestFirst(object.siblings) : [newest(object.siblings)];
  const context = encodeContext(object.vector);
  if (siblings.every(({ isTombstone }) => isTombstone)) return { kind: "deleted", context };
  return { kind: "found", object: { context, siblings: siblings.map((sibling) => shown(sibling)) } };
}

/** Of two that were written at one time, the one whose dot comes first. */
function oldestFirst(siblings: readonly StoredSibling[]): readonly StoredSibling[] {
  return siblings.length < 2 ? siblings : siblings.toSorted((a, b) => a.lastModifiedUs - b.lastModifiedUs);
}

function shown(sibling: StoredSibling): ReadObject["siblings"][number] {
  const { value, contentType, charset, contentEncoding, userMeta, indexes, links, isTombstone } = sibling;
  const lastModifiedMs = Math.floor(sibling.lastModifiedUs / 1000);
  const vtag = vtagOf(sibling);
  return { value, contentType, charset, contentEncoding, userMeta, indexes, links, isTombstone, vtag, lastModifiedMs };
}
