import { invariant } from "../core/invariant.js";
import type { LogRecord, RecordFlag } from "../core/log-record.js";

/**
 * Many streams, one story: a k-way merge on the engine's stamp that never waits for long.
 *
 * A record may leave when no stream can still bring an earlier one. A stream that is *catching up* (its past is being read)
 * is waited for without limit, because it will either speak or end. A *live* stream that says nothing could be waited for
 * forever, so every record leaves at the latest `holdBackMs` after it arrived, and whatever turns up too late for its
 * place is shown at once, flagged `late`. The clock is the caller's.
 *
 * Holds, for any order of calls:
 * - a stream's records leave in the order they came;
 * - stamps never step back in what leaves, except for records flagged `late`;
 * - with every stream catching up until it is closed, the outcome is the stable sort by stamp.
 */
export class Merger {
  readonly #holdBackMs: number;
  readonly #streams = new Map<string, Stream>();
  #late: LogRecord[] = [];
  #lastTs = "";

  constructor(holdBackMs: number) {
    this.#holdBackMs = holdBackMs;
  }

  /** Adds a stream, catching up. Equal stamps leave in the order in which their streams were opened. */
  open(key: string): void {
    invariant(!this.#streams.has(key), `stream ${key} is opened once`);
    this.#streams.set(key, { phase: "catching-up", held: [], next: 0, lastTs: "" });
  }

  /** The stream's past has been read: from now on it is waited for within the window only. */
  goLive(key: string): void {
    this.#stream(key).phase = "live";
  }

  /** Nothing more will come; what is held still leaves in its place. */
  close(key: string): void {
    this.#stream(key).phase = "closed";
    this.#forget(key);
  }

  /** Takes the stream's next record, whose stamp must not be before the stream's last one ({@link clamped}). */
  push(key: string, record: LogRecord, nowMs: number): void {
    const stream = this.#stream(key);
    invariant(stream.phase !== "closed", `stream ${key} is over`);
    invariant(record.ts >= stream.lastTs, `stream ${key} does not step back`);
    stream.lastTs = record.ts;
    if (record.ts < this.#lastTs) this.#late.push(flagged(record, "late"));
    else stream.held.push({ record, dueMs: nowMs + this.#holdBackMs });
  }

  /** How many records of the stream are held. */
  held(key: string): number {
    const stream = this.#stream(key);
    return stream.held.length - stream.next;
  }

  /** Every record that may leave now, in order. */
  release(nowMs: number): LogRecord[] {
    const out = this.#late;
    this.#late = [];
    for (;;) {
      const front = this.#front();
      if (front.first === undefined || front.mustWait || (front.mayWait && front.dueMs > nowMs)) return out;
      out.push(this.#take(front.first));
    }
  }

  /** When {@link release} will have something if nothing else happens; undefined: not before something does. */
  dueMs(): number | undefined {
    const front = this.#front();
    if (this.#late.length > 0) return -Infinity;
    return front.first === undefined || front.mustWait ? undefined : front.mayWait ? front.dueMs : -Infinity;
  }

  /** Everything that is held, in order, whoever might still speak. */
  flush(): LogRecord[] {
    const out = this.#late;
    this.#late = [];
    for (let first = this.#front().first; first !== undefined; first = this.#front().first) out.push(this.#take(first));
    return out;
  }

  #front(): Front {
    let first: string | undefined;
    let firstTs = "";
    let mustWait = false;
    let mayWait = false;
    let dueMs = Infinity;
    for (const [key, stream] of this.#streams) {
      const head = stream.held[stream.next];
      if (head === undefined) {
        if (stream.phase === "catching-up") mustWait = true;
        else mayWait = true;
        continue;
      }
      dueMs = Math.min(dueMs, head.dueMs);
      if (first === undefined || head.record.ts < firstTs) [first, firstTs] = [key, head.record.ts];
    }
    return { first, mustWait, mayWait, dueMs };
  }

  #take(key: string): LogRecord {
    const stream = this.#stream(key);
    const head = stream.held[stream.next];
    invariant(head !== undefined, `stream ${key} holds a record`);
    stream.next += 1;
    // the array is let go of when it has run empty: no shifting, no growth
    if (stream.next === stream.held.length) [stream.held, stream.next] = [[], 0];
    this.#lastTs = head.record.ts;
    this.#forget(key);
    return head.record;
  }

  #forget(key: string): void {
    const stream = this.#stream(key);
    if (stream.phase === "closed" && stream.held.length === 0) this.#streams.delete(key);
  }

  #stream(key: string): Stream {
    const stream = this.#streams.get(key);
    invariant(stream !== undefined, `stream ${key} is open`);
    return stream;
  }
}

interface Stream {
  phase: "catching-up" | "live" | "closed";
  held: Held[];
  /** Index in `held` of the first record that has not left; equal to its length only when both are 0. */
  next: number;
  lastTs: string;
}

interface Held {
  readonly record: LogRecord;
  readonly dueMs: number;
}

interface Front {
  /** The stream whose head has the smallest stamp. */
  readonly first: string | undefined;
  /** A stream that is catching up holds nothing. */
  readonly mustWait: boolean;
  /** A live stream holds nothing. */
  readonly mayWait: boolean;
  /** When the first of all heads has waited long enough. */
  readonly dueMs: number;
}

/** The record, its stamp moved forward to `lastTs` where it steps back: a stream's own order is never changed. */
export function clamped(record: LogRecord, lastTs: string): LogRecord {
  return record.ts >= lastTs ? record : flagged({ ...record, ts: lastTs }, "clamped");
}

function flagged(record: LogRecord, flag: RecordFlag): LogRecord {
  return { ...record, flags: [...(record.flags ?? []), flag] };
}
