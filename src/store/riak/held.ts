/** Bytes in memory for all clients of one API together. */
export class Held {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** There is no room for more. */
  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax;
  }

  /** False: there is no room. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#bytesMax) return false;
    this.#bytes += bytes;
    return true;
  }

  /** What is there already counts even where there is no room for it. */
  add(bytes: number): void {
    this.#bytes += bytes;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** Apart from each other, so that who begins requests and does not end them keeps those away only whose requests are long as well. */
export interface HeldOfClients {
  /** Of requests that are on their way. */
  readonly incoming: Held;
  /** Of answers that their clients have not taken yet; where that is full, no request is begun. */
  readonly outgoing: Held;
}

export function heldOfClients(bytesMax: number): HeldOfClients {
  return { incoming: new Held(bytesMax), outgoing: new Held(bytesMax) };
}
