/** How it is known that a fault has taken effect. */

/** One figure, as asked and as it was found, e.g. `n2 -> n1 delay`, `100ms ± 10ms`, `99.7ms (p50 of 20)`. */
export interface Measurement {
  readonly what: string;
  readonly asked: string;
  /** Where nothing was felt it says so, and why: `not measured: nothing of ours can send icmp`. */
  readonly measured: string;
  /** Null where nothing was felt: that part of the fault was read back, as all of it always is, and is proven no further. */
  readonly ok: boolean | null;
}

/** `read-back`: what stands in the kernel, the engine or the store was read and equals what was asked · `measured`: and probes felt it. */
export type Proof = { readonly how: "read-back" } | { readonly how: "measured"; readonly measurements: readonly Measurement[] };

/** Short, for a list: `read back`, `measured n2 -> n1 delay 99.7ms (p50 of 20) and 3 more`. */
export function describeProof(proof: Proof): string {
  const felt = proof.how === "measured" ? proof.measurements.filter(({ ok }) => ok !== null) : [];
  const [first, ...more] = felt;
  if (first === undefined) return "read back";
  return `measured ${first.what} ${first.measured}${more.length === 0 ? "" : ` and ${more.length} more`}`;
}

/** Figures that were felt and are not as asked: with one of them, a fault is not proven. */
export function disproofs(measurements: readonly Measurement[]): readonly Measurement[] {
  return measurements.filter(({ ok }) => ok === false);
}
