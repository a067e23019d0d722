import type { Method } from "../io/grpc.js";
import { decode } from "../wire/decode.js";
import { etcdError } from "../wire/errors.js";
import { rpcs } from "../wire/rpcs.js";

const { kv, maintenance } = rpcs;

/**
 * The method, as a member answers it that may be a learner: what it holds may be long out of date, so it tells its status, and what it holds to
 * whoever asks for just that. As in etcd 3.4, it takes no streams, and nobody is asked who he is first.
 * https://github.com/etcd-io/etcd/blob/release-3.4/etcdserver/api/v3rpc/interceptor.go
 */
export function notOfLearners(path: string, method: Method, isLearner: () => boolean): Method {
  if (path === maintenance.status.path) return method;
  if (method.kind === "stream") {
    return {
      kind: "stream",
      open: (stream) => {
        if (isLearner()) stream.end(etcdError("notForLearner"));
        else method.open(stream);
      },
    };
  }
  return {
    kind: "unary",
    answer: (message, call, reply) => {
      if (isLearner() && !(path === kv.range.path && isSerializable(message))) reply(etcdError("notForLearner"));
      else method.answer(message, call, reply);
    },
  };
}

/** False where it cannot be read. */
function isSerializable(message: Buffer): boolean {
  try {
    return decode(kv.range.input, message).serializable;
  } catch {
    return false;
  }
}
