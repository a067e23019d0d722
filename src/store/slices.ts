import { performance } from "node:perf_hooks";

const sliceMs = 2;
const pauseMs = 1;

/** The slices that are due. They share the one event loop there is, so its pauses are not theirs to have each: however many there are, one has its turn. */
const due: (() => void)[] = [];

/**
 * Does long work a slice at a time, with pauses in which the node answers others; work of several that is begun at once takes turns. `step` goes on
 * while `hasTime` says so, and returns undefined where there is more to do. By the machine's time: no trouble with a node's clock makes its
 * slices longer.
 */
export function inSlices<T>(step: (hasTime: () => boolean) => T | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const slice = (): void => {
      const endMs = performance.now() + sliceMs;
      try {
        const done = step(() => performance.now() < endMs);
        if (done === undefined) due.push(slice);
        else resolve(done);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    if (due.push(slice) === 1) setImmediate(nextTurn);
  });
}

function nextTurn(): void {
  // it stays the first while it runs, so that nobody else begins turns
  due[0]?.();
  due.shift();
  if (due.length > 0) setTimeout(nextTurn, pauseMs);
}
