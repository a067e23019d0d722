import { unreachable } from "../core/invariant.js";
import type { KvInput, KvOutput } from "../check/models/kv.js";
import { applyCommand } from "../store/entries/apply-command.js";
import { encodeCommand } from "../store/entries/commands.js";
import { MvccStore } from "../store/mvcc/mvcc-store.js";
import { restoreStore, wholeSnapshot } from "../store/mvcc/whole-snapshot.js";
import { plainRange } from "../store/mvcc/requests.js";
import type { Entry } from "../store/raft/types.js";

export type Write = Exclude<KvInput, { op: "get" }>;

const chainBytes = 4;

/**
 * The store's keys, with a chain of checksums over everything applied: two nodes at one index have the same chain
 * only if they applied the same entries, each once and in the same order, whatever of it is still visible in the keys.
 */
export class SimStateMachine {
  #kv = new MvccStore(noLeases);
  #chain = 0;

  get chain(): number {
    return this.#chain;
  }

  apply(entry: Entry): KvOutput {
    this.#chain = mix(mix(mix(this.#chain, entry.index), entry.term), entry.kind === "conf" ? 1 : 2);
    for (const byte of entry.data) this.#chain = mix(this.#chain, byte);
    if (entry.kind === "conf" || entry.data.length === 0) return null;
    const answer = applyCommand(this.#kv, entry.data);
    // a put answers nothing; clients that deleted ask whether there was something
    return answer.type === "deleteRange" && answer.deleted > 0;
  }

  get(key: string): string | null {
    const answer = this.#kv.range({ ...plainRange, key, rangeEnd: "" });
    const found = answer.type === "range" ? answer.kvs[0] : undefined;
    return found === undefined ? null : decoder.decode(found.value);
  }

  snapshot(): Uint8Array {
    const kv = wholeSnapshot(this.#kv);
    const bytes = new Uint8Array(chainBytes + kv.length);
    new DataView(bytes.buffer).setUint32(0, this.#chain);
    bytes.set(kv, chainBytes);
    return bytes;
  }

  /** A snapshot without bytes is the empty one that a new cluster starts from. */
  restore(snapshot: Uint8Array): void {
    if (snapshot.length === 0) {
      this.#kv = new MvccStore(noLeases);
      this.#chain = 0;
      return;
    }
    this.#kv = restoreStore(snapshot.subarray(chainBytes), noLeases);
    this.#chain = new DataView(snapshot.buffer, snapshot.byteOffset).getUint32(0);
  }
}

export function encodeWrite(write: Write): Uint8Array {
  switch (write.op) {
    case "put":
      return encodeCommand("put", { key: write.key, value: encoder.encode(write.value) });
    case "delete":
      return encodeCommand("deleteRange", { key: write.key });
    default:
      return unreachable(write);
  }
}

/** What a client is told of a write that was applied. */
export function answerOf(write: Write, applied: KvOutput): KvOutput {
  return write.op === "put" ? null : applied;
}

const noLeases = (): boolean => false;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One round of MurmurHash3 (Appleby), 32 bits. */
function mix(hash: number, value: number): number {
  let k = Math.imul(value, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const h = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) >>> 0;
}
