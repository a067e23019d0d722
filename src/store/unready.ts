import { FrontDoor } from "./io/front-door.js";
import { Gateway } from "./io/gateway.js";
import { GrpcError, grpcCode } from "./io/grpc.js";
import { GrpcServer } from "./io/grpc-server.js";
import type { TlsKeys } from "./io/tls-keys.js";
import { refusingMethods } from "./rpc/refusing.js";

/**
 * The front door of what is no node yet. `/health` says `why`, in words, and every request is refused: by gRPC with `UNAVAILABLE`, by HTTP with
 * 503, so that clients try again, here or at another member. Nothing that is refused has any effect. Connections of HTTP/1.1 end with their
 * first answer; the next one may meet the node ({@link FrontDoor.passOn}).
 */
export function unreadyDoor(why: () => string, keys: TlsKeys | undefined): FrontDoor {
  const refusal = (): GrpcError =>
    new GrpcError(grpcCode.unavailable, `etcdserver: not ready: ${why()}`, { "devious-definite": "1" });
  const refuse = (): never => {
    throw refusal();
  };
  const methods = refusingMethods(refusal);
  const { server } = new Gateway({ unhealthy: why, status: refuse }, methods, refuse);
  server.maxRequestsPerSocket = 1;
  return new FrontDoor(new GrpcServer(methods), server, keys);
}
