/** The agent's time. */
export interface Clock {
  /** The wall clock, ms since the epoch: what deadlines are written in, so that they mean the same to the next agent. */
  nowMs(): number;
  /** Ms since some moment. Nobody can set it, but it may stand while the machine sleeps. */
  monotonicMs(): number;
  /** Calls `act` once after so long; the function returned calls it off. */
  after(delayMs: number, act: () => void): () => void;
}

export const wallClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, act) => {
    const timer = setTimeout(act, delayMs);
    return () => clearTimeout(timer);
  },
};
