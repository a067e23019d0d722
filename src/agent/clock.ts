/** The agent's time. Deadlines are on the wall clock: they must mean the same to the agent that comes after this one. */
export interface Clock {
  nowMs(): number;
  /** Calls `act` once after so long; the function returned calls it off. */
  after(delayMs: number, act: () => void): () => void;
}

export const wallClock: Clock = {
  nowMs: () => Date.now(),
  after: (delayMs, act) => {
    const timer = setTimeout(act, delayMs);
    return () => clearTimeout(timer);
  },
};
