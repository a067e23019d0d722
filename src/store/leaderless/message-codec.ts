/**
 * What nodes say to each other for most requests of clients, as bytes: the other messages are few, and stand on the wire as they are (see
 * message-shape.ts). Several stand one after the other; numbers and texts as in versions/binary.ts:
 *
 * type u8 · request, but for `compare` · place and key, if they are about an object · what else the type has, in the order of {@link writeMessage}
 *
 * A place is a byte, 0 at home and 1 a hint, partition and N, and a hint's member. What may be absent is led by a byte, 0 or 1. Who sent it and to
 * whom, the connection says.
 */
import { allBits, readBits, readCount, readFlag, readWord } from "./bounded-reads.js";
import { isNVal } from "./limits.js";
import type { Message, Outgoing, Wanted } from "./messages.js";
import { type Put, readPut, writePut } from "./put-codec.js";
import { ringSizes } from "./ring/place.js";
import { isStorageKey } from "./storage-key.js";
import type { Place } from "./storage.js";
import { ByteReader, type ByteWriter, MalformedBytes } from "./versions/binary.js";

type OfType<M, T extends Message["type"]> = Extract<M, { readonly type: T }>;

const code = {
  read: 1,
  readReply: 2,
  hashReply: 3,
  write: 4,
  writeReply: 5,
  compare: 6,
  readFailed: 7,
  offer: 8,
  ready: 9,
  forward: 10,
  forwardReply: 11,
} as const;
/** Of messages that have bytes, all or some of them. */
export type CodedType = keyof typeof code;
/** Types of which not all have bytes: of what is passed on, updates of data types have none, and of answers those that are more than "done". */
export type HalfCodedType = "forward" | "forwardReply";
/** Those of them that have bytes. */
type Coded<M> =
  | OfType<M, Exclude<CodedType, HalfCodedType>>
  | (OfType<M, "forward"> & { readonly asked: Put })
  | (OfType<M, "forwardReply"> & { readonly answer: typeof done });
export type CodedMessage = Coded<Message>;

const done = { ok: true, value: undefined } as const;
const passing = { isPassedOn: 1, isOffered: 2 } as const;
const allPassing = allBits(passing);
const wants = ["object", "hash"] as const;
const wanteds = ["nothing", "durable", "both", "kept"] as const satisfies readonly Wanted[];
const results = ["taken", "durable", "failed", "overload"] as const;
const partitionsMax = Math.max(...ringSizes);

export function isCoded(message: Outgoing): message is Coded<Outgoing> {
  switch (message.type) {
    case "forward":
      return message.asked.type === "put";
    case "forwardReply":
      return message.answer.ok && message.answer.value === undefined;
    default:
      return message.type in code;
  }
}

/** Of what `from` has sent to `to`. Bytes of objects are not looked into; they are views, and keep `bytes` alive. Throws {@link MalformedBytes}. */
export function decodeMessages(bytes: Uint8Array, from: string, to: string): CodedMessage[] {
  const reader = new ByteReader(bytes);
  const messages: CodedMessage[] = [];
  while (!reader.isAtEnd) messages.push(read(reader, from, to));
  return messages;
}

/** Puts it after those that stand there. */
export function writeMessage(out: ByteWriter, message: Coded<Outgoing>): void {
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
    case "readFailed":
    case "offer":
    case "forwardReply":
      return;
    case "ready":
      return out.byte(message.isReady ? 1 : 0);
    case "forward":
      out.byte((message.isPassedOn ? passing.isPassedOn : 0) | (message.isOffered ? passing.isOffered : 0));
      out.number(message.wallMs);
      return writePut(out, message.asked);
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
    case code.readFailed:
      return { type: "readFailed", from, to, request };
    case code.offer:
      return { type: "offer", from, to, request };
    case code.ready:
      return { type: "ready", from, to, request, isReady: readFlag(reader) };
    case code.forward: {
      const bits = readBits(reader, allPassing);
      const isPassedOn = (bits & passing.isPassedOn) !== 0;
      const isOffered = (bits & passing.isOffered) !== 0;
      const wallMs = readCount(reader);
      return { type: "forward", from, to, request, asked: readPut(reader), isPassedOn, isOffered, wallMs };
    }
    case code.forwardReply:
      return { type: "forwardReply", from, to, request, answer: done };
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
  if (!isStorageKey(key)) throw new MalformedBytes("a key is that of no object");
  return key;
}

function writeMaybe<T>(out: ByteWriter, value: T | undefined, writeValue: (value: T) => void): void {
  out.byte(value === undefined ? 0 : 1);
  if (value !== undefined) writeValue(value);
}

function readMaybe<T>(reader: ByteReader, readValue: () => T): T | undefined {
  return readFlag(reader) ? readValue() : undefined;
}
