import type { Answer, Page, Request } from "../leaderless/api.js";
import type { Reply, Session } from "./call.js";
import { failureText } from "./failures.js";
import { gatheredBytesMax } from "./limits.js";

/** Questions that are answered in pages. */
type Paged = Extract<Request, { readonly type: "listBuckets" | "listKeys" | "index" }>;
type PageOf<R extends Paged> = Extract<Answer<R["type"]>, { readonly ok: true }>["value"];
type Item<P> = P extends Page<infer T> ? T : never;

/** Tells of each page as soon as it is there, and asks for the next one when the client has taken what was said. */
export function stream<R extends Paged>(
  { store }: Session,
  reply: Reply,
  request: R,
  told: { readonly page: (page: PageOf<R>) => void; readonly last: (page: PageOf<R>) => void },
): () => void {
  return store.ask(request, (answer) => {
    if (!answer.ok) {
      reply.fail(failureText(answer.failure));
      return;
    }
    const page: PageOf<R> = answer.value;
    // as in Riak, an empty page is not worth a message
    if (page.items.length > 0) told.page(page);
    if (page.more === undefined) told.last(page);
    else reply.whenRoom(page.more);
  });
}

/** All pages as one answer, for clients that do not take them one by one. Fails where that is more than one answer should hold. */
export function gather<R extends Paged>(
  session: Session,
  reply: Reply,
  request: R,
  bytesOf: (item: Item<PageOf<R>>) => number,
  whole: (items: Item<PageOf<R>>[], last: PageOf<R>) => void,
): () => void {
  const items: Item<PageOf<R>>[] = [];
  let bytes = 0;
  let failed = false;
  const cancel = stream(session, reply, request, {
    page: (page) => {
      for (const item of page.items as Item<PageOf<R>>[]) {
        bytes += bytesOf(item);
        items.push(item);
      }
      if (bytes <= gatheredBytesMax || failed) return;
      failed = true;
      cancel();
      reply.fail(`More than ${gatheredBytesMax} bytes of results: ask for them as a stream`);
    },
    last: (page) => {
      if (!failed) whole(items, page);
    },
  });
  return cancel;
}
