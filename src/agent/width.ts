/** So many at a time, in the order asked: side by side is faster, all at once is not. */
export function createWidth(limit: number): <T>(act: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (act) => {
    if (running === limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await act();
    } finally {
      // whoever comes next takes the place over, so that nobody slips in between
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
