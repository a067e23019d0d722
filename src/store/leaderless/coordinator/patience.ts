interface Waiting {
  readonly request: number;
  readonly sinceMs: number;
}

/** A replica that says nothing for so long is taken to be away, by this node and for now (Dynamo §4.8.3). */
export const patienceMs = 150;

const nobody: readonly number[] = [];

/** Which requests have been waiting for as long as patience lasts. It lasts equally long for all, so this is a queue. */
export class Patience {
  readonly #lastsMs: number;
  #waiting: Waiting[] = [];
  #first = 0;

  constructor(lastsMs = patienceMs) {
    this.#lastsMs = lastsMs;
  }

  begin(request: number, nowMs: number): void {
    this.#waiting.push({ request, sinceMs: nowMs });
  }

  /** Each is named once for each time that it was begun. */
  over(nowMs: number): readonly number[] {
    if (!this.#isOver(nowMs)) return nobody;
    const over: number[] = [];
    for (; this.#isOver(nowMs); this.#first++) over.push((this.#waiting[this.#first] as Waiting).request);
    if (this.#first < 1024 && this.#first < this.#waiting.length) return over;
    this.#waiting = this.#waiting.slice(this.#first);
    this.#first = 0;
    return over;
  }

  /** Of the one that has waited longest. */
  #isOver(nowMs: number): boolean {
    const next = this.#waiting[this.#first];
    return next !== undefined && next.sinceMs + this.#lastsMs <= nowMs;
  }
}
