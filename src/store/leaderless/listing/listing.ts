import type { Answer, Failure, Request } from "../api.js";
import type { OnAnswer } from "../coordinator/answers.js";
import { failed } from "../coordinator/answers.js";
import { requestTimeoutMs } from "../coordinator/surroundings.js";
import { coverageOf } from "./coverage.js";
import { pageItemsMax, type ListAnswer, type ListAsk } from "./messages.js";
import { continuationAfter, type Query } from "./queries.js";

/** What a listing needs of the node that coordinates it. */
export interface ListingSurroundings {
  readonly self: string;
  readonly nowMs: () => number;
  /** How many home partitions there are. */
  readonly partitions: () => number;
  /** Those of the owners of a partition that can be reached. */
  readonly owners: (partition: number, n: number) => readonly string[];
  /** The answer comes to {@link Listing.answered}, in this call or later. The same may be asked again. */
  readonly ask: (listing: Listing, stream: Stream, ask: ListAsk) => void;
}

/** What is read of one node: its part of the coverage, in order. */
export interface Stream {
  readonly member: string;
  readonly n: number;
  readonly partitions: readonly number[];
  /** Read, and not told to the client yet: from `at` on. */
  items: readonly string[];
  at: number;
  /** Where to read on; undefined: that was all. */
  next: string | undefined;
  /** What it was asked for and has not answered. */
  asked: ListAsk | undefined;
  askedAtMs: number;
}

/** Who has not answered by then is asked again, as the question or its answer may be lost. */
const askAgainMs = 5000;
/** A client that does not want the next page for so long does not want it any more. */
const clientMs = 600_000;

/**
 * One question that many nodes have to answer: one reachable owner of each home partition is read, and what they say is merged in order. Nodes keep nothing
 * in mind, so where one is lost, other owners go on from the same place. Pages are made when the client asks for them.
 */
export class Listing {
  readonly #around: ListingSurroundings;
  readonly #query: Query;
  readonly #onAnswer: OnAnswer;
  readonly #streams: Stream[] = [];
  readonly #lost = new Set<string>();
  #page: string[] = [];
  #told = 0;
  #last: string | undefined;
  /** Whether the client waits for a page. */
  #isWanted = true;
  #isOver = false;
  #endsAtMs: number;

