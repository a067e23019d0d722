import { setTimeout as sleep } from "node:timers/promises";

export interface PatienceOptions {
  /** First pause; doubled after every failure in a row, up to 2 s. */
  readonly retryMs: number;
  /** Failures in a row are borne for so long; 0 bears none. */
  readonly giveUpMs: number;
  /** Ends a pause early. */
  readonly signal: AbortSignal;
}

const maxRetryMs = 2000;

/** How long to wait before trying again, and when no more. */
export class Patience {
  readonly #options: PatienceOptions;
  #failures = 0;
  #failingSinceMs = 0;

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** Pauses after a failure, or throws it where patience is at its end. */
  async failed(error: unknown): Promise<void> {
    if (this.#failures === 0) this.#failingSinceMs = performance.now();
    if (performance.now() - this.#failingSinceMs >= this.#options.giveUpMs) throw error;
    await this.pause();
    this.#failures += 1;
  }

  /** Pauses, where nothing failed but trying again at once would be a busy loop. */
  async pause(): Promise<void> {
    const { retryMs, signal } = this.#options;
    const pauseMs = Math.min(maxRetryMs, retryMs * 2 ** this.#failures);
    // only the signal makes a sleep fail, and whoever paused looks at it next
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}
