/** The same items, and undefined whenever none has come for so long: for whoever holds something back. */
export async function* withPauses<T>(items: AsyncIterable<T>, pauseMs: number): AsyncGenerator<T | undefined, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = iterator.next();
      let result = await first(next, pauseMs);
      while (result === undefined) {
        yield undefined;
        result = await first(next, pauseMs);
      }
      if (result.done === true) return;
      yield result.value;
    }
  } finally {
    // not awaited: it may be waiting for an item that never comes
    void iterator.return?.();
  }
}

async function first<T>(next: Promise<T>, pauseMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const pause = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, pauseMs, undefined);
  });
  try {
    return await Promise.race([next, pause]);
  } finally {
    clearTimeout(timer);
  }
}
