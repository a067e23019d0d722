import type { Surroundings } from "./surroundings.js";

/** Who has not said by then that it knows hears of it later. */
const spreadMs = 1000;

/**
 * Clients that have set something (properties, a bucket type) are answered once it is on the disk here and known to all nodes that can be reached: whichever
 * of them they ask next knows it. Riak leaves them to find out.
 */
export class SpreadingSettings {
  readonly #around: Pick<Surroundings, "nowMs" | "durable" | "areSettingsKnown">;
  /** In the order in which they end. */
  #waiting: { readonly endsAtMs: number; readonly answer: () => void }[] = [];

  constructor(around: Pick<Surroundings, "nowMs" | "durable" | "areSettingsKnown">) {
    this.#around = around;
  }

  /** `writeNumber`: of the storage, that keeps it. */
  begin(writeNumber: number, answer: () => void): void {
    this.#around.durable.after(writeNumber, () => {
      this.#waiting.push({ endsAtMs: this.#around.nowMs() + spreadMs, answer });
      this.look();
    });
  }

  /** Others have said what they know, or time has passed. */
  look(): void {
    if (this.#waiting.length === 0) return;
    const nowMs = this.#around.nowMs();
    const isKnown = this.#around.areSettingsKnown();
    const isOver = ({ endsAtMs }: { readonly endsAtMs: number }): boolean => isKnown || endsAtMs <= nowMs;
    const over = this.#waiting.filter(isOver);
    this.#waiting = this.#waiting.filter((each) => !isOver(each));
    for (const { answer } of over) answer();
  }
}
