import { refusalOf, RequestFailed } from "./ask.js";
import type { Answer, Ask, Done, MemberChange } from "./ask.js";
import type { CommandAnswer, CommandName } from "./entries/commands.js";
import type { Principal } from "./entries/envelope.js";
import type { Compactor } from "./compactor.js";
import type { Store } from "./rpc/store.js";
import type { HashAnswer, MvccStore } from "./mvcc/mvcc-store.js";
import type { Refused } from "./mvcc/requests.js";
import type { MemberId } from "./raft/types.js";
import type { OwnWrites } from "./own-writes.js";
import type { Readers } from "./readers.js";
import type { Router } from "./router.js";
import type { ErrorName } from "./wire/errors.js";
import { inSlices } from "./slices.js";

export interface ClientRequestsOptions {
  readonly self: MemberId;
  readonly router: Pick<Router, "submit" | "submitRead">;
  readonly writes: Pick<OwnWrites, "submit">;
  readonly readers: Pick<Readers, "add">;
  readonly compactor: Pick<Compactor, "run">;
  /** The keys as applied here by now. */
  readonly kv: () => MvccStore;
  /** Monotonic: by when a request that comes in now has to be answered. */
  readonly deadlineMs: () => number;
}

/** What the store answered to a write, and in which term. */
export interface Written<N extends CommandName> {
  readonly answer: Extract<CommandAnswer, { type: N }>;
  readonly term: number;
}

/** What clients ask of this node, as promises: to the leader by way of the router, and answered by what this node has applied itself. */
export class ClientRequests implements Pick<Store, "write" | "read" | "hash" | "compacted" | "changeMembers"> {
  readonly #options: ClientRequestsOptions;

  constructor(options: ClientRequestsOptions) {
    this.#options = options;
  }

  write<N extends CommandName>(name: N, command: Uint8Array, as?: Principal): Promise<Written<N>> {
    return new Promise((resolve, reject) => {
      this.#options.writes.submit(command, as, (applied) => {
        if (applied.type === "failed") reject(new RequestFailed(applied.failure));
        else if (applied.type !== "applied" || !isAnswerTo(name, applied.answer)) reject(unexpected(applied));
        else resolve({ answer: applied.answer, term: applied.term });
      });
    });
  }

  async changeMembers(change: MemberChange): Promise<MemberId> {
    const deadlineMs = this.#options.deadlineMs();
    const { member, index } = await this.#request({ type: "member", change }, "memberChanged");
    // a member that leaves may never hear that it has
    const leaves = change.kind === "remove" && member === this.#options.self;
    if (!leaves) await this.#applied(index, deadlineMs);
    return member;
  }

  read<A>(answer: (kv: MvccStore) => A | Refused<ErrorName>, serializable: boolean): Promise<A> {
    const { router, readers, kv } = this.#options;
    const deadlineMs = this.#options.deadlineMs();
    return new Promise((resolve, reject) => {
      const serve = (): void => {
        const answered = answer(kv());
        if (isRefused(answered)) reject(new RequestFailed(refusalOf(answered)));
        else resolve(answered);
      };
      const fail = (): void =>
        reject(new RequestFailed({ kind: "unavailable", message: "this member lags behind; try another", error: "timedOut" }));
      if (serializable) {
        serve();
        return;
      }
      router.submitRead((readable) => {
        if (readable.type === "failed") reject(new RequestFailed(readable.failure));
        else if (readable.type !== "readable") reject(unexpected(readable));
        else readers.add({ index: readable.index, deadlineMs, serve, fail });
      });
    });
  }

  async hash(revision: number): Promise<HashAnswer> {
    const walk = this.#options.kv().hash(revision);
    if ("type" in walk) throw new RequestFailed(refusalOf(walk));
    return inSlices((hasTime) => {
      let answer = walk.step();
      while (answer === undefined && hasTime()) answer = walk.step();
      return answer;
    });
  }

  compacted(): Promise<void> {
    return this.#options.compactor.run();
  }

  /** Resolves once what was acknowledged anywhere before this call is applied here, or when that cannot be had in the time of a request. */
  async caughtUp(): Promise<void> {
    await this.read(() => undefined, false).catch((error: unknown) => {
      if (!(error instanceof RequestFailed)) throw error;
    });
  }

  /** The change is made, whatever this member knows of it; it shows it to whoever asks it next, or answers late. */
  #applied(index: number, deadlineMs: number): Promise<void> {
    return new Promise((done) => this.#options.readers.add({ index, deadlineMs, serve: done, fail: done }));
  }

  #request<T extends Done["type"]>(ask: Ask, type: T): Promise<Extract<Done, { type: T }>> {
    return new Promise((resolve, reject) => {
      this.#options.router.submit(ask, (answer) => {
        if (answer.type === "failed") reject(new RequestFailed(answer.failure));
        else if (answer.type === type) resolve(answer as Extract<Done, { type: T }>);
        else reject(unexpected(answer));
      });
    });
  }
}

function isAnswerTo<N extends CommandName>(name: N, answer: CommandAnswer): answer is Extract<CommandAnswer, { type: N }> {
  return answer.type === name;
}

function isRefused<A>(answer: A | Refused<ErrorName>): answer is Refused<ErrorName> {
  return (answer as Partial<Refused<ErrorName>> | undefined)?.type === "refused";
}

function unexpected({ type }: Answer): Error {
  return new Error(`the leader answered another question: ${type}`);
}
