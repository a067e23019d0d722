/** How it is known that a fault has taken effect. */

/** One figure, as asked and as it was found, e.g. `n2 -> n1 delay`, `100ms ± 10ms`, `99.7ms (p50 of 20)`. */
export interface Measurement {
  readonly what: string;
  readonly asked: string;
  readonly measured: string;
  readonly ok: boolean;
}

/** `read-back`: what stands in the kernel, the engine or the store was read and equals what was asked · `measured`: and probes felt it. */
export type Proof = { readonly how: "read-back" } | { readonly how: "measured"; readonly measurements: readonly Measurement[] };

/** Short, for a list: `read back`, `n2 -> n1 delay 99.7ms (p50 of 20)`. */
export function describeProof(proof: Proof): string {
  if (proof.how === "read-back") return "read back";
  const [first, ...more] = proof.measurements;
  if (first === undefined) return "read back";
  return `measured ${first.what} ${first.measured}${more.length === 0 ? "" : ` and ${more.length} more`}`;
}
