/** An answer that is remembered for as long as somebody says when it changes. */
import { sharing } from "./sharing.js";

export interface Recall<T> {
  /** Asks, whatever is remembered; {@link sharing} the answer. */
  ask(): Promise<T>;
  /** The last answer, where nothing has changed since it was asked for; or else a new one. */
  recall(): Promise<T>;
  /** Whether {@link Recall.changed} is called from now on whenever something changes. Until then nothing is remembered. */
  watched(isWatched: boolean): void;
  /** What was found out until now need not be so any more, nor what is being found out just now. */
  changed(): void;
}

export function createRecall<T>(find: () => Promise<T>): Recall<T> {
  let last: { readonly answer: T } | undefined;
  let isWatched = false;
  let changes = 0;

  const ask = sharing(async () => {
    const before = changes;
    const answer = await find();
    if (isWatched && changes === before) last = { answer };
    return answer;
  });

  function changed(): void {
    changes++;
    last = undefined;
  }

  return {
    ask,
    recall: async () => (last === undefined ? ask() : last.answer),
    changed,
    watched(isNow) {
      isWatched = isNow;
      changed();
    },
  };
}
