import { encodeCommand } from "../entries/commands.js";
import { grpcCode, GrpcError } from "../io/grpc.js";
import { costOfLease } from "../room.js";
import { etcdError } from "../wire/errors.js";
import { rpcs } from "../wire/rpcs.js";
import { answering, streaming } from "./answering.js";
import type { Answering } from "./answering.js";
import { writeAs } from "./as-caller.js";
import { headersOf } from "./header.js";
import { lacksRoom, refuseForSpace } from "./quota.js";
import type { Store } from "./store.js";

/** As etcd: seconds. */
const ttlSecMax = 9_000_000_000;
/** Renewals of one stream that may wait for their answers. */
const waitingMax = 1000;

/** https://etcd.io/docs/v3.4/learning/api/#lease-api */
export function leaseService(
  store: Pick<Store, "write" | "header" | "leases" | "streams" | "upkeep" | "access">,
): readonly Answering[] {
  const header = headersOf(store);
  const { leases, access } = store;
  return [
    answering(rpcs.lease.leaseGrant, async ({ id, ttl }, _message, call) => {
      if (ttl > ttlSecMax) throw etcdError("leaseTtlTooLarge");
      if (lacksRoom(store, costOfLease)) return refuseForSpace(store);
      const command = encodeCommand("leaseGrant", leases.filledIn(id, ttl));
      const { answer, term } = await writeAs(store, call, "leaseGrant", command);
      return { header: header(answer.revision, term), id: answer.lease.id, ttl: answer.lease.ttlSec };
    }),
    answering(rpcs.lease.leaseRevoke, async ({ id }, _message, call) => {
      const { answer, term } = await writeAs(store, call, "leaseRevoke", encodeCommand("leaseRevoke", { id }));
      return { header: header(answer.revision, term) };
    }),
    streaming(rpcs.lease.leaseKeepAlive, (answers) => {
      store.streams.add(answers);
      // answers leave in the order of their requests
      let last = Promise.resolve();
      let waiting = 0;
      let isOver = false;
      answers.onGone(() => (isOver = true));
      answers.stream.onEnd(() => void last.then(() => isOver || answers.end()));
      return ({ id }) => {
        if (++waiting > waitingMax) throw new GrpcError(grpcCode.resourceExhausted, "too many renewals wait on this stream");
        last = Promise.all([leases.keepAlive(id), last]).then(
          ([ttl]) => {
            waiting--;
            if (!isOver) answers.write({ header: header(), id, ttl });
          },
          (error: unknown) => {
            if (!isOver) answers.fail(error);
          },
        );
      };
    }),
    answering(rpcs.lease.leaseTimeToLive, async ({ id, keys }, _message, call) => {
      if (keys) await access.heardOf(call);
      const left = await leases.timeToLive(id, keys);
      if (left === undefined) return { header: header(), id, ttl: -1 };
      const error = access.whyNot(call, () => left.keys.map((key) => ({ what: "read", key, rangeEnd: "" })));
      if (error !== undefined) throw etcdError(error);
      const { grantedSec, leftMs } = left;
      return { header: header(), id, ttl: Math.floor(leftMs / 1000), grantedTtl: grantedSec, keys: left.keys };
    }),
    answering(rpcs.lease.leaseLeases, () => Promise.resolve({ header: header(), leases: leases.all().map((id) => ({ id })) })),
  ];
}
