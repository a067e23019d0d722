import type { Place } from "../storage.js";
import type { IndexedStorage } from "./indexed-storage.js";
import { mergeSorted } from "./merge-sorted.js";
import { pageBytesMax, pageItemsMax, type ListAnswer, type ListAsk } from "./messages.js";
import { PatternError } from "./pattern-syntax.js";
import { termOfEntry } from "./queries.js";
import { TermPattern } from "./term-pattern.js";

export interface ListAnswersOptions {
  readonly storage: IndexedStorage;
  readonly nowMs: () => number;
  /** Whether this node's copies of the place are all there is to answer with. */
  readonly isOwner: (place: Place) => boolean;
}

interface Waiting {
  readonly from: string;
  readonly request: number;
  readonly ask: ListAsk;
  readonly onAnswer: (answer: ListAnswer) => void;
  readonly sinceMs: number;
}

/** Who asks waits for its turn; more at a time are refused. */
const waitingMax = 256;
/** By then, who asked has given up. */
const waitingMs = 120_000;
/** What one page may cost: entries that are looked at, and steps that are taken to match them. */
const entriesMax = 5000;
const stepsMax = 2_000_000;

/** Answers what other nodes, or this one, want listed of this node's places. Where an index has to be made first, that is done in slices. */
export class ListAnswers {
  readonly #options: ListAnswersOptions;
  #waiting: Waiting[] = [];

  constructor(options: ListAnswersOptions) {
    this.#options = options;
  }

  /** Whether there is something for {@link work} to do. */
  get isBusy(): boolean {
    return this.#waiting.length > 0;
  }

  /** `from` and `request`: who asks twice for the same is answered once. */
  ask(from: string, request: number, ask: ListAsk, onAnswer: (answer: ListAnswer) => void): void {
    if (!this.#isOwner(ask)) return onAnswer({ type: "notOwner" });
    const places = this.#placesOf(ask);
    if (this.#waiting.some((each) => each.from === from && each.request === request)) return;
    if (this.#unbuilt(places) === undefined) return onAnswer(this.#page(ask, places));
    if (this.#waiting.length >= waitingMax) return onAnswer({ type: "overload" });
    this.#waiting.push({ from, request, ask, onAnswer, sinceMs: this.#options.nowMs() });
  }

  /** A slice of what there is to do, of a millisecond or two. */
  work(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const places = this.#placesOf(first.ask);
    const place = this.#unbuilt(places);
    if (place !== undefined) return this.#options.storage.build(place);
    this.#waiting.shift();
    // since it asked, partitions may have changed hands
    first.onAnswer(this.#isOwner(first.ask) ? this.#page(first.ask, places) : { type: "notOwner" });
  }

  /** Time has passed. */
  tick(): void {
    const before = this.#options.nowMs() - waitingMs;
    this.#waiting = this.#waiting.filter(({ sinceMs }) => sinceMs >= before);
    this.#options.storage.tick();
  }

  #isOwner({ partitions, n }: ListAsk): boolean {
    return partitions.every((partition) => this.#options.isOwner({ kind: "home", partition, n }));
  }

  /** All homes of these partitions: a key stands in one for another N until it is moved, once its bucket has another. */
  #placesOf({ partitions }: ListAsk): Place[] {
    const asked = new Set(partitions);
    return this.#options.storage.places().filter(({ kind, partition }) => kind === "home" && asked.has(partition));
  }

  #unbuilt(places: readonly Place[]): Place | undefined {
    return places.find((place) => this.#options.storage.index(place) === undefined);
  }

  #page({ range, pattern, limit }: ListAsk, places: readonly Place[]): ListAnswer {
    const terms = patternOf(pattern);
    const sources = places.flatMap((place) => this.#options.storage.index(place)?.range(range) ?? []);
    const items: string[] = [];
    let [bytes, entries, steps] = [0, 0, 0];
    for (const item of mergeSorted(sources)) {
      const isFull = items.length >= Math.min(limit, pageItemsMax) || bytes >= pageBytesMax;
      if (isFull || entries >= entriesMax || steps >= stepsMax) return { type: "page", items, next: item };
      entries++;
      if (terms !== undefined) {
        const term = termOfEntry(range.kind, item);
        steps += term.length * terms.size;
        if (!terms.matches(term)) continue;
      }
      items.push(item);
      bytes += item.length;
    }
    return { type: "page", items, next: undefined };
  }
}

/** Who coordinates has looked at the pattern before; one that is none finds nothing. */
function patternOf(source: string | undefined): Pick<TermPattern, "matches" | "size"> | undefined {
  if (source === undefined) return undefined;
  try {
    return new TermPattern(source);
  } catch (error) {
    if (error instanceof PatternError) return { size: 0, matches: () => false };
    throw error;
  }
}
