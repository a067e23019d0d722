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
