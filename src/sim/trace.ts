/** The last things that happened, for whoever reads a failure. Text is made only when it is asked for. */
export interface Trace {
  note(text: () => string): void;
  /** Oldest first, each with its time. */
  lines(): string[];
}

export function createTrace(nowMs: () => number, keep: number): Trace {
  const ring: { readonly atMs: number; readonly text: () => string }[] = [];
  let next = 0;
  return {
    note: (text) => {
      ring[next % keep] = { atMs: nowMs(), text };
      next++;
    },
    lines: () => {
      const oldestFirst = next <= keep ? ring : [...ring.slice(next % keep), ...ring.slice(0, next % keep)];
      return oldestFirst.map(({ atMs, text }) => `${atMs.toFixed(1).padStart(8)}ms  ${text()}`);
    },
  };
}
