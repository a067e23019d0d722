/** What background work may send and receive while no client waits. */
const bytesPerSecond = 2 ** 24;
/** So many clients that wait halve it. */
const halvingClients = 4;
/** What was not used is not saved up for longer. */
const savedMsMax = 250;

/** Admission control for anti-entropy: clients come first, and whatever they ask for, a little is left. */
export class Budget {
  #left = 0;
  #filledMs: number;

  constructor(nowMs: number) {
    this.#filledMs = nowMs;
  }

  /** Time has passed, in which so many clients waited for answers. */
  fill(nowMs: number, clientsWaiting: number): void {
    const bytesPerMs = bytesPerSecond / 1000 / (1 + clientsWaiting / halvingClients);
    this.#left = Math.min(this.#left + bytesPerMs * (nowMs - this.#filledMs), bytesPerMs * savedMsMax);
    this.#filledMs = nowMs;
  }

  /** What was begun is ended: there may be a debt, which the next time has to pay. */
  spend(bytes: number): void {
    this.#left -= bytes;
  }

  get isLeft(): boolean {
    return this.#left > 0;
  }
}
