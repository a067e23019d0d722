const firstMs = 1000;
const mostMs = 30_000;

/** How long to wait after so many failures in a row, from 1: 1 s, doubled each time up to 30 s. */
export function pauseAfterMs(failures: number): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 10));
}
