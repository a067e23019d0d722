import type { BugName } from "./scenario.js";
import type { Outcome } from "./simulate.js";

/** A failed run for a person, one line an element: what happened last, what broke, and how to see it again. */
export function describeFailure(outcome: Extract<Outcome, { ok: false }>, bug?: BugName): string[] {
  const { seed, trace, broken, message } = outcome;
  const replay = `npm run sim -- --seed ${seed}${bug === undefined ? "" : ` --bug ${bug}`}`;
  return [`the last ${trace.length} events:`, ...trace, `seed ${seed} breaks "${broken}":`, message, `replay: ${replay}`];
}
