/**
 * How far a container's log has been read, in a form from which reading can go on exactly, after any interruption.
 *
 * The engine can only be asked for "everything stamped at or after S". Stamps step back a little (stdout and stderr are
 * stamped by two writers, and a long line keeps the stamp of its first chunk), so the last stamp alone would lose or
 * repeat lines. But the log only grows at its end, so "the pieces stamped at or after S" is a list that only grows at its end
 * as well: it is enough to remember some S and how many such pieces have been seen, and to skip so many when reading again.
 */
export class Progress {
  /** Where reading began; undefined: at the start. */
  readonly #from: string | undefined;
  #point: Point;
  /** Replaces `point` once it is old enough for everything before it to have been written. */
  #candidate: Candidate | undefined;
  #total = 0;
  #firstStamp: string | undefined;
  #lastStamp = "";
  #seenAtLast = 0;
  /** Pieces since the last one with the last stamp: theirs step back. */
  #afterLast = 0;

  /** `reached`: goes on where another one, which began at the log's start, had got to. */
  constructor(from?: string, reached?: Reached) {
    this.#from = from;
    this.#point = { since: reached?.since ?? from, first: reached?.first, seen: reached?.seen ?? 0 };
    if (reached === undefined) return;
    this.#total = reached.total;
    this.#firstStamp = reached.start;
    this.#lastStamp = reached.last;
    this.#seenAtLast = reached.seenAtLast;
    this.#afterLast = reached.afterLast;
  }

  /** How far it has come, to go on from in another process. */
  reached(): Reached {
    const { since, first, seen } = this.#point;
    return {
      since,
      first,
      seen,
      total: this.#total,
      start: this.#firstStamp,
      last: this.#lastStamp,
      seenAtLast: this.#seenAtLast,
      afterLast: this.#afterLast,
    };
  }

  /** One more piece was seen, in the engine's order. `oldestOpen`: stamp of the oldest line of which chunks may still come. */
  note(stamp: string, oldestOpen: string | undefined): void {
    this.#total += 1;
    this.#firstStamp ??= stamp;
    this.#afterLast = stamp < this.#lastStamp ? this.#afterLast + 1 : 0;
    if (stamp > this.#lastStamp) [this.#lastStamp, this.#seenAtLast] = [stamp, 1];
    else if (stamp === this.#lastStamp) this.#seenAtLast += 1;

    if (this.#point.since === undefined || stamp >= this.#point.since) this.#point.seen += 1;
    // the engine's clock was set back: from here on only counting from the very beginning is safe
    else this.#point = { since: this.#from, first: this.#firstStamp, seen: this.#total };
    this.#point.first ??= stamp;

    const candidate = this.#candidate;
    if (candidate === undefined) {
      this.#candidate = this.#newCandidate();
      return;
    }
    if (stamp >= candidate.since) candidate.seen += 1;
    if (stamp >= candidate.settledAt && (oldestOpen === undefined || oldestOpen >= candidate.since)) {
      this.#point = { since: candidate.since, first: candidate.since, seen: candidate.seen };
      this.#candidate = this.#newCandidate();
    }
  }

  /** Where to read from, and a {@link Skip} that leaves out what is known. */
  resume(): { readonly since: string | undefined; readonly skip: Skip } {
    const { since, first, seen } = this.#point;
    return { since, skip: new Skip(first, seen, this.#lastStamp, this.#seenAtLast, this.#afterLast) };
  }

  /** No piece seen so far is stamped later than the last stamp, so those at or after it are those that bear it. */
  #newCandidate(): Candidate {
    return { since: this.#lastStamp, seen: this.#seenAtLast, settledAt: oneSecondAfter(this.#lastStamp) };
  }
}

/** How far a log has been read, as plain data: survives JSON. */
export interface Reached {
  /** Where to read from; undefined: from the log's start. */
  readonly since?: string | undefined;
  /** Stamp of the first piece that reading from `since` must bring. */
  readonly first?: string | undefined;
  /** How many of the pieces from there on are known. */
  readonly seen: number;
  /** How many pieces of the log are known, and the stamp of the very first: what counts where the engine's clock is set back. */
  readonly total: number;
  readonly start?: string | undefined;
  /**
   * The latest stamp so far, how many pieces bear it, and how many have come since the last of those: what is left to go by where the engine
   * has rotated the rest away.
   */
  readonly last: string;
  readonly seenAtLast: number;
  readonly afterLast: number;
}

interface Point {
  /** Undefined: from the log's start. */
  since: string | undefined;
  /** Stamp of the first piece that reading from `since` must bring; undefined while nothing has been seen. */
  first: string | undefined;
  seen: number;
}

interface Candidate {
  readonly since: string;
  seen: number;
  readonly settledAt: string;
}

/** Compares like a stamp; that it may read `…:60` does not matter for that. */
function oneSecondAfter(stamp: string): string {
  const seconds = Number(stamp.slice(17, 19)) + 1;
  return seconds < 60
    ? `${stamp.slice(0, 17)}${String(seconds).padStart(2, "0")}${stamp.slice(19)}`
    : `${new Date(Date.parse(`${stamp.slice(0, 19)}Z`) + 1000).toISOString().slice(0, 19)}${stamp.slice(19)}`;
}

/** Decides, piece by piece of a log that is read again, whether it is known. */
export class Skip {
  readonly #first: string | undefined;
  readonly #lastStamp: string;
  readonly #seenAtLast: number;
  #left: number;
  #afterLast: number;
  #mode: "start" | "count" | "stamp" | "done" = "start";
  #atLast = 0;

  constructor(first: string | undefined, seen: number, lastStamp: string, seenAtLast: number, afterLast: number) {
    this.#first = first;
    this.#left = seen;
    this.#lastStamp = lastStamp;
    this.#seenAtLast = seenAtLast;
    this.#afterLast = afterLast;
  }

  /**
   * `known`: leave it out. `new`: goes on where reading stopped. `gap`: new, and what was between may be lost, because the
   * engine no longer has the piece it should have begun with (its log was rotated meanwhile).
   */
  next(stamp: string): "known" | "new" | "gap" {
    if (this.#mode === "start") this.#mode = this.#left === 0 ? "done" : stamp === this.#first ? "count" : "stamp";
    if (this.#mode === "count") {
      // what is later than all that was seen is new, whatever the count: of pieces that share a stamp, the first may be gone
      if (this.#left > 0 && stamp <= this.#lastStamp) {
        this.#left -= 1;
        if (stamp === this.#lastStamp) this.#atLast += 1;
        return "known";
      }
      this.#mode = "done";
      return this.#atLast < this.#seenAtLast ? "gap" : "new";
    }
    if (this.#mode === "stamp") {
      // counting from the beginning is of no use any more, but the last that was seen still tells
      const isAtEnd = this.#atLast === this.#seenAtLast;
      if (stamp === this.#lastStamp && !isAtEnd) {
        this.#atLast += 1;
        return "known";
      }
      if (stamp < this.#lastStamp && (!isAtEnd || this.#afterLast > 0)) {
        if (isAtEnd) this.#afterLast -= 1;
        return "known";
      }
      this.#mode = "done";
      return isAtEnd ? "new" : "gap";
    }
    return "new";
  }
}
