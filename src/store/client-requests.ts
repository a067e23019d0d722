import { RequestFailed } from "./ask.js";
import type { Answer, Ask, Done, MemberChange } from "./ask.js";
import type { Store } from "./io/gateway.js";
import type { Kv, RangeRequest, RangeResult } from "./kv.js";
import type { MemberId } from "./raft/types.js";
import type { Readers } from "./readers.js";
import type { Router } from "./router.js";

export interface ClientRequestsOptions {
  readonly self: MemberId;
  readonly router: Pick<Router, "submit" | "submitRead">;
  readonly readers: Pick<Readers, "add">;
  /** The keys as applied here by now. */
  readonly kv: () => Kv;
  /** Monotonic: by when a request that comes in now has to be answered. */
  readonly deadlineMs: () => number;
}

/** What clients ask of this node, as promises: to the leader and back by way of the router, and then as far as this node has applied it. */
export class ClientRequests implements Pick<Store, "write" | "range" | "changeMembers"> {
  readonly #options: ClientRequestsOptions;

  constructor(options: ClientRequestsOptions) {
    this.#options = options;
  }

  write(command: Uint8Array, wantPrevious: boolean): Promise<Extract<Done, { type: "written" }>> {
    return this.#request({ type: "write", command, wantPrevious }, "written");
  }

  async changeMembers(change: MemberChange): Promise<MemberId> {
    const { self, readers } = this.#options;
    const deadlineMs = this.#options.deadlineMs();
    const { member, index } = await this.#request({ type: "member", change }, "memberChanged");
    // A member that leaves may never hear that it has. Any other shows the change to whoever asks it next, or answers late: it is made.
    const leaves = change.kind === "remove" && member === self;
    if (!leaves) await new Promise<void>((done) => readers.add({ index, deadlineMs, serve: done, fail: done }));
    return member;
  }

  range(request: RangeRequest, serializable: boolean): Promise<RangeResult> {
    const { router, readers, kv } = this.#options;
    if (serializable) return Promise.resolve(kv().range(request));
    const deadlineMs = this.#options.deadlineMs();
    return new Promise((resolve, reject) => {
      const serve = (): void => resolve(kv().range(request));
      const fail = (): void =>
        reject(new RequestFailed({ kind: "unavailable", message: "this member lags behind; try another", error: "timedOut" }));
      router.submitRead((answer) => {
        if (answer.type === "failed") reject(new RequestFailed(answer.failure));
        else if (answer.type !== "readable") reject(unexpected(answer));
        else readers.add({ index: answer.index, deadlineMs, serve, fail });
      });
    });
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

function unexpected(answer: Answer): Error {
  return new Error(`the leader answered another question: ${answer.type}`);
}
