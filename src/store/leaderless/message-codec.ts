/**
 * What nodes say to each other for every request of a client, as bytes: the other messages are few, and stand on the wire as they are (see
 * message-shape.ts). Several stand one after the other; numbers and texts as in versions/binary.ts:
 *
 * type u8 · request, but for `compare` · place and key, if they are about an object · what else the type has, in the order of {@link writeMessage}
 *
 * A place is a byte, 0 at home and 1 a hint, partition and N, and a hint's member. What may be absent is led by a byte, 0 or 1. Who sent it and to
 * whom, the connection says.
 */
import { isNVal } from "./limits.js";
import type { Message, Wanted } from "./messages.js";
import { ringSizes } from "./ring/place.js";
import { objectName } from "./storage-key.js";
import type { Place } from "./storage.js";
import { ByteReader, ByteWriter, MalformedBytes } from "./versions/binary.js";

type Type = "read" | "readReply" | "hashReply" | "write" | "writeReply" | "compare";
/** Messages that have bytes. */
export type CodedMessage = Extract<Message, { readonly type: Type }>;

const code = { read: 1, readReply: 2, hashReply: 3, write: 4, writeReply: 5, compare: 6 } as const satisfies Record<Type, number>;
const wants = ["object", "hash"] as const;
const wanteds = ["nothing", "durable", "both", "kept"] as const satisfies readonly Wanted[];
const results = ["taken", "durable", "failed", "overload"] as const;
const partitionsMax = Math.max(...ringSizes);
/** Far enough below the largest whole number that counting on from it stays exact. */
const countMax = 2 ** 52;

export function isCoded(message: Message): message is CodedMessage {
  return message.type in code;
}

/** Of what `from` has sent to `to`. Bytes of objects are not looked into; they are views, and keep `bytes` alive. Throws {@link MalformedBytes}. */
export function decodeMessages(bytes: Uint8Array, from: string, to: string): CodedMessage[] {
  const reader = new ByteReader(bytes);
  const messages: CodedMessage[] = [];
  while (!reader.isAtEnd) messages.push(read(reader, from, to));
  return messages;
}

/** Puts it after those that stand there. */
export function writeMessage(out: ByteWriter, message: CodedMessage): void {
  out.byte(code[message.type]);
  if (message.type !== "compare") out.number(message.request);
  switch (message.type) {
    case "read":
      writePlace(out, message.place);
      out.text(message.key);
      return out.byte(wants.indexOf(message.wants));
    case "readReply":
      return writeMaybe(out, message.object, (object) => out.blob(object));
    case "hashReply":
      return writeMaybe(out, message.objectHash, (hash) => out.number(hash));
    case "write":
      writePlace(out, message.place);
      out.text(message.key);
      out.byte(wanteds.indexOf(message.wanted));
      return out.blob(message.object);
    case "writeReply":
      return out.byte(results.indexOf(message.result));
    case "compare":
      out.number(message.entries.length);
      for (const { place, key, objectHash } of message.entries) {
        writePlace(out, place);
        out.text(key);
        writeMaybe(out, objectHash, (hash) => out.number(hash));
      }
  }
}

function read(reader: ByteReader, from: string, to: string): CodedMessage {
  const type = reader.byte();
  const request = type === code.compare ? 0 : readCount(reader);
  switch (type) {
    case code.read:
      return { type: "read", from, to, request, place: readPlace(reader), key: readKey(reader), wants: readWord(reader, wants) };
    case code.readReply:
      return { type: "readReply", from, to, request, object: readMaybe(reader, () => reader.blob()) };
    case code.hashReply:
      return { type: "hashReply", from, to, request, objectHash: readMaybe(reader, () => readCount(reader)) };
    case code.write: {
      const place = readPlace(reader);
      const key = readKey(reader);
      const wanted = readWord(reader, wanteds);
      return { type: "write", from, to, request, place, key, wanted, object: reader.blob() };
    }
    case code.writeReply:
      return { type: "writeReply", from, to, request, result: readWord(reader, results) };
    case code.compare:
      return { type: "compare", from, to, entries: readEntries(reader) };
    default:
      throw new MalformedBytes(`there is no message ${type}`);
  }
}

function readEntries(reader: ByteReader): Extract<Message, { readonly type: "compare" }>["entries"] {
  const entryBytesMin = 5;
  return Array.from({ length: reader.count(entryBytesMin) }, () => ({
    place: readPlace(reader),
    key: readKey(reader),
    objectHash: readMaybe(reader, () => readCount(reader)),
  }));
}

function writePlace(out: ByteWriter, place: Place): void {
  out.byte(place.kind === "home" ? 0 : 1);
  out.number(place.partition);
  out.number(place.n);
  if (place.kind === "hint") out.text(place.member);
}

function readPlace(reader: ByteReader): Place {
  const isHint = readFlag(reader);
  const partition = readCount(reader);
  if (partition >= partitionsMax) throw new MalformedBytes(`there is no partition ${partition}`);
  const n = readCount(reader);
  if (!isNVal(n)) throw new MalformedBytes("a place is of keys that have too many owners, or none");
  return isHint ? { kind: "hint", partition, n, member: reader.text() } : { kind: "home", partition, n };
}

function readKey(reader: ByteReader): string {
  const key = reader.text();
  try {
    objectName(key);
  } catch {
    throw new MalformedBytes("a key is that of no object");
  }
  return key;
}

function readCount(reader: ByteReader): number {
  const count = reader.number();
  if (count > countMax) throw new MalformedBytes(`a number beyond 2^52: ${count}`);
  return count;
}

function writeMaybe<T>(out: ByteWriter, value: T | undefined, writeValue: (value: T) => void): void {
  out.byte(value === undefined ? 0 : 1);
  if (value !== undefined) writeValue(value);
}

function readMaybe<T>(reader: ByteReader, readValue: () => T): T | undefined {
  return readFlag(reader) ? readValue() : undefined;
}

function readFlag(reader: ByteReader): boolean {
  return readWord(reader, [false, true]);
}

function readWord<T>(reader: ByteReader, words: readonly T[]): T {
  const at = reader.byte();
  if (at >= words.length) throw new MalformedBytes(`a word has the number ${at}, and there are ${words.length}`);
  return words[at] as T;
}
