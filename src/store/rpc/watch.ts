import type { WatchSpec } from "../watch/watcher.js";
import { grpcCode } from "../io/grpc.js";
import type { GrpcCode } from "../io/grpc.js";
import { etcdError } from "../wire/errors.js";
import { rpcs } from "../wire/rpcs.js";
import { streaming } from "./answering.js";
import type { Answering, Answers } from "./answering.js";
import type { Caller } from "./access.js";
import type { Store } from "./store.js";

type WatchRequest = (typeof rpcs.watch.watch.input)["zero"];
type WatchCreateRequest = NonNullable<WatchRequest["createRequest"]>;

/** Of `WatchCreateRequest.FilterType`. */
const filter = { noPut: 0, noDelete: 1 } as const;

/** Of one stream, while this member has not heard of its token yet. */
const earlyRequestsMax = 1000;

/** https://etcd.io/docs/v3.4/learning/api/#watch-api */
export function watchService(store: Store): readonly Answering[] {
  return [
    streaming(rpcs.watch.watch, (answers) => {
      store.streams.add(answers);
      const watches = store.watch(answers.stream);
      answers.stream.onDrain(() => watches.drained());
      answers.onGone(() => watches.close());
      const { call } = answers.stream;
      const take = ({ createRequest, cancelRequest, progressRequest }: WatchRequest): void => {
        if (createRequest !== undefined) {
          const spec = specOf(createRequest);
          watches.create(createRequest.watchId, spec, whyNot(store, call, spec));
        } else if (cancelRequest !== undefined) watches.cancel(cancelRequest.watchId);
        else if (progressRequest !== undefined) watches.progress();
      };
      return inTurn(store.access.heardOf(call), answers, take);
    }),
  ];
}

/** In the words of Go's gRPC, which etcd's clients get there. */
function whyNot({ access }: Store, caller: Caller, { key, rangeEnd }: WatchSpec): string | undefined {
  const error = access.whyNot(caller, () => [{ what: "read", key, rangeEnd }]);
  if (error === undefined) return undefined;
  const { code, message } = etcdError(error);
  return `rpc error: code = ${codeName[code] ?? "Unknown"} desc = ${message}`;
}

const codeName: Readonly<Partial<Record<GrpcCode, string>>> = {
  [grpcCode.invalidArgument]: "InvalidArgument",
  [grpcCode.permissionDenied]: "PermissionDenied",
  [grpcCode.unauthenticated]: "Unauthenticated",
};

/** Takes requests from when `ready` resolves on; those that come sooner wait, in their order, as long as the stream is there. */
function inTurn<R>(
  ready: Promise<void> | undefined,
  { onGone }: Pick<Answers<never>, "onGone">,
  take: (request: R) => void,
): (request: R) => void {
  if (ready === undefined) return take;
  let early: R[] | undefined = [];
  // nobody would ever end what such a stream begins
  onGone(() => early?.splice(0));
  void ready.then(() => {
    const waiting = early ?? [];
    early = undefined;
    for (const request of waiting) take(request);
  });
  return (request) => {
    if (early === undefined) take(request);
    else if (early.length < earlyRequestsMax) early.push(request);
    else throw etcdError("tooManyRequests");
  };
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
