/** Goes on reading while nobody asks. */

/**
 * The same pieces; those that nobody has asked for yet are kept, as long as they are fewer bytes together than `limit` says at the time. An error
 * comes after all that came before it. Whoever stops asking has to end `pieces` himself.
 */
export async function* readAhead<T extends { readonly length: number }>(
  pieces: AsyncIterable<T>,
  limit: () => number,
): AsyncGenerator<T, void, undefined> {
  let kept: T[] = [];
  let bytes = 0;
  let isOver = false;
  let isLeft = false;
  let failure: { readonly error: unknown } | undefined;
  let asked: (() => void) | undefined;
  let taken: (() => void) | undefined;

  async function read(): Promise<void> {
    try {
      for await (const piece of pieces) {
        kept.push(piece);
        bytes += piece.length;
        asked?.();
        while (bytes >= limit() && !isLeft) await new Promise<void>((resolve) => (taken = resolve));
        if (isLeft) return;
      }
    } catch (error) {
      failure = { error };
    } finally {
      isOver = true;
      asked?.();
    }
  }

  void read();
  try {
    for (;;) {
      const batch = kept;
      kept = [];
      for (const piece of batch) {
        bytes -= piece.length;
        taken?.();
        yield piece;
      }
      if (kept.length > 0) continue;
      if (isOver) break;
      await new Promise<void>((resolve) => (asked = resolve));
    }
    if (failure !== undefined) throw failure.error;
  } finally {
    isLeft = true;
    taken?.();
  }
}
