/** A node that was not run for so long may hold requests that the others have brought elsewhere since. */
const asleepMs = 300;
/** So long after it awoke, what comes is taken to have waited for it. */
const drowsyMs = 100;
/** Steps come several times in this time, as long as the node is run. */
const stepMaxMs = 100;

/** How long a node has been run, and whether it has just been resumed (SIGSTOP, a paused container, a suspended laptop). */
export class RunTime {
  #nowMs: number;
  #awakeMs = 0;
  #drowsyUntilMs = -Infinity;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  /** What the clock shows at the beginning of a step. */
  step(nowMs: number): void {
    const passedMs = nowMs - this.#nowMs;
    this.#nowMs = nowMs;
    this.#awakeMs += Math.min(stepMaxMs, Math.max(0, passedMs));
    if (passedMs > asleepMs) this.#drowsyUntilMs = nowMs + drowsyMs;
  }

  /** A clock that stands while the node is not run: nobody else can be blamed for that time. */
  get awakeMs(): number {
    return this.#awakeMs;
  }

  /** What arrives now may have been sent long ago. */
  get isDrowsy(): boolean {
    return this.#nowMs < this.#drowsyUntilMs;
  }
}
