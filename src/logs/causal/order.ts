import { invariant } from "../../core/invariant.js";
import type { LogRecord } from "../../core/log-record.js";
import { type Vector, hlcOf, vectorOf } from "./clocks.js";
import { Fifo } from "./fifo.js";

/**
 * Records of many nodes in the order of cause and effect. They come in the order of the engine's stamps; each takes the place it has there,
 * and the places are then given out anew:
 *
 * - Records with a hybrid logical clock (core/hlc.ts) are ordered by it. Where vector clocks say otherwise, they win: a restarted process
 *   may count from a wall clock that is behind what it had heard of before.
 * - A node's own records keep their order, whatever their clocks say.
 * - A record without a clock keeps its place. Where its node has others with clocks, it comes no earlier than those before it and no later
 *   than those after it.
 *
 * Everything leaves at the latest `windowMs` after it was handed in, and whatever is known to come before it leaves with it: a node whose clock
 * is far ahead, and hears of nobody, is not held back by the others' lines. A record whose place was gone by the time it came is shown as
 * soon as its node's earlier ones have left, and flagged `late`. With nothing released before all is handed in, the order is exact. The clock
 * is the caller's.
 */
export class CausalSorter {
  readonly #windowMs: number;
  readonly #nodes = new Map<string, NodeQueue>();
  /** Places that have not been given out, in the engine's order, each with the record that came in it. */
  readonly #places = new Fifo<Held>();
  /** The same records in the same order, until the first of them has left itself. */
  readonly #waiting = new Fifo<Held>();
  #pushed = 0;
  /** The largest clock that has left. */
  #lastHlc = "";

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  push(record: LogRecord, nowMs: number): void {
    const hlc = hlcOf(record);
    const held: Held = {
      record,
      hlc,
      vector: hlc === undefined ? undefined : vectorOf(record),
      place: this.#pushed++,
      dueMs: nowMs + this.#windowMs,
      isLate: hlc !== undefined && hlc < this.#lastHlc,
      hasLeft: false,
    };
    let queue = this.#nodes.get(record.node);
    if (queue === undefined) this.#nodes.set(record.node, (queue = { all: new Fifo(), clocked: new Fifo() }));
    queue.all.push(held);
    if (hlc !== undefined) queue.clocked.push(held);
    this.#places.push(held);
    this.#waiting.push(held);
  }

  /** What has been held for long enough, in order. */
  *release(nowMs: number): Generator<LogRecord, void, undefined> {
    for (let dueMs = this.dueMs(); dueMs !== undefined && dueMs <= nowMs; dueMs = this.dueMs()) yield this.#fillPlace();
  }

  /** When {@link release} has something again; undefined where nothing is held. */
  dueMs(): number | undefined {
    while (this.#waiting.first?.hasLeft === true) this.#waiting.shift();
    return this.#waiting.first?.dueMs;
  }

  /** All that is held, in order. */
  flush(): Generator<LogRecord, void, undefined> {
    return this.release(Infinity);
  }

  #fillPlace(): LogRecord {
    const place = this.#places.shift();
    invariant(place !== undefined, "there is a place to fill");
    const queue = this.#nextQueue(place);
    const held = queue.all.shift();
    invariant(held !== undefined, "a queue that is chosen holds a record");
    held.hasLeft = true;
    if (held.hlc === undefined) return held.record;
    queue.clocked.shift();
    if (held.hlc > this.#lastHlc) this.#lastHlc = held.hlc;
    return held.isLate ? flaggedLate(held.record) : held.record;
  }

  /**
   * Whose first record fills this place. As many records as there are earlier places have left, so the record that came in this place or
   * one that came before it is still there; the first one of its queue has a clock, or is due. One without a clock that lost its own place
   * to what its node said before takes no other's: it waits for the next place that is free.
   */
  #nextQueue(place: Held): NodeQueue {
    let least: NodeQueue | undefined;
    let overdue: NodeQueue | undefined;
    for (const queue of this.#nodes.values()) {
      const { first } = queue.all;
      if (first === undefined) continue;
      if (first === place && first.hlc === undefined) return queue;
      if (first.hlc === undefined && first.place < (overdue?.all.first ?? place).place) overdue = queue;
      if (isLess(queue, least)) least = queue;
    }
    if (overdue !== undefined) return overdue;
    invariant(least !== undefined, "a record that is not due without a clock has one");
    return this.#waitsForCause(least) ? (this.#leastWithoutCause() ?? least) : least;
  }

  /** Of the queues whose next clocked record has all its causes behind it; undefined where clocks contradict each other. */
  #leastWithoutCause(): NodeQueue | undefined {
    let least: NodeQueue | undefined;
    for (const queue of this.#nodes.values()) if (isLess(queue, least) && !this.#waitsForCause(queue)) least = queue;
    return least;
  }

  #waitsForCause(queue: NodeQueue): boolean {
    const lines = queue.clocked.first?.vector?.lines;
    if (lines === undefined) return false;
    for (const node in lines) {
      const other = this.#nodes.get(node);
      const next = other === queue ? undefined : other?.clocked.first?.vector;
      if (next !== undefined && next.own <= (lines[node] ?? 0)) return true;
    }
    return false;
  }
}

interface Held {
  readonly record: LogRecord;
  readonly hlc: string | undefined;
  readonly vector: Vector | undefined;
  /** How many records were handed in before it. */
  readonly place: number;
  readonly dueMs: number;
  readonly isLate: boolean;
  hasLeft: boolean;
}

/** One node's records that have not left, and those of them that have a clock. */
interface NodeQueue {
  readonly all: Fifo<Held>;
  readonly clocked: Fifo<Held>;
}

/** Whether `queue` has a record with a clock, and the smaller one; of equal ones the one that came first. */
function isLess(queue: NodeQueue, least: NodeQueue | undefined): boolean {
  const one = queue.clocked.first;
  const other = least?.clocked.first;
  if (one?.hlc === undefined) return false;
  if (other?.hlc === undefined) return true;
  return one.hlc < other.hlc || (one.hlc === other.hlc && one.place < other.place);
}

function flaggedLate(record: LogRecord): LogRecord {
  return record.flags?.includes("late") === true ? record : { ...record, flags: [...(record.flags ?? []), "late"] };
}

/** All records in the order of cause and effect, exactly ({@link CausalSorter}). */
export function causalOrder(records: Iterable<LogRecord>): Generator<LogRecord, void, undefined> {
  const sorter = new CausalSorter(0);
  for (const record of records) sorter.push(record, 0);
  return sorter.flush();
}