  /** `nVals`: how many owners keys may have that are asked for. */
  constructor(around: ListingSurroundings, query: Query, nVals: readonly number[], onAnswer: OnAnswer) {
    this.#around = around;
    this.#query = query;
    this.#onAnswer = onAnswer;
    this.#endsAtMs = this.#deadline();
    const partitions = Array.from({ length: around.partitions() }, (_, partition) => partition);
    for (const n of nVals) if (!this.#isOver) this.#cover(partitions, n, query.range.from);
    this.#goOn();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  answered(stream: Stream, ask: ListAsk, answer: ListAnswer): void {
    if (stream.asked !== ask || this.#isOver) return;
    stream.asked = undefined;
    if (answer.type === "page" && isPage(ask, answer, this.#query)) {
      stream.items = answer.items;
      stream.at = 0;
      stream.next = answer.next;
    } else if (answer.type === "overload") return this.#fail({ type: "overload" });
    else this.#lose(stream);
    this.#goOn();
  }

  /** Nothing that was asked of this member will be answered. */
  lost(member: string): void {
    for (const stream of this.#streams) if (stream.member === member && stream.asked !== undefined) this.#lose(stream);
    this.#goOn();
  }

  /** The client is gone: nothing is read any more, and what was read is forgotten. */
  cancel(): void {
    this.#isOver = true;
    this.#streams.length = 0;
    this.#page = [];
  }

  /** Time has passed. */
  tick(): void {
    const nowMs = this.#around.nowMs();
    if (nowMs >= this.#endsAtMs) {
      if (this.#isWanted) this.#fail({ type: "timeout" });
      this.#isOver = true;
    }
    const lateMs = nowMs - askAgainMs;
    for (const stream of this.#streams) {
      if (this.#isOver || stream.asked === undefined || stream.askedAtMs > lateMs) continue;
      stream.askedAtMs = nowMs;
      this.#around.ask(this, stream, stream.asked);
    }
  }

  /** Asks owners of these partitions from there on; fails where there is none. */
  #cover(partitions: readonly number[], n: number, from: string): void {
    const ownersOf = (partition: number): string[] =>
      this.#around.owners(partition, n).filter((member) => !this.#lost.has(member));
    const { coverage, missing } = coverageOf(partitions, ownersOf, this.#around.self);
    if (missing.length > 0) {
      const wanted = this.#around.partitions();
      return this.#fail({ type: "insufficientNodes", wanted, got: wanted - missing.length });
    }
    for (const [member, covered] of coverage) {
      this.#streams.push({ member, n, partitions: covered, items: [], at: 0, next: from, asked: undefined, askedAtMs: 0 });
    }
  }

  /** Others go on where this one was; what it has said holds. */
  #lose(stream: Stream): void {
    const { member, partitions, n, next } = stream;
    this.#lost.add(member);
    stream.next = undefined;
    stream.asked = undefined;
    if (next !== undefined) this.#cover(partitions, n, next);
  }

  /** Fills the page as far as it goes, and asks for what is missing. */
  #goOn(): void {
    while (this.#isWanted && !this.#isOver) {
      for (const stream of this.#streams) if (isEmpty(stream) && stream.asked === undefined) this.#ask(stream);
      // an answer that came at once has gone on from there itself
      if (!this.#isWanted || this.#isOver || this.#streams.some(isEmpty)) return;
      this.#take();
    }
  }

  #ask(stream: Stream): void {
    if (stream.next === undefined) return;
    const { maxResults = Infinity, range, pattern } = this.#query;
    // one more than is wanted shows whether there is more
    const limit = Math.min(pageItemsMax, maxResults - this.#told - this.#page.length + 1);
    const { partitions, n, next } = stream;
    const ask = { range: { ...range, from: next }, partitions, n, pattern, limit };
    stream.asked = ask;
    stream.askedAtMs = this.#around.nowMs();
    this.#around.ask(this, stream, ask);
  }

  /** Takes what is next in order, until the page is full or a node has to be asked for more. */
  #take(): void {
    const { maxResults = Infinity } = this.#query;
    for (;;) {
      const stream = this.#smallest();
      if (stream === undefined) return this.#tell(true, undefined);
      const text = stream.items[stream.at] as string;
      if (text !== this.#last) {
        if (this.#told + this.#page.length >= maxResults) return this.#tell(true, this.#last);
        if (this.#page.length >= pageItemsMax) return this.#tell(false, undefined);
        this.#page.push(text);
        this.#last = text;
      }
      stream.at++;
      if (isEmpty(stream)) return;
    }
  }

  /** Undefined: there is nothing more. */
  #smallest(): Stream | undefined {
    let smallest: Stream | undefined;
    for (const stream of this.#streams) {
      const text = stream.items[stream.at];
      if (text !== undefined && (smallest === undefined || text < (smallest.items[smallest.at] as string))) smallest = stream;
    }
    return smallest;
  }

  #tell(isLast: boolean, cutOffAfter: string | undefined): void {
    const items = this.#page.map((text) => this.#query.itemOf(text));
    this.#told += items.length;
    this.#page = [];
    this.#isWanted = false;
    this.#isOver = isLast;
    this.#endsAtMs = this.#around.nowMs() + clientMs;
    const continuation = cutOffAfter === undefined ? undefined : continuationAfter(cutOffAfter);
    const value = { items, more: isLast ? undefined : (): void => this.#more(), continuation };
    this.#onAnswer({ ok: true, value } as Answer<Request["type"]>);
  }

  #more(): void {
    if (this.#isWanted || this.#isOver) return;
    this.#isWanted = true;
    this.#endsAtMs = this.#deadline();
    this.#goOn();
  }

  #deadline(): number {
    return this.#around.nowMs() + (this.#query.timeoutMs ?? requestTimeoutMs);
  }

  #fail(reason: Failure["reason"]): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onAnswer(failed(reason, true));
  }
}

/** Whether it has to be asked before anybody can say what comes next. */
function isEmpty({ items, at, next }: Stream): boolean {
  return at >= items.length && next !== undefined;
}

/** Whether this may be a page of what was asked for: in order, within the range, each what a client can be told; and the next one goes on from there. */
function isPage(
  { range: { from, to } }: ListAsk,
  { items, next }: Extract<ListAnswer, { type: "page" }>,
  { itemOf }: Query,
): boolean {
  let last = from;
  for (const [at, item] of items.entries()) {
    if (at === 0 ? item < last : item <= last) return false;
    last = item;
  }
  const isWithin = to === undefined || items.length === 0 || last < to;
  const goesOn = next === undefined || (next > from && (items.length === 0 || next > last));
  if (!isWithin || !goesOn) return false;
  try {
    items.forEach(itemOf);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
