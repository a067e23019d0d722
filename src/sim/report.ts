/** A run that broke, of whichever design. */
interface Failed {
  readonly seed: number;
  readonly broken: string;
  readonly message: string;
  readonly trace: readonly string[];
}

/** A failed run for a person, one line an element: what happened last, what broke, and how to see it again. */
export function describeFailure({ seed, trace, broken, message }: Failed, design: "raft" | "leaderless", bug?: string): string[] {
  const replay = `npm run sim -- --design ${design} --seed ${seed}${bug === undefined ? "" : ` --bug ${bug}`}`;
  return [`the last ${trace.length} events:`, ...trace, `seed ${seed} breaks "${broken}":`, message, `replay: ${replay}`];
}
