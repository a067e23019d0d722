import { unreachable } from "../core/invariant.js";
import type { KvInput, KvOutput } from "../check/models/kv.js";
import { encodeCommand, Kv } from "../store/kv.js";
import type { Entry } from "../store/raft/types.js";

export type Write = Exclude<KvInput, { op: "get" }>;

const chainBytes = 4;

/**
 * The store's key-value map, with a chain of checksums over everything applied: two nodes at one index have the same chain
 * only if they applied the same entries, each once and in the same order, whatever of it is still visible in the map.
 */
export class SimStateMachine {
  #kv = new Kv();
  #chain = 0;

  get chain(): number {
    return this.#chain;
  }

  apply(entry: Entry): KvOutput {
    this.#chain = mix(mix(mix(this.#chain, entry.index), entry.term), entry.kind === "conf" ? 1 : 2);
    for (const byte of entry.data) this.#chain = mix(this.#chain, byte);
    if (entry.kind === "conf" || entry.data.length === 0) return null;
    const { previous } = this.#kv.apply(entry.data);
    // a put answers nothing; clients that deleted ask whether there was something
    return previous.length > 0;
  }

  get(key: string): string | null {
    const { kvs } = this.#kv.range({ key, rangeEnd: "", limit: 1, countOnly: false });
    const found = kvs[0];
    return found === undefined ? null : decoder.decode(found.value);
  }

  snapshot(): Uint8Array {
    const kv = this.#kv.snapshot();
    const bytes = new Uint8Array(chainBytes + kv.length);
    new DataView(bytes.buffer).setUint32(0, this.#chain);
    bytes.set(kv, chainBytes);
    return bytes;
  }

  /** A snapshot without bytes is the empty one that a new cluster starts from. */
  restore(snapshot: Uint8Array): void {
    if (snapshot.length === 0) {
      this.#kv = new Kv();
      this.#chain = 0;
      return;
    }
    this.#kv = Kv.restore(snapshot.subarray(chainBytes));
    this.#chain = new DataView(snapshot.buffer, snapshot.byteOffset).getUint32(0);
  }
}

export function encodeWrite(write: Write): Uint8Array {
  switch (write.op) {
    case "put":
      return encodeCommand({ type: "put", key: write.key, value: encoder.encode(write.value) });
    case "delete":
      return encodeCommand({ type: "deleteRange", key: write.key, rangeEnd: "" });
    default:
      return unreachable(write);
  }
}

/** What a client is told of a write that was applied. */
export function answerOf(write: Write, applied: KvOutput): KvOutput {
  return write.op === "put" ? null : applied;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One round of MurmurHash3 (Appleby), 32 bits. */
function mix(hash: number, value: number): number {
  let k = Math.imul(value, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const h = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) >>> 0;
}
