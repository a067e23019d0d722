import type { Answer, Failure, LeaderlessStore, Page, Request } from "../leaderless/api.js";
import type { Reply, Session } from "./call.js";
import { failureText } from "./failures.js";
import { gatheredBytesMax } from "./limits.js";

/** Questions that are answered in pages. */
export type Paged = Extract<Request, { readonly type: "listBuckets" | "listKeys" | "index" }>;
export type PageOf<R extends Paged> = Extract<Answer<R["type"]>, { readonly ok: true }>["value"];
type Item<P> = P extends Page<infer T> ? T : never;

/** Where pages go. */
export interface PageTaker<P> {
  readonly page: (page: P) => void;
  /** The items of this one were told as a page, if it has any. */
  readonly last: (page: P) => void;
  readonly failed: (failure: Failure) => void;
  /** Calls `next` once there is room for another page: at once, or later, or never. */
  readonly whenRoom: (next: () => void) => void;
}

/** Tells of each page as soon as it is there, and asks for the next one when there is room for it. */
export function pull<R extends Paged>(store: LeaderlessStore, request: R, taker: PageTaker<PageOf<R>>): () => void {
  return store.ask(request, (answer) => {
    if (!answer.ok) {
      taker.failed(answer.failure);
      return;
    }
    const page: PageOf<R> = answer.value;
    // as in Riak, an empty page is not worth a message
    if (page.items.length > 0) taker.page(page);
    if (page.more === undefined) taker.last(page);
    else taker.whenRoom(page.more);
  });
}

/** All pages as one answer, for clients that do not take them one by one. Fails where that is more than one answer should hold. */
export function collect<R extends Paged>(
  store: LeaderlessStore,
  request: R,
  bytesOf: (item: Item<PageOf<R>>) => number,
  told: {
    readonly whole: (items: Item<PageOf<R>>[], last: PageOf<R>) => void;
    readonly failed: (failure: Failure) => void;
  },
): () => void {
  const items: Item<PageOf<R>>[] = [];
  let bytes = 0;
  let isOver = false;
  const failed = (failure: Failure): void => {
    if (!isOver) told.failed(failure);
    isOver = true;
  };
  const cancel = pull(store, request, {
    page: (page) => {
      for (const item of page.items as Item<PageOf<R>>[]) {
        bytes += bytesOf(item);
        items.push(item);
      }
      if (bytes <= gatheredBytesMax || isOver) return;
      cancel();
      const why = `More than ${gatheredBytesMax} bytes of results: ask for them as a stream`;
      failed({ definite: true, reason: { type: "invalid", why } });
    },
    last: (page) => {
      if (!isOver) told.whole(items, page);
    },
    failed,
    whenRoom: (next) => {
      if (!isOver) next();
    },
  });
  return cancel;
}

/** Pages as messages of protocol buffers. */
export function stream<R extends Paged>(
  { store }: Session,
  reply: Reply,
  request: R,
  told: Pick<PageTaker<PageOf<R>>, "page" | "last">,
): () => void {
  const failed = (failure: Failure): void => reply.fail(failureText(failure));
  return pull(store, request, { ...told, failed, whenRoom: (next) => reply.whenRoom(next) });
}

/** And all of them as one message. */
export function gather<R extends Paged>(
  { store }: Session,
  reply: Reply,
  request: R,
  bytesOf: (item: Item<PageOf<R>>) => number,
  whole: (items: Item<PageOf<R>>[], last: PageOf<R>) => void,
): () => void {
  return collect(store, request, bytesOf, { whole, failed: (failure) => reply.fail(failureText(failure)) });
}
