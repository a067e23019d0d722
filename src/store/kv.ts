import { invariant, unreachable } from "../core/invariant.js";
import { SortedKeys } from "./sorted-keys.js";

/**
 * The replicated state machine: an ordered map of byte strings with etcd's revisions.
 * https://etcd.io/docs/v3.4/learning/data_model/
 *
 * Keys hold one character per byte (latin1): string order is byte order, and a Map can hash them.
 */
export type Key = string;

export interface KeyValue {
  readonly key: Key;
  readonly value: Uint8Array;
  /** Revision of the put that made the key. */
  readonly createRevision: number;
  /** Revision of the last put. */
  readonly modRevision: number;
  /** Puts since it was made; starts at 1 again after a delete. */
  readonly version: number;
}

export type Command =
  | { readonly type: "put"; readonly key: Key; readonly value: Uint8Array }
  /** `rangeEnd` as in {@link RangeRequest}. */
  | { readonly type: "deleteRange"; readonly key: Key; readonly rangeEnd: Key };

/** What applying a command did. */
export interface Outcome {
  /** The store's revision after it. */
  readonly revision: number;
  /** What was there before: the overwritten pair of a put (0 or 1), the deleted pairs of a delete. */
  readonly previous: readonly KeyValue[];
}

export interface RangeRequest {
  readonly key: Key;
  /** Empty: `key` alone · one zero byte: everything from `key` on · else: [key, rangeEnd). */
  readonly rangeEnd: Key;
  /** Pairs to return at most; 0 = all. */
  readonly limit: number;
  readonly countOnly: boolean;
}

export interface RangeResult {
  readonly revision: number;
  readonly kvs: readonly KeyValue[];
  /** Pairs in the range, whatever the limit. */
  readonly count: number;
  /** True where the limit cut pairs off. */
  readonly more: boolean;
}

export class Kv {
  readonly #pairs = new Map<Key, KeyValue>();
  readonly #keys = new SortedKeys();
  // etcd's count starts at 1 too, so that 0 can mean "now" in requests.
  #revision = 1;
  #bytes = 0;

  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#pairs.size;
  }

  /** Of all keys and values together. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Applies one encoded command. The same commands in the same order give the same state and outcomes everywhere. */
  apply(data: Uint8Array): Outcome {
    const bytes = bufferOf(data);
    const keyEnd = headerBytes + bytes.readUInt32LE(1);
    const key = bytes.toString("latin1", headerBytes, keyEnd);
    switch (bytes[0]) {
      case opcode.put:
        return this.#put(key, bytes.subarray(keyEnd));
      case opcode.deleteRange:
        return this.#deleteRange(key, bytes.toString("latin1", keyEnd));
      default:
        invariant(false, `a log entry holds a command of unknown kind ${bytes[0]}`);
    }
  }

  range(request: RangeRequest): RangeResult {
    const kvs: KeyValue[] = [];
    let count = 0;
    for (const pair of this.#within(request.key, request.rangeEnd)) {
      if (!request.countOnly && (request.limit === 0 || count < request.limit)) kvs.push(pair);
      count++;
    }
    return { revision: this.#revision, kvs, count, more: !request.countOnly && count > kvs.length };
  }

  #put(key: Key, value: Uint8Array): Outcome {
    const before = this.#pairs.get(key);
    const revision = ++this.#revision;
    if (before === undefined) this.#keys.add(key);
    this.#bytes += before === undefined ? key.length + value.length : value.length - before.value.length;
    this.#pairs.set(key, {
      key,
      value,
      createRevision: before?.createRevision ?? revision,
      modRevision: revision,
      version: (before?.version ?? 0) + 1,
    });
    return { revision, previous: before === undefined ? [] : [before] };
  }

  #deleteRange(key: Key, rangeEnd: Key): Outcome {
    const previous = [...this.#within(key, rangeEnd)];
    for (const pair of previous) {
      this.#pairs.delete(pair.key);
      this.#keys.delete(pair.key);
      this.#bytes -= pair.key.length + pair.value.length;
    }
    if (previous.length > 0) this.#revision++;
    return { revision: this.#revision, previous };
  }

  *#within(key: Key, rangeEnd: Key): Generator<KeyValue, void, undefined> {
    if (rangeEnd === "") {
      const pair = this.#pairs.get(key);
      if (pair !== undefined) yield pair;
      return;
    }
    for (const each of this.#keys.between(key, rangeEnd === "\0" ? undefined : rangeEnd)) {
      yield this.#pairs.get(each) as KeyValue;
    }
  }

  /** The whole state as bytes: equal states give equal bytes, so a hash of them compares nodes. */
  snapshot(): Uint8Array {
    let length = 8;
    for (const pair of this.#pairs.values()) length += pairHeaderBytes + pair.key.length + pair.value.length;
    const out = Buffer.allocUnsafe(length);
    out.writeDoubleLE(this.#revision, 0);
    let at = 8;
    for (const key of this.#keys.between("", undefined)) {
      const pair = this.#pairs.get(key) as KeyValue;
      out.writeUInt32LE(key.length, at);
      out.writeUInt32LE(pair.value.length, at + 4);
      out.writeDoubleLE(pair.createRevision, at + 8);
      out.writeDoubleLE(pair.modRevision, at + 16);
      out.writeDoubleLE(pair.version, at + 24);
      at += pairHeaderBytes;
      at += out.write(key, at, "latin1");
      out.set(pair.value, at);
      at += pair.value.length;
    }
    return out;
  }

  /** The state of which {@link snapshot} made `data`. */
  static restore(data: Uint8Array): Kv {
    const bytes = bufferOf(data);
    const kv = new Kv();
    kv.#revision = bytes.readDoubleLE(0);
    for (let at = 8; at < bytes.length;) {
      const keyEnd = at + pairHeaderBytes + bytes.readUInt32LE(at);
      const valueEnd = keyEnd + bytes.readUInt32LE(at + 4);
      const key = bytes.toString("latin1", at + pairHeaderBytes, keyEnd);
      kv.#pairs.set(key, {
        key,
        value: bytes.subarray(keyEnd, valueEnd),
        createRevision: bytes.readDoubleLE(at + 8),
        modRevision: bytes.readDoubleLE(at + 16),
        version: bytes.readDoubleLE(at + 24),
      });
      kv.#keys.add(key);
      kv.#bytes += key.length + valueEnd - keyEnd;
      at = valueEnd;
    }
    return kv;
  }
}

/** Key length, value length, then three revisions as doubles (exact below 2^53). */
const pairHeaderBytes = 4 + 4 + 3 * 8;

const opcode = { put: 1, deleteRange: 2 } as const;

/** Opcode, then the length of the key; the key and the value (or the range's end) follow. */
const headerBytes = 1 + 4;

/** The bytes of a command, as they stand in a log entry. */
export function encodeCommand(command: Command): Uint8Array {
  switch (command.type) {
    case "put": {
      const out = header(opcode.put, command.key, command.value.length);
      out.set(command.value, headerBytes + command.key.length);
      return out;
    }
    case "deleteRange": {
      const out = header(opcode.deleteRange, command.key, command.rangeEnd.length);
      out.write(command.rangeEnd, headerBytes + command.key.length, "latin1");
      return out;
    }
    default:
      return unreachable(command);
  }
}

function header(code: number, key: Key, restBytes: number): Buffer {
  const out = Buffer.allocUnsafe(headerBytes + key.length + restBytes);
  out[0] = code;
  out.writeUInt32LE(key.length, 1);
  out.write(key, headerBytes, "latin1");
  return out;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
