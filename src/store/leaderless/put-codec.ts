/**
 * A client's put as bytes, where one node passes it on to another. Numbers and texts as in versions/binary.ts:
 *
 * flags u8 · condition u8 · bucket type, bucket and key (texts) · context, if the flags say so · options, if the flags say so · content
 *
 * Options are a byte that says which there are, and those: quorums (0 to 3 a word, from 4 on a number), sloppiness (0 or 1), N, milliseconds. Content is a
 * byte that says what there is of the following, and that: content type, charset, content encoding (texts), and numbers of metadata, indexes and links with these; then length
 * of the value · value. A deletion has no content.
 */
import type { Content, Link, Quorum, Request, WriteCondition, WriteOptions } from "./api.js";
import { allBits, readBits, readCount, readFlag, readWord } from "./bounded-reads.js";
import type { Pair } from "./objects/stored-object.js";
import { tombstone, type Written } from "./objects/stored-object.js";
import { nameBytesMax } from "./storage-key.js";
import { type ByteReader, type ByteWriter, MalformedBytes } from "./versions/binary.js";

export type Put = Extract<Request, { readonly type: "put" }>;

const flag = { returnBody: 1, deletes: 2, context: 4, options: 8 } as const;
const option = { w: 1, dw: 2, pw: 4, sloppyQuorum: 8, nVal: 16, timeoutMs: 32 } as const;
const part = { contentType: 1, charset: 2, contentEncoding: 4, lists: 8 } as const;
const conditions = ["none", "notModified", "noneMatch"] as const satisfies readonly WriteCondition[];
const quorumWords = ["one", "quorum", "all", "default"] as const satisfies readonly Quorum[];
const allFlags = allBits(flag);
const allOptions = allBits(option);
const allParts = allBits(part);
const noOptions: WriteOptions = {};
const noPairs: readonly Pair[] = [];
const noLinks: readonly Link[] = [];

export function writePut(out: ByteWriter, { name, context, content, options, condition, returnBody }: Put): void {
  const given = givenOf(options);
  const isDeletion = (content as Partial<Written>).isTombstone === true;
  out.byte(
    (returnBody ? flag.returnBody : 0) |
      (isDeletion ? flag.deletes : 0) |
      (context === undefined ? 0 : flag.context) |
      (given === 0 ? 0 : flag.options),
  );
  out.byte(conditions.indexOf(condition));
  out.text(name.type);
  out.text(name.bucket);
  out.text(name.key);
  if (context !== undefined) out.blob(context);
  if (given !== 0) writeOptions(out, given, options);
  if (!isDeletion) writeContent(out, content);
}

/** Value and context are views of what is read. Throws {@link MalformedBytes} where it is no put. */
export function readPut(reader: ByteReader): Put {
  const flags = readBits(reader, allFlags);
  const condition = readWord(reader, conditions);
  const name = { type: readName(reader), bucket: readName(reader), key: reader.text() };
  const context = has(flags, flag.context) ? reader.blob() : undefined;
  const options = has(flags, flag.options) ? readOptions(reader) : noOptions;
  const content = has(flags, flag.deletes) ? tombstone : readContent(reader);
  return { type: "put", name, context, content, options, condition, returnBody: has(flags, flag.returnBody) };
}

function givenOf({ w, dw, pw, sloppyQuorum, nVal, timeoutMs }: WriteOptions): number {
  return (
    (w === undefined ? 0 : option.w) |
    (dw === undefined ? 0 : option.dw) |
    (pw === undefined ? 0 : option.pw) |
    (sloppyQuorum === undefined ? 0 : option.sloppyQuorum) |
    (nVal === undefined ? 0 : option.nVal) |
    (timeoutMs === undefined ? 0 : option.timeoutMs)
  );
}

