import type { WatchSpec } from "../watch/watcher.js";
import { rpcs } from "../wire/rpcs.js";
import { streaming } from "./answering.js";
import type { Answering } from "./answering.js";
import type { Store } from "./store.js";

type WatchCreateRequest = NonNullable<(typeof rpcs.watch.watch.input)["zero"]["createRequest"]>;

/** Of `WatchCreateRequest.FilterType`. */
const filter = { noPut: 0, noDelete: 1 } as const;

/** https://etcd.io/docs/v3.4/learning/api/#watch-api */
export function watchService(store: Store): readonly Answering[] {
  return [
    streaming(rpcs.watch.watch, (answers) => {
      store.streams.add(answers);
      const watches = store.watch(answers.stream);
      answers.stream.onDrain(() => watches.drained());
      answers.onGone(() => watches.close());
      return ({ createRequest, cancelRequest, progressRequest }) => {
        if (createRequest !== undefined) watches.create(createRequest.watchId, specOf(createRequest));
        else if (cancelRequest !== undefined) watches.cancel(cancelRequest.watchId);
        else if (progressRequest !== undefined) watches.progress();
      };
    }),
  ];
}

/** A key of no bytes stands for the smallest there is, as in etcd. */
function specOf({ key, startRevision, filters, progressNotify, ...rest }: WatchCreateRequest): WatchSpec {
  return {
    key: key === "" ? "\0" : key,
    rangeEnd: rest.rangeEnd,
    start: startRevision,
    noPut: filters.includes(filter.noPut),
    noDelete: filters.includes(filter.noDelete),
    prevKv: rest.prevKv,
    progress: progressNotify,
    fragment: rest.fragment,
  };
}
