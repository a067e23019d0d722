/** What many want to know at the same moment is asked once. */

/**
 * As `ask`, except that those who ask in the same turn of the event loop share an answer. It was asked for after each of them did: nobody
 * is told what was true before.
 */
export function sharing<T>(ask: () => Promise<T>): () => Promise<T> {
  let next: Promise<T> | undefined;
  return () =>
    (next ??= new Promise((resolve) => {
      setImmediate(resolve);
    }).then(() => {
      next = undefined;
      return ask();
    }));
}
