import { refusalOf } from "./ask.js";
import type { Answer, Failure } from "./ask.js";
import { encodeEnvelope } from "./entries/envelope.js";
import type { Principal, RequestId } from "./entries/envelope.js";
import type { MemberId } from "./raft/types.js";
import type { Applied } from "./replica.js";
import type { Op, Router } from "./router.js";
import { sessionWindow } from "./sessions.js";
import type { Sessions } from "./sessions.js";

export interface OwnWritesOptions {
  readonly self: MemberId;
  /** Larger than that of any process of this member before. */
  readonly incarnation: number;
  readonly router: Pick<Router, "submit" | "settle" | "fail">;
}

/** What clients can make a member hold while nobody leads, or whoever leads is slow: two of a leader's bounds on what is not committed. */
const openBytesMax = 128 * 2 ** 20;

/**
 * The writes that clients of this member asked for and that are not answered yet. Each has a number, by which it is found again among what
 * this member applies: who leads does not matter for the answer, and the same number twice in the log is one write.
 */
export class OwnWrites {
  readonly #self: MemberId;
  readonly #router: OwnWritesOptions["router"];
  readonly #open = new Map<number, Op>();
  /** Of the entries of all that is open. */
  #openBytes = 0;
  #incarnation: number;
  #newest = 0;
  /** The lowest open one, or the next where none is. */
  #floor = 1;
  #failed = 0;

  constructor({ self, incarnation, router }: OwnWritesOptions) {
    this.#self = self;
    this.#incarnation = incarnation;
    this.#router = router;
  }

  /** Those that are not answered yet. */
  get pending(): number {
    return this.#open.size;
  }

  /** How many were not done, or nobody knows: those that made no sense are not counted. */
  get failed(): number {
    return this.#failed;
  }

  submit(command: Uint8Array, principal: Principal | undefined, onAnswer: (answer: Answer) => void): void {
    if (this.#newest + 1 >= this.#floor + sessionWindow || this.#openBytes + command.length > openBytesMax) {
      onAnswer({ type: "failed", failure: tooMany });
      return;
    }
    const seq = ++this.#newest;
    const incarnation = this.#incarnation;
    const request = { origin: this.#self, incarnation, seq };
    const entry = encodeEnvelope({ request, floor: this.#floor, principal, command });
    this.#openBytes += entry.length;
    const op = this.#router.submit({ type: "write", entry }, (answer) => {
      this.#openBytes -= entry.length;
      if (incarnation === this.#incarnation) this.#close(seq);
      if (answer.type === "failed" && answer.failure.kind !== "invalid") this.#failed++;
      onAnswer(answer);
    });
    if (!op.settled) this.#open.set(seq, op);
  }

  /** An entry of `term` was applied here. */
  onApplied(applied: Applied, term: number): void {
    if (applied.type === "command") {
      const op = applied.request === undefined ? undefined : this.#find(applied.request);
      if (op === undefined) return;
      const { answer } = applied;
      if (answer.type === "refused") this.#router.fail(op, refusalOf(answer));
      else this.#router.settle(op, { type: "applied", term, answer });
    } else if (applied.type === "outlived" && this.#find(applied.request) !== undefined) {
      this.#beginAnew(applied.by, begunAnew);
    }
  }

  /** A snapshot replaced the state, which now knows of these. */
  onRestored(sessions: Sessions): void {
    const inState = sessions.incarnationOf(this.#self);
    if (inState > this.#incarnation) {
      this.#beginAnew(inState, skipped);
      return;
    }
    for (const [seq, op] of this.#open) {
      if (sessions.isPast({ origin: this.#self, incarnation: this.#incarnation, seq })) this.#router.fail(op, skipped);
    }
  }

  /**
   * The state knows of a process of this member with a higher number: the disk that counts them was emptied in between. It drops all that
   * this one asks for, which therefore goes on under a number that is higher still.
   */
  #beginAnew(above: number, failure: Failure): void {
    const dropped = [...this.#open.values()];
    this.#open.clear();
    this.#incarnation = above + 1;
    this.#newest = 0;
    this.#floor = 1;
    for (const op of dropped) this.#router.fail(op, failure);
  }

  #find({ origin, incarnation, seq }: RequestId): Op | undefined {
    return origin === this.#self && incarnation === this.#incarnation ? this.#open.get(seq) : undefined;
  }

  #close(seq: number): void {
    this.#open.delete(seq);
    while (this.#floor <= this.#newest && !this.#open.has(this.#floor)) this.#floor++;
  }
}

const tooMany: Failure = {
  kind: "unavailable",
  message: "too many requests are not answered yet",
  error: "tooManyRequests",
};

const skipped: Failure = {
  kind: "indefinite",
  message: "a snapshot replaced the log, and with it the answer; the request was most likely carried out",
  error: "timedOut",
};

const begunAnew: Failure = {
  kind: "unavailable",
  message: "this member takes requests anew, since its disk was emptied; nothing was changed, try again",
  error: "unhealthy",
};
