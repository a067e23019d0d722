import type { Answer, Ask, Failure } from "./ask.js";
import { none } from "./raft/types.js";
import type { MemberId } from "./raft/types.js";

/** One request on its way, ours or a peer's. */
export interface Op {
  readonly ask: Ask;
  readonly deadlineMs: number;
  /** Whose client asked: a peer's ops go back to it, ours wait here. */
  readonly isPeers: boolean;
  /** How often it was handed to a leader that may have acted on it, or may yet: at 0 it certainly had no effect. */
  doubts: number;
  /** Counts how often it was handed to a leader: what is heard of an earlier time comes too late to matter. */
  attempt: number;
  /** Whom it was handed to last, as long as nothing was heard; {@link none}: it waits here, or is in a log. */
  askedOf: MemberId;
  /** A write: the term of the leader in whose log it stands, as far as this member knows; 0: in none. */
  takenIn: number;
  settled: boolean;
  onAnswer: (answer: Answer) => void;
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
  /** Acts on an op as the leader, and says what becomes of it. */
  readonly lead: (op: Op) => void;
  readonly forward: (leader: MemberId, ask: Ask, onForwarded: (forwarded: Forwarded) => void) => void;
  /** A read waits for {@link Router.flushReads}. */
  readonly onRead: () => void;
}

/**
 * Brings every request to the leader, and says in time where this was not possible, and whether the request can have had an effect all the
 * same. A read has no effect, and a write has a number by which its repeats are known, so both are asked again as often as it takes; a
 * change of members that may have been begun is never asked twice.
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
  submit(ask: Ask, onAnswer: (answer: Answer) => void): Op {
    const op = this.#begin(ask, false, onAnswer);
    this.#route(op);
    return op;
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
    else this.#giveBack(op);
  }

  settle(op: Op, answer: Answer): void {
    if (op.settled) return;
    op.settled = true;
    const { onAnswer } = op;
    // the op may wait here for a while yet; what its client's call consists of need not
    op.onAnswer = nobodyWaits;
    onAnswer(answer);
  }

  fail(op: Op, failure: Failure): void {
    this.settle(op, { type: "failed", failure });
  }

  /**
   * Whoever had the op last certainly did nothing and never will: it was refused before it reached a log, or another entry is committed
   * in its place. Back to waiting for a leader, or to the peer it came from.
   */
  moved(op: Op): void {
    if (op.settled) return;
    op.doubts--;
    this.#giveBack(op);
  }

  /** As {@link moved}, for good. Where it may have been done at an earlier attempt, only the state can tell. */
  refuse(op: Op, failure: Failure): void {
    if (op.settled) return;
    op.doubts--;
    if (op.doubts === 0) this.fail(op, failure);
    else this.#giveBack(op);
  }

  /** The write stands in the log of the leader of `term`. */
  taken(op: Op, term: number): void {
    op.askedOf = none;
    op.takenIn = term;
    if (op.isPeers) this.settle(op, { type: "taken", term });
  }

  /**
   * An entry of `term` is applied here, and everything before it. What leaders of earlier terms took and is not applied by now never will
   * be: whoever leads from now on has that entry, and so a log that agrees with this one up to there (thesis §3.5).
   */
  reachedTerm(term: number): void {
    for (const op of this.#inOrder) {
      if (op.settled || op.takenIn === 0 || op.takenIn >= term) continue;
      op.takenIn = 0;
      op.doubts--;
      this.#route(op);
    }
  }

  /** Somebody else leads, or nobody: what the one before has not answered is asked of the next. */
  leaderChanged(): void {
    const { self, leader } = this.#options;
    for (const op of this.#inOrder) {
      if (op.settled || op.askedOf === none || op.askedOf === self || op.ask.type === "member") continue;
      if (op.askedOf !== leader()) this.#giveBack(op);
    }
    this.sweep();
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
      doubts: 0,
      attempt: 0,
      askedOf: none,
      takenIn: 0,
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
      this.#giveBack(op);
    } else if (to === self) {
      this.#lead(op);
    } else {
      op.doubts++;
      op.askedOf = to;
      const attempt = ++op.attempt;
      forward(to, op.ask, (forwarded) => this.#onForwarded(op, attempt, forwarded));
    }
  }

  #lead(op: Op): void {
    op.doubts++;
    op.attempt++;
    op.askedOf = this.#options.self;
    this.#options.lead(op);
  }

  /** To the peer it came from, or to what waits for a leader. */
  #giveBack(op: Op): void {
    op.askedOf = none;
    if (op.isPeers) {
      this.fail(op, { kind: "moved", message: "this member is not the leader" });
    } else if (this.#waiting.length < this.#options.waitingMax) {
      op.attempt++;
      this.#waiting.push(op);
    } else {
      const kind = this.#mayHaveEffect(op) ? "indefinite" : "unavailable";
      this.fail(op, { kind, message: "too many requests wait for a leader", error: "tooManyRequests" });
    }
  }

  #onForwarded(op: Op, attempt: number, forwarded: Forwarded): void {
    if (op.settled) return;
    const hadNoEffect = forwarded.type === "not-sent" || (forwarded.type === "answered" && isRefusal(forwarded.answer));
    if (attempt !== op.attempt) {
      if (hadNoEffect) op.doubts--;
    } else if (forwarded.type === "answered") {
      this.#onAnswered(op, forwarded.answer);
    } else if (hadNoEffect) {
      this.moved(op);
    } else if (op.ask.type === "member") {
      this.fail(op, { kind: "indefinite", message: "the connection to the leader broke before its answer came" });
    } else {
      this.#giveBack(op);
    }
  }

  #onAnswered(op: Op, answer: Answer): void {
    if (answer.type === "taken") this.taken(op, answer.term);
    else if (answer.type !== "failed") this.settle(op, answer);
    else if (answer.failure.kind === "moved") this.moved(op);
    else if (answer.failure.kind !== "indefinite") this.refuse(op, answer.failure);
    else if (op.ask.type === "member") this.fail(op, answer.failure);
    else this.#giveBack(op);
  }

  #mayHaveEffect({ doubts, ask }: Op): boolean {
    return doubts > 0 && ask.type !== "readIndex" && ask.type !== "timeToLive";
  }

  #expire(op: Op): void {
    const isLed = this.#options.leader() !== none;
    const known = isLed ? "the leader did not answer" : "no leader is known";
    if (this.#mayHaveEffect(op)) {
      this.fail(op, { kind: "indefinite", message: `${known} in time; the request may still be carried out`, error: "timedOut" });
    } else {
      const error = isLed ? "timedOut" : "noLeader";
      this.fail(op, { kind: "unavailable", message: `${known} in time; the request was not carried out`, error });
    }
  }
}

function nobodyWaits(): void {}

/** Whether whoever answered so did nothing of what it was asked, and never will. */
function isRefusal(answer: Answer): boolean {
  return answer.type === "failed" && answer.failure.kind !== "indefinite";
}
