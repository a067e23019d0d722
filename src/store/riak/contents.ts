import type { Content, ReadObject, Sibling } from "../leaderless/api.js";
import type { Given, Message } from "../wire/schema.js";
import { Refusal } from "./call.js";
import { indexFieldFault } from "./index-fields.js";
import type { RpbContent } from "./object-messages.js";

type Fields<M> = M extends Message<infer T> ? T : never;

/** A value as it is to be written. What only the store can say of it (tag, time) is not taken from clients. Throws {@link Refusal}. */
export function contentOf(fields: Fields<typeof RpbContent>): Content {
  const { value, contentType, charset, contentEncoding } = fields;
  const indexes = fields.indexes.map(entryOf);
  if (indexes.length > 0) refuseFaults(indexes);
  return {
    value,
    contentType,
    charset,
    contentEncoding,
    userMeta: fields.usermeta.map(entryOf),
    indexes,
    links: fields.links.map((link) => ({ bucket: link.bucket ?? "", key: link.key ?? "", tag: link.tag ?? "" })),
  };
}

function refuseFaults(indexes: readonly (readonly [name: string, term: string])[]): void {
  const faults = indexes.map(([name, term]) => indexFieldFault(name, term)).filter((fault) => fault !== undefined);
  if (faults.length > 0) throw new Refusal(`{precommit_fail,[${faults.join(",")}]}`);
}

function entryOf({ key, value }: { readonly key: string; readonly value: string | undefined }): readonly [string, string] {
  return [key, value ?? ""];
}

/** `head`: everything but the values. */
export function objectFields(
  object: ReadObject,
  head: boolean,
): Given<{ content: Fields<typeof RpbContent>[]; vclock: Uint8Array }> {
  return { content: object.siblings.map((sibling) => siblingFields(sibling, head)), vclock: object.context };
}

const noBytes = Buffer.alloc(0);

function siblingFields(sibling: Sibling, head: boolean): Given<Fields<typeof RpbContent>> {
  const { contentType, charset, contentEncoding, vtag, links, lastModifiedMs } = sibling;
  return {
    value: head ? noBytes : sibling.value,
    contentType,
    charset,
    contentEncoding,
    vtag,
    links,
    lastMod: Math.floor(lastModifiedMs / 1000),
    lastModUsecs: Math.floor((lastModifiedMs % 1000) * 1000),
    usermeta: sibling.userMeta.map(pairOf),
    indexes: sibling.indexes.map(pairOf),
    deleted: sibling.isTombstone ? true : undefined,
  };
}

function pairOf([key, value]: readonly [string, string]): { key: string; value: string } {
  return { key, value };
}
