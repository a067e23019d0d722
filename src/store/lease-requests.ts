import { RequestFailed } from "./ask.js";
import type { Answer, Ask } from "./ask.js";
import type { Key, LeaseId } from "./mvcc/key-value.js";
import { noLease } from "./mvcc/key-value.js";
import type { Readers } from "./readers.js";
import type { Leases, TimeLeft } from "./rpc/store.js";
import type { StoreState } from "./store-state.js";

export interface LeaseRequestsOptions {
  readonly router: { readonly submit: (ask: Ask, onAnswer: (answer: Answer) => void) => unknown };
  readonly readers: Pick<Readers, "add">;
  /** As applied here by now. */
  readonly state: () => StoreState;
  readonly electionTimeoutMs: number;
  readonly randomBytes: (count: number) => Buffer;
  /** Monotonic: by when a request that comes in now has to be answered. */
  readonly deadlineMs: () => number;
}

/** Renewals in one question, at most. */
const idsMax = 10_000;

/** What clients ask of leases beyond the log: the leader's clock answers, the one of this member or another's. */
export class LeaseRequests implements Leases {
  readonly #options: LeaseRequestsOptions;
  /** Renewals that arrived in this turn of the event loop share one question. */
  #renewals: { readonly id: LeaseId; readonly resolve: (ttlSec: number) => void; readonly reject: (why: Error) => void }[] = [];

  constructor(options: LeaseRequestsOptions) {
    this.#options = options;
  }

  filledIn(id: LeaseId, ttlSec: number): { readonly id: LeaseId; readonly ttl: number } {
    const { electionTimeoutMs } = this.#options;
    // a lease must outlast the choice of a leader, which takes one or two election timeouts; the factor is etcd's
    const ttlSecMin = Math.ceil((1.5 * electionTimeoutMs) / 1000);
    return { id: id === noLease ? this.#drawId() : id, ttl: Math.max(ttlSec, ttlSecMin) };
  }

  keepAlive(id: LeaseId): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#renewals.push({ id, resolve, reject });
      if (this.#renewals.length === 1) setImmediate(() => this.#flush());
      else if (this.#renewals.length === idsMax) this.#flush();
    });
  }

  timeToLive(id: LeaseId, withKeys: boolean): Promise<TimeLeft | undefined> {
    const { router, readers, state } = this.#options;
    const deadlineMs = this.#options.deadlineMs();
    return new Promise((resolve, reject) => {
      router.submit({ type: "timeToLive", id }, (answer) => {
        if (answer.type !== "timeLeft") {
          reject(failureOf(answer));
          return;
        }
        const { index, ttlSec, leftMs } = answer;
        const keys = (): readonly Key[] => (withKeys ? state().kv.keysOf(id) : []);
        const serve = (): void => resolve(ttlSec === 0 ? undefined : { grantedSec: ttlSec, leftMs, keys: keys() });
        const fail = (): void =>
          reject(new RequestFailed({ kind: "unavailable", message: "this member lags behind; try another", error: "timedOut" }));
        readers.add({ index, deadlineMs, serve, fail });
      });
    });
  }

  all(): readonly LeaseId[] {
    return [...this.#options.state().leases.all()].map(({ id }) => id);
  }

  /** Positive, and so many that nobody draws one twice. */
  #drawId(): LeaseId {
    let id = noLease;
    while (id === noLease) id = this.#options.randomBytes(8).readBigUInt64BE() >> 1n;
    return id;
  }

  #flush(): void {
    const renewals = this.#renewals;
    this.#renewals = [];
    if (renewals.length === 0) return;
    const ids = renewals.map(({ id }) => id);
    this.#options.router.submit({ type: "keepAlive", ids }, (answer) => {
      for (const [at, { resolve, reject }] of renewals.entries()) {
        if (answer.type === "keptAlive") resolve(answer.ttlsSec[at] ?? 0);
        else reject(failureOf(answer));
      }
    });
  }
}

function failureOf(answer: Answer): Error {
  if (answer.type === "failed") return new RequestFailed(answer.failure);
  return new Error(`the leader answered another question: ${answer.type}`);
}
