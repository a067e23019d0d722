import { InvariantViolation } from "../core/invariant.js";

/** A broken promise: of the store, unless the simulator is wrong. `invariant` is its name, e.g. `one leader per term`. */
export class BrokenInvariant extends Error {
  override readonly name = "BrokenInvariant";
  readonly invariant: string;

  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`);
    this.invariant = invariant;
  }
}

export function hold(condition: boolean, invariant: string, message: () => string): void {
  if (!condition) throw new BrokenInvariant(invariant, message());
}

/** What ended a run: a promise by its name, or else who threw what. */
export function whatBroke(error: unknown): { readonly broken: string; readonly message: string } {
  if (error instanceof BrokenInvariant) return { broken: error.invariant, message: error.message };
  const broken = error instanceof InvariantViolation ? "the machine's own invariant" : "no exception";
  return { broken, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
