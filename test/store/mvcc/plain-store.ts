import type { Key, KeyValue, LeaseId, Revision, Version } from "../../../src/store/mvcc/key-value.js";
import type {
  Answer,
  Compare,
  DeleteRangeOp,
  KvError,
  Op,
  PutOp,
  RangeOp,
  RangeQuery,
  Refused,
  TxnOp,
} from "../../../src/store/mvcc/requests.js";

class Refusal extends Error {
  readonly error: KvError;

  constructor(error: KvError) {
    super(error);
    this.error = error;
  }
}

/**
 * The store without any cleverness: a list of all writes that were ever made. Every question is answered by going through it from its
 * start; a transaction that is refused puts back the list as it was.
 */
export class PlainStore {
  writes: Version[] = [];
  revision = 1;
  compactRevision = -1;
  readonly #leases: ReadonlySet<LeaseId>;

  constructor(leases: ReadonlySet<LeaseId>) {
    this.#leases = leases;
  }

  apply(op: PutOp | DeleteRangeOp | TxnOp): Answer | Refused {
    const saved = [...this.writes];
    try {
      const begin = this.revision;
      if (op.type === "put" && op.lease !== 0n && !this.#leases.has(op.lease)) throw new Refusal("leaseNotFound");
      const steps = op.type === "txn" ? this.#choose(op) : [];
      for (const step of steps) if (step.type === "put") this.#checkPut(step);
      for (const step of steps) if (step.type === "range") this.#checkRevision(step.query.revision);
      const answer = op.type === "txn" ? this.#txn(op, begin, this.#path(op)) : this.#do(op, begin);
      this.revision = this.#now(begin);
      return answer.type === "txn" ? { ...answer, revision: this.revision } : answer;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.writes = saved;
      return { type: "refused", error: error.error };
    }
  }

  range(query: RangeQuery): Answer | Refused {
    if (query.revision > this.revision) return { type: "refused", error: "futureRevision" };
    if (query.revision > 0 && query.revision < this.compactRevision) return { type: "refused", error: "compacted" };
    return this.#range(query, this.revision);
  }

  compact(revision: Revision): object {
    if (revision <= this.compactRevision) return { type: "refused", error: "compacted" };
    if (revision > this.revision) return { type: "refused", error: "futureRevision" };
    this.compactRevision = revision;
    return { type: "done", revision: this.revision };
  }

  endLease(lease: LeaseId): Revision {
    const keys = this.keysOf(lease);
    keys.forEach((key, sub) => this.writes.push(deletion(key, this.revision + 1, sub)));
    if (keys.length > 0) this.revision++;
    return this.revision;
  }

  keysOf(lease: LeaseId): Key[] {
    return this.pairs(this.revision)
      .filter((kv) => kv.lease === lease)
      .map(({ key }) => key);
  }

  /** All pairs at a revision, by key. */
  pairs(revision: Revision): Version[] {
    const standing = new Map<Key, Version>();
    for (const write of this.writes) {
      if (write.modRevision > revision) continue;
      if (write.deleted) standing.delete(write.key);
      else standing.set(write.key, write);
    }
    return [...standing.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  before(write: Version): KeyValue | undefined {
    if (write.modRevision - 1 < this.compactRevision) return undefined;
    return this.pairs(write.modRevision - 1).find(({ key }) => key === write.key);
  }

  /** The writes that may still matter: those from the compacted revision on, and what stood at it. */
  survivors(): Version[] {
    const standing = this.pairs(this.compactRevision);
    return this.writes.filter((write) => write.modRevision >= this.compactRevision || standing.includes(write));
  }

  #do(op: Exclude<Op, TxnOp>, begin: Revision): Answer {
    switch (op.type) {
      case "put":
        return this.#put(op, begin);
      case "deleteRange":
        return this.#deleteRange(op, begin);
      case "range":
        return this.#range(op.query, this.#now(begin));
      case "empty":
        throw new Error("never asked");
    }
  }

  #put(op: PutOp, begin: Revision): Answer {
    const before = this.pairs(begin + 1).find(({ key }) => key === op.key);
    const isKept = op.ignoreValue || op.ignoreLease;
    if (isKept && before === undefined && this.pairs(begin).every(({ key }) => key !== op.key)) throw new Refusal("keyNotFound");
    this.writes.push({
      key: op.key,
      value: op.ignoreValue ? (before?.value ?? new Uint8Array()) : op.value,
      lease: op.ignoreLease ? (before?.lease ?? 0n) : op.lease,
      createRevision: before?.createRevision ?? begin + 1,
      modRevision: begin + 1,
      version: (before?.version ?? 0) + 1,
      sub: this.#changes(begin),
      deleted: false,
    });
    return { type: "put", revision: begin + 1, previous: op.prevKv ? before : undefined };
  }

  #deleteRange(op: DeleteRangeOp, begin: Revision): Answer {
    const doomed = this.pairs(begin + 1).filter(({ key }) => isWithin(key, op.key, op.rangeEnd));
    for (const { key } of doomed) this.writes.push(deletion(key, begin + 1, this.#changes(begin)));
    return {
      type: "deleteRange",
      revision: this.#now(begin),
      deleted: doomed.length,
      previous: op.prevKv ? doomed : [],
    };
  }

  #range(query: RangeQuery, now: Revision): Answer {
    const found = this.pairs(query.revision > 0 ? query.revision : now).filter(({ key }) =>
      isWithin(key, query.key, query.rangeEnd),
    );
    const count = found.length;
    if (query.countOnly) return { type: "range", revision: now, kvs: [], count, more: false };
    const isFetchedWhole =
      query.limit <= 0 ||
      query.sort.order !== "none" ||
      [query.minMod, query.maxMod, query.minCreate, query.maxCreate].some((bound) => bound !== 0);
    let kvs: KeyValue[] = isFetchedWhole ? found : found.filter((_, i) => i <= query.limit);
    if (query.maxMod !== 0) kvs = kvs.filter((kv) => !(kv.modRevision > query.maxMod));
    if (query.minMod !== 0) kvs = kvs.filter((kv) => !(kv.modRevision < query.minMod));
    if (query.maxCreate !== 0) kvs = kvs.filter((kv) => !(kv.createRevision > query.maxCreate));
    if (query.minCreate !== 0) kvs = kvs.filter((kv) => !(kv.createRevision < query.minCreate));
    const sign = query.sort.order === "descend" ? -1 : 1;
    const field = {
      key: (kv: KeyValue): string => kv.key,
      version: (kv: KeyValue): number => kv.version,
      create: (kv: KeyValue): number => kv.createRevision,
      mod: (kv: KeyValue): number => kv.modRevision,
      value: (kv: KeyValue): string => Buffer.from(kv.value).toString("latin1"),
    }[query.sort.by];
    kvs.sort((a, b) => (field(a) < field(b) ? -sign : field(a) > field(b) ? sign : 0));
    const more = query.limit > 0 && kvs.length > query.limit;
    if (more) kvs = kvs.slice(0, query.limit);
    if (query.keysOnly) kvs = kvs.map((kv) => ({ ...kv, value: new Uint8Array() }));
    return { type: "range", revision: now, kvs, count, more };
  }

  /** Which way each transaction of the tree goes, decided before anything is written. */
  #path(op: TxnOp, path = new Map<TxnOp, boolean>()): Map<TxnOp, boolean> {
    path.set(
      op,
      op.compare.every((compare) => this.#holds(compare)),
    );
    for (const nested of [...op.success, ...op.failure]) if (nested.type === "txn") this.#path(nested, path);
    return path;
  }

  #choose(op: TxnOp, path = this.#path(op)): Exclude<Op, TxnOp>[] {
    return (path.get(op) ? op.success : op.failure).flatMap((each) => (each.type === "txn" ? this.#choose(each, path) : [each]));
  }

  #txn(op: TxnOp, begin: Revision, path: Map<TxnOp, boolean>): Answer {
    const succeeded = path.get(op) === true;
    const responses = (succeeded ? op.success : op.failure).map((each) =>
      each.type === "txn" ? this.#txn(each, begin, path) : this.#do(each, begin),
    );
    return { type: "txn", revision: 0, succeeded, responses };
  }

  #holds({ key, rangeEnd, target, operand, result }: Compare): boolean {
    const kvs: (KeyValue | undefined)[] = this.pairs(this.revision).filter((kv) => isWithin(kv.key, key, rangeEnd));
    if (kvs.length === 0 && target === "value") return false;
    return (kvs.length === 0 ? [undefined] : kvs).every((kv) => {
      const operands = {
        version: kv?.version,
        create: kv?.createRevision,
        mod: kv?.modRevision,
        lease: kv?.lease,
        value: kv?.value,
      };
      const [left, right] = [operands[target] ?? 0, operand].map((each) =>
        each instanceof Uint8Array ? Buffer.from(each).toString("latin1") : BigInt(each),
      ) as [bigint, bigint];
      return { equal: left === right, notEqual: left !== right, greater: left > right, less: left < right }[result];
    });
  }

  #checkPut(op: PutOp): void {
    const isThere = this.pairs(this.revision).some(({ key }) => key === op.key);
    if ((op.ignoreValue || op.ignoreLease) && !isThere) throw new Refusal("keyNotFound");
    if (op.lease !== 0n && !this.#leases.has(op.lease)) throw new Refusal("leaseNotFound");
  }

  #checkRevision(revision: RangeOp["query"]["revision"]): void {
    if (revision > this.revision) throw new Refusal("futureRevision");
    if (revision !== 0 && revision < this.compactRevision) throw new Refusal("compacted");
  }

  #changes(begin: Revision): number {
    return this.writes.filter(({ modRevision }) => modRevision === begin + 1).length;
  }

  #now(begin: Revision): Revision {
    return this.#changes(begin) === 0 ? begin : begin + 1;
  }
}

function isWithin(key: Key, from: Key, end: Key): boolean {
  if (end === "") return key === from;
  return key >= from && (end === "\0" || key < end);
}

function deletion(key: Key, modRevision: Revision, sub: number): Version {
  return { key, value: new Uint8Array(), createRevision: 0, modRevision, version: 0, lease: 0n, sub, deleted: true };
}
