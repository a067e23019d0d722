/** What becomes of a step, as those who wait for it see it: when, or undefined where it never came to that. */
export class StepProgress {
  readonly applied: Promise<number | undefined>;
  readonly healed: Promise<number | undefined>;
  /** Occurrences that are not over. */
  open = 0;
  #wasApplied = false;
  #tellApplied: (atMs: number | undefined) => void = () => undefined;
  #tellHealed: (atMs: number | undefined) => void = () => undefined;

  constructor() {
    this.applied = new Promise((resolve) => (this.#tellApplied = resolve));
    this.healed = new Promise((resolve) => (this.#tellHealed = resolve));
  }

  apply(atMs: number): void {
    this.#wasApplied = true;
    this.#tellApplied(atMs);
  }

  settle(atMs: number): void {
    this.open--;
    if (this.open > 0) return;
    this.#tellApplied(undefined);
    this.#tellHealed(this.#wasApplied ? atMs : undefined);
  }
}
