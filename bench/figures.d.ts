/** For tests; what each does is said in the program. */
export function percentile(numbers: readonly number[], share: number): number;
