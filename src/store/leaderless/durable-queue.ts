/** What waits until a write of the storage is durable. Numbers come in order, so it is a queue. */
export class DurableQueue {
  #durable = 0;
  #waiting: { readonly writeNumber: number; readonly act: () => void }[] = [];

  /** Acts once this write is durable: at once where it is already. */
  after(writeNumber: number, act: () => void): void {
    if (writeNumber <= this.#durable) act();
    else this.#waiting.push({ writeNumber, act });
  }

  /** All writes up to this number are durable. */
  confirm(writeNumber: number): void {
    this.#durable = Math.max(this.#durable, writeNumber);
    const first = this.#waiting.findIndex((each) => each.writeNumber > this.#durable);
    const due = this.#waiting.splice(0, first < 0 ? this.#waiting.length : first);
    for (const { act } of due) act();
  }
}