function writeOptions(out: ByteWriter, given: number, { w, dw, pw, sloppyQuorum, nVal, timeoutMs }: WriteOptions): void {
  out.byte(given);
  if (w !== undefined) writeQuorum(out, w);
  if (dw !== undefined) writeQuorum(out, dw);
  if (pw !== undefined) writeQuorum(out, pw);
  if (sloppyQuorum !== undefined) out.byte(sloppyQuorum ? 1 : 0);
  if (nVal !== undefined) out.number(nVal);
  if (timeoutMs !== undefined) out.number(timeoutMs);
}

function readOptions(reader: ByteReader): WriteOptions {
  const given = readBits(reader, allOptions);
  return {
    w: has(given, option.w) ? readQuorum(reader) : undefined,
    dw: has(given, option.dw) ? readQuorum(reader) : undefined,
    pw: has(given, option.pw) ? readQuorum(reader) : undefined,
    sloppyQuorum: has(given, option.sloppyQuorum) ? readFlag(reader) : undefined,
    nVal: has(given, option.nVal) ? readCount(reader) : undefined,
    timeoutMs: has(given, option.timeoutMs) ? readCount(reader) : undefined,
  };
}

function writeQuorum(out: ByteWriter, quorum: Quorum): void {
  out.number(typeof quorum === "number" ? quorum + quorumWords.length : quorumWords.indexOf(quorum));
}

function readQuorum(reader: ByteReader): Quorum {
  const number = readCount(reader);
  return quorumWords[number] ?? number - quorumWords.length;
}

function writeContent(out: ByteWriter, content: Content): void {
  const { value, contentType, charset, contentEncoding, userMeta, indexes, links } = content;
  const hasLists = userMeta.length + indexes.length + links.length > 0;
  out.byte(
    (contentType === undefined ? 0 : part.contentType) |
      (charset === undefined ? 0 : part.charset) |
      (contentEncoding === undefined ? 0 : part.contentEncoding) |
      (hasLists ? part.lists : 0),
  );
  if (contentType !== undefined) out.text(contentType);
  if (charset !== undefined) out.text(charset);
  if (contentEncoding !== undefined) out.text(contentEncoding);
  if (hasLists) {
    writePairs(out, userMeta);
    writePairs(out, indexes);
    out.number(links.length);
    for (const { bucket, key, tag } of links) {
      out.text(bucket);
      out.text(key);
      out.text(tag);
    }
  }
  out.blob(value);
}

function readContent(reader: ByteReader): Content {
  const parts = readBits(reader, allParts);
  const contentType = has(parts, part.contentType) ? reader.text() : undefined;
  const charset = has(parts, part.charset) ? reader.text() : undefined;
  const contentEncoding = has(parts, part.contentEncoding) ? reader.text() : undefined;
  const userMeta = has(parts, part.lists) ? readPairs(reader) : noPairs;
  const indexes = has(parts, part.lists) ? readPairs(reader) : noPairs;
  const links = has(parts, part.lists) ? readLinks(reader) : noLinks;
  return { value: reader.blob(), contentType, charset, contentEncoding, userMeta, indexes, links };
}

function writePairs(out: ByteWriter, pairs: readonly Pair[]): void {
  out.number(pairs.length);
  for (const [name, value] of pairs) {
    out.text(name);
    out.text(value);
  }
}

function readPairs(reader: ByteReader): readonly Pair[] {
  return Array.from({ length: reader.count(2) }, (): Pair => [reader.text(), reader.text()]);
}

function readLinks(reader: ByteReader): readonly Link[] {
  const read = (): Link => ({ bucket: reader.text(), key: reader.text(), tag: reader.text() });
  return Array.from({ length: reader.count(3) }, read);
}

function readName(reader: ByteReader): string {
  const name = reader.text();
  if (name.length > nameBytesMax) throw new MalformedBytes(`a bucket, or its type, has a name of ${name.length} bytes`);
  return name;
}

function has(flags: number, one: number): boolean {
  return (flags & one) !== 0;
}
