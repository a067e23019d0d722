/** Asks about many at once: of each of them what is known, by name. */
export type AskAll<T> = (names: readonly string[]) => Promise<Readonly<Record<string, T>>>;

/**
 * A function that asks about one, for many callers: one question is under way at a time, and whoever comes meanwhile shares the next, so that
 * no answer is older than its question. Rejects as `askAll` does; undefined where its answer has no such name.
 */
export function together<T>(askAll: AskAll<T>): (name: string) => Promise<T | undefined> {
  let ended: Promise<unknown> = Promise.resolve();
  let next: { readonly names: Set<string>; readonly answer: ReturnType<AskAll<T>> } | undefined;

  const ask = (): NonNullable<typeof next> => {
    const names = new Set<string>();
    const answer = ended.then(() => {
      next = undefined;
      return askAll([...names]);
    });
    ended = answer.catch(() => undefined);
    return { names, answer };
  };

  return async (name) => {
    next ??= ask();
    next.names.add(name);
    return (await next.answer)[name];
  };
}
