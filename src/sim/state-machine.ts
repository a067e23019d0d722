import { unreachable } from "../core/invariant.js";
import type { KvInput } from "../check/models/kv.js";
import { decodeCommand, encodeCommand } from "../store/entries/commands.js";
import { decodeEnvelope } from "../store/entries/envelope.js";
import type { LeaseBook } from "../store/lease/lease-book.js";
import type { MvccStore } from "../store/mvcc/mvcc-store.js";
import { wholeSnapshot } from "../store/mvcc/whole-snapshot.js";
import { plainRange } from "../store/mvcc/requests.js";
import type { Entry } from "../store/raft/types.js";
import { Replica } from "../store/replica.js";
import type { Applied, Member } from "../store/replica.js";
import type { Sessions } from "../store/sessions.js";

export type Write = Exclude<KvInput, { op: "get" }>;

const headBytes = 4;

/**
 * The store's state, with a chain of checksums over everything applied: two nodes at one index have the same chain
 * only if they applied the same entries, each once and in the same order, whatever of it is still visible in the state.
 */
export class SimStateMachine {
  readonly #founders: readonly Member[];
  #replica: Replica;
  #chain = 0;

  /** @param founders the members with which the cluster began. */
  constructor(founders: readonly Member[]) {
    this.#founders = founders;
    this.#replica = Replica.create(founders);
  }

  get chain(): number {
    return this.#chain;
  }

  /**
   * @param forgets plants the bug `forgetsRequests`: what is a repeat has an effect once more.
   * @param confusesLeases plants the bug of that name: what is said of a lease counts for whichever has its id now.
   */
  apply(entry: Entry, forgets = false, confusesLeases = false): Applied {
    this.#chain = mix(mix(mix(this.#chain, entry.index), entry.term), entry.kind === "conf" ? 1 : 2);
    for (const byte of entry.data) this.#chain = mix(this.#chain, byte);
    const isConfused = confusesLeases && entry.kind === "normal" && entry.data.length > 0;
    const applied = this.#replica.apply(isConfused ? { ...entry, data: withSerialsOfNow(entry.data, this.leases) } : entry);
    const envelope =
      forgets && (applied.type === "repeat" || applied.type === "outlived") ? decodeEnvelope(entry.data) : undefined;
    if (envelope === undefined) return applied;
    return { type: "command", request: envelope.request, answer: this.#replica.state.apply(envelope.command) };
  }

  get members(): Pick<Replica, "members" | "nextMember"> {
    return this.#replica;
  }

  get kv(): MvccStore {
    return this.#replica.kv;
  }

  get leases(): LeaseBook {
    return this.#replica.state.leases;
  }

  get sessions(): Sessions {
    return this.#replica.state.sessions;
  }

  get(key: string): string | null {
    const answer = this.#replica.state.kv.range({ ...plainRange, key, rangeEnd: "" });
    const found = answer.type === "range" ? answer.kvs[0] : undefined;
    return found === undefined ? null : decoder.decode(found.value);
  }

  /** Chain u32, the state as a stream. */
  snapshot(): Uint8Array {
    const state = wholeSnapshot(this.#replica);
    const bytes = new Uint8Array(headBytes + state.length);
    new DataView(bytes.buffer).setUint32(0, this.#chain);
    bytes.set(state, headBytes);
    return bytes;
  }

  /** A snapshot without bytes is the empty one that a new cluster starts from. */
  restore(snapshot: Uint8Array): void {
    if (snapshot.length === 0) {
      this.#replica = Replica.create(this.#founders);
      this.#chain = 0;
      return;
    }
    this.#replica = Replica.restore([snapshot.subarray(headBytes)]);
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

function withSerialsOfNow(data: Uint8Array, book: LeaseBook): Uint8Array {
  if (decodeEnvelope(data) !== undefined) return data;
  const command = decodeCommand(data);
  if (command.type !== "leaseTimes") return data;
  const expired = command.expired.map(({ id, serial }) => ({ id, serial: book.get(id)?.serial ?? serial }));
  return encodeCommand("leaseTimes", { expired, remaining: command.remaining });
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
