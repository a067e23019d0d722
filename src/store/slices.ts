import { performance } from "node:perf_hooks";

const sliceMs = 2;
const pauseMs = 1;

/**
 * Does long work a slice at a time, with pauses in which the node answers others. `step` goes on while `hasTime` says so, and returns
 * undefined where there is more to do. By the machine's time: no trouble with a node's clock makes its slices longer.
 */
export function inSlices<T>(step: (hasTime: () => boolean) => T | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const slice = (): void => {
      const endMs = performance.now() + sliceMs;
      try {
        const done = step(() => performance.now() < endMs);
        if (done === undefined) setTimeout(slice, pauseMs);
        else resolve(done);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    setImmediate(slice);
  });
}
