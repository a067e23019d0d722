import type { ContainerEvent, Labels } from "../engine/port.js";
import { Entry, type Source } from "./entry.js";
import { accepts, type LogFilter } from "./filter.js";
import { lifeLine } from "./life.js";

/** The last that a reader before us was told of a node. */
export interface LastTold {
  readonly ts: string;
  readonly seq: number;
}

/** What is not to be told, beside what the filter says. */
interface Known {
  readonly except?: ReadonlySet<string> | undefined;
  /** Undefined: nothing of this node is known. */
  readonly lastTold?: (node: string) => LastTold | undefined;
}

/**
 * What the engine tells of containers, as entries: each event once, each node's numbered from 1 by themselves.
 *
 * Whoever follows asks for the past after he has subscribed, so what happens in between is told twice. Until {@link past} has been
 * given what the engine remembers, events wait, because they are to be numbered after it.
 */
export class LifeStream {
  readonly #sourceOf: (id: string, labels: Labels) => Source;
  readonly #filter: LogFilter;
  readonly #known: Known;
  /** Events that came while the past is asked for; undefined: nothing is asked. */
  #waiting: ContainerEvent[] | undefined;
  /** Of the past, what a subscription may bring once more. */
  #remembered: ReadonlySet<string> = new Set();
  /** Node -> how much has been told of it. */
  readonly #told = new Map<string, number>();

  constructor(sourceOf: (id: string, labels: Labels) => Source, filter: LogFilter, known: Known = {}) {
    this.#sourceOf = sourceOf;
    this.#filter = filter;
    this.#known = known;
  }

  /** From now on events wait for the past. */
  askPast(): void {
    this.#waiting = [];
  }

  /** Whether the past has been asked for and not been given. */
  get isAsking(): boolean {
    return this.#waiting !== undefined;
  }

  /** What the engine remembers, in any order, and what has happened meanwhile: in order. */
  past(events: readonly ContainerEvent[]): readonly Entry[] {
    this.#remembered = new Set(events.map(keyOf));
    const since = (this.#waiting ?? []).filter((event) => !this.#remembered.has(keyOf(event)));
    this.#waiting = undefined;
    const inOrder = [...events, ...since].sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));
    return inOrder.flatMap((event) => this.#entriesOf(event));
  }

  /** What has just happened: an entry, or none. */
  now(event: ContainerEvent): readonly Entry[] {
    this.#waiting?.push(event);
    return this.isAsking || this.#remembered.has(keyOf(event)) ? [] : this.#entriesOf(event);
  }

  #entriesOf(event: ContainerEvent): readonly Entry[] {
    const { id, ts, labels } = event;
    const source = this.#sourceOf(id, labels);
    const { node } = source;
    const { nodes, since = "" } = this.#filter;
    const text = lifeLine(node, event);
    if (text === undefined || nodes?.has(node) === false || ts < since) return [];
    const last = this.#known.lastTold?.(node);
    if (this.#known.except?.has(node) === true || (last !== undefined && ts <= last.ts)) return [];
    const seq = (this.#told.get(node) ?? last?.seq ?? 0) + 1;
    this.#told.set(node, seq);
    const entry = new Entry(source, "engine", ts, text, seq, []);
    return accepts(this.#filter, entry.record) ? [entry] : [];
  }
}

function keyOf({ id, ts, action }: ContainerEvent): string {
  return `${id} ${ts} ${action}`;
}
