import type { GrpcError, Method, Methods } from "../io/grpc.js";
import { rpcs } from "../wire/rpcs.js";
import type { Rpc } from "../wire/rpcs.js";

/** Every call of etcd 3.4's API, each refused with what `why` then says. */
export function refusingMethods(why: () => GrpcError): Methods {
  const unary: Method = { kind: "unary", answer: (_message, _call, reply) => reply(why()) };
  const stream: Method = { kind: "stream", open: (stream) => stream.end(why()) };
  const calls = Object.values(rpcs).flatMap((service) => Object.values(service) as Rpc<unknown, unknown>[]);
  return new Map(calls.map(({ path, kind }) => [path, kind === "unary" ? unary : stream]));
}
