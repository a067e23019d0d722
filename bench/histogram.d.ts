/** For tests; what each does is said in the program. */
export class Histogram {
  constructor(counts?: readonly (number | null)[]);
  record(durationMs: number): void;
  add(counts: readonly (number | null)[]): void;
  readonly total: number;
  percentile(share: number): number;
  toJSON(): (number | null)[];
}
