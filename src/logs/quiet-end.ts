/** The longest that a timer can wait, a little under 25 days. */
export const timerMostMs = 2 ** 31 - 1;

/** How long nothing may come after the end, before it is taken for one: what was said before may still be on its way. */
const quietMs = 500;

/** Ends a story that follows at a time, also where nobody says anything after it. */
export interface QuietEnd {
  /** Aborted once the time is over and nothing has come for half a second. */
  readonly signal: AbortSignal;
  /** The same items, each of which is heard. */
  through<T>(items: AsyncIterable<T>): AsyncGenerator<T, void, undefined>;
}

/** `inMs`: from now; what lies further away than a timer can wait never ends. */
export function createQuietEnd(inMs: number): QuietEnd {
  const controller = new AbortController();
  let heardMs = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  const wait = (ms: number): void => {
    timer = setTimeout(() => {
      const quietForMs = performance.now() - heardMs;
      if (quietForMs >= quietMs) controller.abort();
      else wait(quietMs - quietForMs);
    }, ms);
  };
  if (inMs + quietMs < timerMostMs) wait(inMs + quietMs);
  return {
    signal: controller.signal,
    async *through(items) {
      try {
        for await (const item of items) {
          heardMs = performance.now();
          yield item;
        }
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
