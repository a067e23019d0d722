import type { Answer, Ask, Failure } from "./ask.js";
import { none } from "./raft/types.js";
import type { MemberId } from "./raft/types.js";

/** One request on its way, ours or a peer's. */
export interface Op {
  readonly ask: Ask;
  readonly deadlineMs: number;
  /** Whose client asked: a peer's ops go back to it, ours wait here. */
  readonly isPeers: boolean;
  /** True from when a leader may have begun to act on it. */
  begun: boolean;
  settled: boolean;
  readonly onAnswer: (answer: Answer) => void;
}

/** What became of an ask that was sent on; see `Reply` of the transport. */
export type Forwarded =
  { readonly type: "answered"; readonly answer: Answer } | { readonly type: "not-sent" } | { readonly type: "lost" };

export interface RouterOptions {
  readonly self: MemberId;
  /** Monotonic clock, ms. */
  readonly nowMs: () => number;
  /** From arrival to the answer, whatever happens. */
  readonly timeoutMs: number;
  /** Requests that wait for a leader at once; more are refused. */
  readonly waitingMax: number;
  readonly leader: () => MemberId;
  /** Acts on an op as the leader; it ends in {@link Router.settle} or {@link Router.moved}. */
  readonly lead: (op: Op) => void;
  readonly forward: (leader: MemberId, ask: Ask, onForwarded: (forwarded: Forwarded) => void) => void;
  /** A read waits for {@link Router.flushReads}. */
  readonly onRead: () => void;
}

/**
 * Brings every request to the leader and its answer back, or says in time that this was not possible, and whether the request can have
 * had an effect all the same. A request that certainly was not begun waits for the next leader; one that may have been begun is never
 * sent twice.
 */
export class Router {
  readonly #options: RouterOptions;
  /** All ops in order of arrival, which is the order of their deadlines; settled ones leave from the front. */
  #inOrder: Op[] = [];
  #waiting: Op[] = [];
  /** Reads that arrived in this turn of the event loop share one question. */
  #readers: ((answer: Answer) => void)[] = [];

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** A request of a client of this node. */
  submit(ask: Ask, onAnswer: (answer: Answer) => void): void {
    this.#route(this.#begin(ask, false, onAnswer));
  }

  /** As {@link submit} of a `readIndex`; leaves with {@link flushReads}. */
  submitRead(onAnswer: (answer: Answer) => void): void {
    this.#readers.push(onAnswer);
    this.#options.onRead();
  }

  flushReads(): void {
    if (this.#readers.length === 0) return;
    const readers = this.#readers;
    this.#readers = [];
    this.submit({ type: "readIndex" }, (answer) => {
      for (const onAnswer of readers) onAnswer(answer);
    });
  }

  /** A request that a peer sent here because it takes us for the leader. It is not sent on: the peer knows its client's deadline. */
  submitForPeer(ask: Ask, onAnswer: (answer: Answer) => void): void {
    const op = this.#begin(ask, true, onAnswer);
    if (this.#options.leader() === this.#options.self) this.#lead(op);
    else this.moved(op);
  }

  settle(op: Op, answer: Answer): void {
    if (op.settled) return;
    op.settled = true;
    op.onAnswer(answer);
  }

  fail(op: Op, failure: Failure): void {
    this.settle(op, { type: "failed", failure });
  }

  /**
   * The op certainly was not and never will be done by whoever had it: it was refused before it reached a log, or another entry is
   * committed in its place. Back to waiting for a leader, or to the peer it came from.
   */
  moved(op: Op): void {
    if (op.settled) return;
    op.begun = false;
    if (op.isPeers) this.fail(op, { kind: "moved", message: "this member is not the leader" });
    else if (this.#waiting.length < this.#options.waitingMax) this.#waiting.push(op);
    else this.fail(op, { kind: "unavailable", message: "too many requests wait for a leader", error: "tooManyRequests" });
  }

  /** Answers what is overdue and tries again what waits; called several times a second, and when the leader changes. */
  sweep(): void {
    const nowMs = this.#options.nowMs();
    let overdue = 0;
    for (const op of this.#inOrder) {
      if (!op.settled && op.deadlineMs > nowMs) break;
      overdue++;
      if (!op.settled) this.#expire(op);
    }
    if (overdue > 0) this.#inOrder = this.#inOrder.slice(overdue);
    if (this.#options.leader() === none || this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const op of waiting) if (!op.settled) this.#route(op);
  }

  /** The node ends: nobody will answer what is open. */
  close(): void {
    for (const op of this.#inOrder) if (!op.settled) this.#expire(op);
    this.#inOrder = [];
  }

  #begin(ask: Ask, isPeers: boolean, onAnswer: (answer: Answer) => void): Op {
    const op: Op = {
      ask,
      deadlineMs: this.#options.nowMs() + this.#options.timeoutMs,
      isPeers,
      begun: false,
      settled: false,
      onAnswer,
    };
    this.#inOrder.push(op);
    return op;
  }

  #route(op: Op): void {
    const { self, leader, forward } = this.#options;
    const to = leader();
    if (to === none) {
      this.moved(op);
    } else if (to === self) {
      this.#lead(op);
    } else {
      op.begun = true;
      forward(to, op.ask, (forwarded) => this.#onForwarded(op, forwarded));
    }
  }

  #lead(op: Op): void {
    op.begun = true;
    this.#options.lead(op);
  }

  #onForwarded(op: Op, forwarded: Forwarded): void {
    if (forwarded.type === "answered") {
      const { answer } = forwarded;
      if (answer.type === "failed" && answer.failure.kind === "moved") this.moved(op);
      else this.settle(op, answer);
    } else if (forwarded.type === "not-sent" || op.ask.type === "readIndex") {
      // a read has no effect: asking again is always safe
      this.moved(op);
    } else {
      this.fail(op, { kind: "indefinite", message: "the connection to the leader broke before its answer came" });
    }
  }

  #expire(op: Op): void {
    const hasEffect = op.begun && op.ask.type !== "readIndex";
    const isLed = this.#options.leader() !== none;
    const known = isLed ? "the leader did not answer" : "no leader is known";
    if (hasEffect) {
      this.fail(op, { kind: "indefinite", message: `${known} in time; the request may still be carried out`, error: "timedOut" });
    } else {
      const error = isLed ? "timedOut" : "noLeader";
      this.fail(op, { kind: "unavailable", message: `${known} in time; the request was not carried out`, error });
    }
  }
}
