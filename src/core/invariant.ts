/** A state that cannot be, unless this program is wrong. */
export class InvariantViolation extends Error {
  override readonly name = "InvariantViolation";
}

/** Throws {@link InvariantViolation} unless `condition` holds; `why` says what should have been true. */
export function invariant(condition: unknown, why: string): asserts condition {
  if (!condition) throw new InvariantViolation(why);
}

/** Ends an exhaustive switch: a compile error when a case is missing. */
export function unreachable(value: never): never {
  throw new InvariantViolation(`no case for ${JSON.stringify(value)}`);
}
