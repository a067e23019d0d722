import type { Method, Methods } from "../io/grpc.js";
import type { Store } from "./store.js";
import { rpcs } from "../wire/rpcs.js";
import { notSupported } from "./answering.js";
import type { Answering } from "./answering.js";
import { authService } from "./auth.js";
import { clusterService } from "./cluster.js";
import { guarded } from "./guard.js";
import { kvService } from "./kv.js";
import { leaseService } from "./lease.js";
import { maintenanceService } from "./maintenance.js";
import { watchService } from "./watch.js";

/** The calls of etcd's API that this store answers. */
export function etcdServices(store: Store): readonly Answering[] {
  const services = [
    ...kvService(store),
    ...leaseService(store),
    ...watchService(store),
    ...clusterService(store),
    ...maintenanceService(store),
    ...authService(store),
  ];
  return services.map(({ path, method }) => ({ path, method: guarded(path, method, () => store.access) }));
}

/** All calls of etcd's API, as the gRPC server takes them; those that are not answered yet say so. */
export function etcdMethods(services: readonly Answering[]): Methods {
  const methods = new Map<string, Method>();
  for (const { path, kind } of Object.values(rpcs).flatMap((service) => Object.values(service))) {
    methods.set(path, kind === "unary" ? refusing(path) : { kind, open: (stream) => stream.end(refusal(path)) });
  }
  for (const { path, method } of services) methods.set(path, method);
  return methods;
}

function refusing(path: string): Method {
  return { kind: "unary", answer: (_message, _call, reply) => reply(refusal(path)) };
}

function refusal(path: string) {
  return notSupported(`etcd's call ${path.slice(path.lastIndexOf("/") + 1)}`);
}
