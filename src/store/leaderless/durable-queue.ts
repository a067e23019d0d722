interface Waiting {
  readonly writeNumber: number;
  readonly act: () => void;
}

/** What waits until a write of the storage is durable. Numbers come in order, so it is a queue. */
export class DurableQueue {
  #durable = 0;
  #waiting: Waiting[] = [];
  #first = 0;

  /** How much waits. */
  get length(): number {
    return this.#waiting.length - this.#first;
  }

  /** Acts once this write is durable: at once where it is already. */
  after(writeNumber: number, act: () => void): void {
    if (writeNumber <= this.#durable) act();
    else this.#waiting.push({ writeNumber, act });
  }

  /** All writes up to this number are durable. */
  confirm(writeNumber: number): void {
    this.#durable = Math.max(this.#durable, writeNumber);
    for (let next = this.#waiting[this.#first]; next !== undefined; next = this.#waiting[this.#first]) {
      if (next.writeNumber > this.#durable) break;
      this.#first++;
      next.act();
    }
    if (this.#first < 1024 && this.#first < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#first);
    this.#first = 0;
  }
}
